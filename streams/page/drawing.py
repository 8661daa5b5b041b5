"""Pictures as HTML: boxes and tables that any browser shows, and a screen reader reads, without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streams.page.pictures import Heat, Picture, Range, Reliability, Shift, Spread
from streams.page.text import shown
from streams.page.words import number, share

_NEW = "values not seen before"
_BOX = ("q10", "q25", "q50", "q75", "q90")


def drawn(picture: Picture) -> str:
    """One picture."""
    match picture:
        case Heat():
            return _heat(picture)
        case Reliability():
            return _reliability(picture)
        case Shift():
            return _shift(picture)
        case Spread():
            return _spread(picture)


def pictured(pictures: Sequence[Picture]) -> str:
    """Pictures, and below them what their boxes are."""
    html = "".join(map(drawn, pictures))
    has_boxes = any(isinstance(one, Shift) for one in pictures) and 'class="median"' in html
    return f"{html}<small>Boxes: median, middle half, 10 % to 90 %.</small>" if has_boxes else html


def ranged(one: Range) -> str:
    """A value with its interval, as what stands in a cell; its figures stand in the cells beside it."""
    if one.value is None:
        return '<div class="range" aria-hidden="true"></div>'
    mark = "" if one.mark is None else f'<i class="mark" style="left:{_on(one, one.mark)}"></i>'
    line = "" if one.low is None or one.high is None else _span("line", one, one.low, one.high)
    dot = f'<i class="dot" style="left:{_on(one, one.value)}"></i>'
    return f'<div class="range" aria-hidden="true">{mark}{line}{dot}</div>'


def _heat(picture: Heat) -> str:
    head = "".join(f"<th scope=col>{shown(name)}</th>" for name in picture.names)
    rows = []
    for label, counts in zip(picture.names, picture.counts, strict=True):
        whole = sum(counts) or 1
        cells = "".join(
            f'<td class="{"right" if guess == label else "wrong"}" '
            f'style="--part:{100 * n / whole:.0f}%">{n:,}<small>{share(n / whole)}</small></td>'
            if n
            else f'<td class="none{" right" if guess == label else ""}">0</td>'
            for guess, n in zip(picture.names, counts, strict=True)
        )
        rows.append(f"<tr><th scope=row>{shown(label)}</th>{cells}</tr>")
    return (
        '<div class="wide" tabindex="0" role="group" aria-label="Labels by prediction"><table class="heat">'
        "<caption>Percentages are of the events with the row's label.</caption>"
        f"<thead><tr><td class=corner>label ↓ predicted →</td>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


_SIDE, _EDGE = 200, 26


def _reliability(picture: Reliability) -> str:
    def x(value: float) -> str:
        return f"{_EDGE + value * _SIDE:.1f}"

    def y(value: float) -> str:
        return f"{8 + (1 - value) * _SIDE:.1f}"

    grid = "".join(
        f'<path class="grid" d="M{x(0)} {y(at)}H{x(1)}M{x(at)} {y(0)}V{y(1)}"/>'
        f'<text x="{_EDGE - 4}" y="{y(at)}" dy=".32em" text-anchor="end">{100 * at:.0f}</text>'
        f'<text x="{x(at)}" y="{8 + _SIDE + 13}" text-anchor="middle">{100 * at:.0f}</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    )
    most = max((n for *_, n in picture.points), default=1)
    whiskers = "".join(
        f'<path class="line" d="M{x(predicted)} {y(low)}V{y(high)}"/>'
        for predicted, _, low, high, _ in picture.points
        if low is not None and high is not None
    )
    dots = "".join(
        f'<circle class="dot" cx="{x(predicted)}" cy="{y(observed)}" r="{2.5 + 3.5 * (n / most) ** 0.5:.1f}">'
        f"<title>predicted {share(predicted)}, came true {share(observed)}, {n:,} answers</title></circle>"
        for predicted, observed, _, _, n in picture.points
    )
    told = "; ".join(f"of {share(p)} predicted {share(o)} came true" for p, o, *_ in picture.points)
    return (
        f'<svg class="reliability" viewBox="0 0 {_EDGE + _SIDE + 12} {_SIDE + 44}" role="img" aria-label="{told}">'
        f'{grid}<path class="even" d="M{x(0)} {y(0)}L{x(1)} {y(1)}"/>{whiskers}{dots}'
        f'<text x="{x(0.5)}" y="{_SIDE + 38}" text-anchor="middle">predicted, %</text>'
        f'<text x="{_EDGE + 4}" y="18">came true, %</text></svg>'
    )


def _shift(picture: Shift) -> str:
    missing = _missing(picture)
    before, after = picture.before, picture.after
    if all(before.get(name) is not None and after.get(name) is not None for name in _BOX):
        body = _boxes(before, after)
    else:
        body = _bars(before, after)
    return f'<figure class="shift"><figcaption>{shown(picture.words)}</figcaption>{body}{missing}</figure>'


def _boxes(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> str:
    sides = [[value for name in _BOX if (value := side[name]) is not None] for side in (before, after)]
    least, most = min(map(min, sides)), max(map(max, sides))
    rows = []
    for name, quantiles in zip(("before", "after"), sides, strict=True):
        rows.append(_side(name, *_box(quantiles, least, most)))
    return f'<div class="sides">{"".join(rows)}</div>'


def _spread(picture: Spread) -> str:
    least, most = min(0.0, *picture.quantiles), max(0.0, *picture.quantiles)
    drawing, figures = _box(picture.quantiles, least, most)
    scale = Range(0.0, None, None, least, most)
    zero = f'<i class="mark" style="left:{_on(scale, 0.0)}"></i>'
    return f'<div class="sides">{_side(shown(picture.name), zero + drawing, figures)}</div>'


def _box(quantiles: Sequence[float], least: float, most: float) -> tuple[str, str]:
    """A box on a line, and its figures."""
    low, first, median, third, high = quantiles
    scale = Range(median, low, high, least, most)
    drawing = (
        _span("line", scale, low, high)
        + _span("box", scale, first, third)
        + f'<i class="median" style="left:{_on(scale, median)}"></i>'
    )
    return drawing, f"{number(median, 3)} <small>({number(first, 3)} to {number(third, 3)})</small>"


def _bars(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> str:
    rows = []
    for name in before:
        sides = [("before", before[name]), ("after", after.get(name))]
        if name == "missing" or not any(value for _, value in sides):
            continue
        label = f'<div class="value">{shown(_NEW if name == "new" else name)}</div>'
        rows.append(label + "".join(_side(side, _fill(value), share(value)) for side, value in sides))
    return f'<div class="sides">{"".join(rows)}</div>' if rows else ""


def _missing(picture: Shift) -> str:
    then, now = picture.before.get("missing"), picture.after.get("missing")
    if not then and not now:
        return ""
    rows = _side("before", _fill(then), share(then)) + _side("after", _fill(now), share(now))
    return f'<div class="sides"><div class="value">missing</div>{rows}</div>'


def _side(name: str, drawing: str, figures: str) -> str:
    return f'<span>{name}</span><div class="range {name}" aria-hidden="true">{drawing}</div><span>{figures}</span>'


def _fill(value: float | None) -> str:
    return f'<i class="fill" style="width:{100 * min(max(value or 0.0, 0.0), 1.0):.1f}%"></i>'


def _span(kind: str, scale: Range, low: float, high: float) -> str:
    begin, end = _part(scale, low), _part(scale, high)
    return f'<i class="{kind}" style="left:{100 * begin:.1f}%;width:{100 * (end - begin):.1f}%"></i>'


def _on(scale: Range, value: float) -> str:
    return f"{100 * _part(scale, value):.1f}%"


def _part(scale: Range, value: float) -> float:
    width = scale.most - scale.least
    return min(max((value - scale.least) / width, 0.0), 1.0) if width > 0 else 0.5

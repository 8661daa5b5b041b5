"""The tiles below the first screen: slices, gaps, calibration, which errors there are, and the worst of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Final

from schemas.evaluated import Confusion, Evaluated, Figure, Parity, Residuals
from schemas.plurals import count
from streams.page.pictures import Heat, Picture, Range, Reliability, Spread
from streams.page.tile import Cell, Sources, State, Table, Tile, without_worker
from streams.page.words import number, share, sure

_MOST: Final = 20
"""Rows of a table; a cut one says how many more there are."""
_CLASSES: Final = 16
"""Classes of a confusion that are shown, the most frequent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is in a tile of what is measured."""

    words: str
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tone: str = ""


Maker = Callable[[Sources, Evaluated], Content | None]
Absent = Callable[[Sources], tuple[State, str]]


def _measured(key: str, title: str, absent: Absent) -> Callable[[Maker], Callable[[Sources], Tile]]:
    """A tile of what is measured: the worker's own, or that of the newest report; ``absent`` says why there is none."""

    def decorate(make: Maker) -> Callable[[Sources], Tile]:
        @wraps(make)
        def tile(sources: Sources) -> Tile:
            found, age = _evaluated(sources)
            made = None if found is None else make(sources, found)
            if made is not None:
                return Tile(
                    key=key,
                    title=title,
                    state=sources.state,
                    words=made.words,
                    age_s=age,
                    tables=made.tables,
                    pictures=made.pictures,
                    tone=made.tone,
                )
            state, words = absent(sources)
            if state is not State.OFF and sources.status is None and sources.waiting_for:
                return without_worker(sources, key, title)
            if state is not State.OFF and found is None:
                words = "Nothing has been measured yet: it comes with the worker's status or the first held-out window."
            return Tile(key=key, title=title, state=state, words=words)

        return tile

    return decorate


def _evaluated(sources: Sources) -> tuple[Evaluated | None, float | None]:
    if sources.status is not None:
        return sources.status.evaluated, sources.age
    newest = sources.view.reports.newest(sources.partition)
    if newest is None:
        return None, None
    return newest.report.service, sources.age_s(newest.published.timestamp)


def _without_labels(what: str) -> Absent:
    def words(sources: Sources) -> tuple[State, str]:
        if sources.status is not None and not sources.status.events:
            return State.EMPTY, f"{what} with the first label: no event has arrived yet."
        return State.EMPTY, f"{what} with the first label of a prediction."

    return words


def _without_probabilities(sources: Sources) -> tuple[State, str]:
    if sources.gauge.task == "regression":
        return State.OFF, "A regression has no probabilities: see its errors instead."
    if sources.status is not None and sources.status.labels:
        return State.OFF, "No prediction had probabilities: the candidates give labels only."
    return _without_labels("This fills")(sources)


def _without_slices(sources: Sources) -> tuple[State, str]:
    if not sources.gauge.slices:
        return State.OFF, "No slice is declared ([slices] in the gauge file)."
    return State.EMPTY, "No event of a group has come yet."


def _without_fairness(sources: Sources) -> tuple[State, str]:
    if not sources.gauge.fairness.protected:
        return State.OFF, "No protected attribute is declared ([fairness] in the gauge file)."
    return State.EMPTY, "No event of a group has come yet."


@_measured("slices", "Slices", _without_slices)
def slices(sources: Sources, found: Evaluated) -> Content | None:
    """Each group's figure, and whether it is served worse than the others."""
    if not found.slices:
        return None
    groups = [(name, one) for name, groups in found.slices.items() for one in groups]
    groups.sort(key=lambda pair: pair[1].flag != "worse")
    least, most = _scale(one.figure for _, one in groups)
    rows = [
        (
            f"{name} = {one.group}",
            "" if one.flag is None else str(one.flag),
            Range(one.figure.value, one.figure.low, one.figure.high, least, most),
            sure(one.figure),
            f"{one.figure.n:,}",
            _signed(one.gap),
        )
        for name, one in groups
    ]
    worse = sum(one.flag == "worse" for _, one in groups)
    words = f"{count(worse, 'group')} served worse than the others." if worse else "No group is clearly served worse."
    header = ("group", "served", "", sources.gauge.metric, "labels", "excess error")
    return Content(words=words, tables=(_cut(header, rows),), tone="bad" if worse else "")


@_measured("fairness", "Gaps between groups", _without_fairness)
def fairness(_sources: Sources, found: Evaluated) -> Content | None:
    """The rates of protected groups, and the gaps between them."""
    if found.fairness is None:
        return None
    rows: list[tuple[Cell, ...]] = []
    gaps = 0
    for name, attribute in found.fairness.attributes.items():
        parities: tuple[tuple[str, Parity], ...] = (
            ("demographic parity", attribute.demographic_parity),
            ("equal opportunity", attribute.equal_opportunity),
            ("false positives", attribute.equalised_odds.false_positives),
        )
        for criterion, parity in parities:
            alarmed = [gap for gap in parity.gaps if gap.episode is not None]
            gaps += len(alarmed)
            named = {gap.group for gap in alarmed}
            least, most = _scale(parity.rates.values())
            for group, rate in parity.rates.items():
                rows.append(
                    (
                        f"{name}: {criterion}",
                        group,
                        "alarm" if group in named else "",
                        Range(rate.value, rate.low, rate.high, least, most),
                        _share(rate),
                    )
                )
    words = f"{count(gaps, 'gap')} above the tolerance" if gaps else "No gap is clearly above the tolerance"
    words += f" of {share(found.fairness.tolerance)}. The favourable answer is {found.fairness.favourable}."
    header = ("attribute and criterion", "group", "", "", "rate")
    return Content(words=words, tables=(_cut(header, rows, most=40),), tone="bad" if gaps else "")


@_measured("calibration", "Calibration", _without_probabilities)
def calibration(_sources: Sources, found: Evaluated) -> Content | None:
    """Whether probabilities mean what they say."""
    if found.calibration is None or not found.calibration.recent.n:
        return None
    recent = found.calibration.recent
    rows = [
        (f"{row.low:.2f} to {row.high:.2f}", f"{row.n:,}", share(row.predicted), share(row.observed))
        for row in recent.rows
    ]
    off = share(recent.calibration_error.value)
    words = (
        f"Off by {off} on average over the newest {count(recent.n, 'prediction')}; log loss {sure(recent.log_loss)}."
    )
    points = tuple((row.predicted, row.observed, row.observed_low, row.observed_high, row.n) for row in recent.rows)
    table = _cut(("probability", "predictions", "predicted", "came true"), rows)
    return Content(words=words, tables=(table,), pictures=(Reliability(points=points),))


@_measured("errors", "Which errors", _without_labels("This fills"))
def errors(_sources: Sources, found: Evaluated) -> Content | None:
    """The confusion of classes, or the quantiles of residuals, over the sliding window."""
    if found.confusion is not None and found.confusion.window.n:
        window = found.confusion.window
        pairs = [(label, guess, n) for label, guesses in window.counts.items() for guess, n in guesses.items()]
        wrong = [pair for pair in pairs if pair[0] != pair[1]]
        words = f"{count(sum(n for *_, n in wrong), 'error')} in the newest {count(window.n, 'label')}."
        if wrong:
            label, guess, n = max(wrong, key=lambda pair: pair[2])
            words += f" Most often, {label} was predicted as {guess} ({count(n, 'time')})."
        return Content(words=words, pictures=(_heat(window),))
    if found.residuals is not None and found.residuals.n:
        levels = tuple(
            (f"{100 * float(level):g} %", number(value)) for level, value in found.residuals.quantiles.items()
        )
        words = f"Label minus prediction over the newest {count(found.residuals.n, 'label')}, in the label's units."
        if pictures := _spread(found.residuals):
            words += f" Box: the middle half; line: {levels[0][0]} to {levels[-1][0]}."
        table = Table(("quantile", "label minus prediction"), levels)
        return Content(words=words, tables=(table,), pictures=pictures)
    return None


@_measured("worst", "Worst recent errors", _without_labels("This fills"))
def worst(sources: Sources, found: Evaluated) -> Content | None:
    """The events that were answered worst of late, by their ids: no feature value."""
    if not found.worst:
        if sources.status is not None and sources.status.labels:
            return Content(words="No recent error.", tone="good")
        return None
    rows = [
        (one.id, f"{one.position:,}", _answer(one.label), _answer(one.y_pred), number(one.loss), one.version)
        for one in found.worst
    ]
    table = _cut(("event", "position", "label", "predicted", "loss", "version"), rows)
    return Content(words=f"The {count(len(rows), 'recent event')} with the largest loss.", tables=(table,))


def _heat(window: Confusion) -> Heat:
    seen: dict[str, int] = {}
    for label, guesses in window.counts.items():
        for guess, n in guesses.items():
            seen[label] = seen.get(label, 0) + n
            seen[guess] = seen.get(guess, 0) + n
    names = sorted(seen, key=lambda name: -seen[name])[:_CLASSES]
    names.sort(key=list(seen).index if len(names) < len(seen) else _natural)
    counts = tuple(tuple(window.counts.get(label, {}).get(guess, 0) for guess in names) for label in names)
    return Heat(names=tuple(names), counts=counts)


def _spread(residuals: Residuals) -> tuple[Picture, ...]:
    values = tuple(residuals.quantiles.values())
    return (Spread(name="residuals", quantiles=values),) if len(values) == 5 else ()


def _natural(name: str) -> tuple[bool, float, str]:
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name


def _answer(answer: object) -> str:
    return number(answer) if isinstance(answer, float) else str(answer)


def _share(rate: Figure) -> str:
    if rate.low is None or rate.high is None:
        return share(rate.value)
    low, high = (share(end).removesuffix(" %") for end in (rate.low, rate.high))
    return f"{share(rate.value)} ({low} to {high})"


def _signed(value: float | None) -> str:
    return number(value) if value is None else f"{value:+.2g}"


def _scale(figures: Iterable[Figure]) -> tuple[float, float]:
    """From the least to the most that is drawn, with a little room."""
    ends = [end for one in figures for end in (one.value, one.low, one.high) if end is not None]
    if not ends:
        return 0.0, 1.0
    room = 0.03 * (max(ends) - min(ends))
    return min(ends) - room, max(ends) + room


def _cut(header: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], most: int = _MOST) -> Table:
    if len(rows) <= most:
        return Table(header, tuple(rows))
    more = (f"and {len(rows) - most:,} more", *[""] * (len(header) - 1))
    return Table(header, (*rows[:most], more))

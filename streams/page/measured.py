"""The tiles below the first screen: slices, gaps, calibration, which errors there are, and the worst of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Final

from schemas.evaluated import Evaluated, Parity
from schemas.plurals import count
from streams.page.tile import Sources, State, Table, Tile
from streams.page.words import number, share, sure

_MOST: Final = 20
"""Rows of a table; a cut one says how many more there are."""

Maker = Callable[[Sources, Evaluated, float], Tile | None]


def _measured(key: str, title: str, absent: str) -> Callable[[Maker], Callable[[Sources], Tile]]:
    """A tile of what is measured: the worker's own, or that of the newest report; ``absent`` says why there is none."""

    def decorate(make: Maker) -> Callable[[Sources], Tile]:
        @wraps(make)
        def tile(sources: Sources) -> Tile:
            found, age = _evaluated(sources)
            if found is None:
                words = "Nothing is measured yet: it comes with the worker's status, or with the first held-out window."
                return Tile(key=key, title=title, state=State.EMPTY, words=words)
            made = make(sources, found, age)
            return Tile(key=key, title=title, state=State.EMPTY, words=absent) if made is None else made

        return tile

    return decorate


def _evaluated(sources: Sources) -> tuple[Evaluated | None, float]:
    if sources.status is not None:
        return sources.status.evaluated, 0.0
    newest = sources.view.reports.newest(sources.partition)
    if newest is None:
        return None, 0.0
    return newest.report.service, sources.age_s(newest.published.timestamp) or 0.0


@_measured("slices", "Slices", "No slice is declared ([slices] in the gauge file).")
def slices(_sources: Sources, found: Evaluated, age: float) -> Tile | None:
    """Each group's figure, and whether it is served worse than the others."""
    if not found.slices:
        return None
    rows = [
        (f"{name} = {one.group}", sure(one.figure), number(one.gap), "" if one.flag is None else str(one.flag))
        for name, groups in found.slices.items()
        for one in groups
    ]
    worse = sum(one.flag == "worse" for groups in found.slices.values() for one in groups)
    words = f"{count(worse, 'group')} served worse than the others." if worse else "No group is surely served worse."
    header = ("group", "figure", "gap in the loss", "flag")
    tables = (_cut(header, sorted(rows, key=lambda row: row[3] != "worse")),)
    return Tile(key="slices", title="Slices", words=words, age_s=age, tables=tables, tone="bad" if worse else "")


@_measured("fairness", "Gaps between groups", "No protected attribute is declared ([fairness] in the gauge file).")
def fairness(_sources: Sources, found: Evaluated, age: float) -> Tile | None:
    """The rates of protected groups, and the gaps between them."""
    if found.fairness is None:
        return None
    rows, open_gaps = [], 0
    for name, attribute in found.fairness.attributes.items():
        parities: tuple[tuple[str, Parity], ...] = (
            ("demographic parity", attribute.demographic_parity),
            ("equal opportunity", attribute.equal_opportunity),
            ("false positives", attribute.equalised_odds.false_positives),
        )
        for criterion, parity in parities:
            rates = "; ".join(f"{group} {share(rate.value)}" for group, rate in parity.rates.items())
            alarmed = sum(gap.episode is not None for gap in parity.gaps)
            open_gaps += alarmed
            rows.append((name, criterion, rates, number(parity.difference), "alarm" if alarmed else ""))
    words = (
        f"{count(open_gaps, 'gap')} larger than tolerated." if open_gaps else "No gap is surely larger than tolerated."
    )
    words += f" Tolerated: {share(found.fairness.tolerance)}."
    table = _cut(("attribute", "criterion", "rates", "largest gap", ""), rows)
    tone = "bad" if open_gaps else ""
    return Tile(key="fairness", title="Gaps between groups", words=words, age_s=age, tables=(table,), tone=tone)


@_measured("calibration", "Calibration", "No answer had probabilities: a regression, or models that give labels only.")
def calibration(_sources: Sources, found: Evaluated, age: float) -> Tile | None:
    """Whether probabilities mean what they say."""
    if found.calibration is None:
        return None
    recent = found.calibration.recent
    rows = [
        (f"{row.low:.2f} to {row.high:.2f}", f"{row.n:,}", share(row.predicted), share(row.observed))
        for row in recent.rows
    ]
    off = number(recent.calibration_error.value)
    words = f"Of the newest {count(recent.n, 'answer')}: calibration error {off}, log loss {sure(recent.log_loss)}."
    plot = {
        "kind": "calibration",
        "points": [[row.predicted, row.observed, row.observed_low, row.observed_high, row.n] for row in recent.rows],
    }
    table = _cut(("probability", "answers", "predicted", "came true"), rows)
    return Tile(key="calibration", title="Calibration", words=words, age_s=age, tables=(table,), plot=plot)


@_measured("errors", "Which errors", "No label has come of an answer yet.")
def errors(_sources: Sources, found: Evaluated, age: float) -> Tile | None:
    """The confusion of classes, or the quantiles of residuals, over the sliding window."""
    if found.confusion is not None and found.confusion.window.n:
        window = found.confusion.window
        pairs = [(label, guess, n) for label, guesses in window.counts.items() for guess, n in guesses.items()]
        rows = [
            (label, guess, f"{n:,}", share(n / window.n), "" if label == guess else "error")
            for label, guess, n in sorted(pairs, key=lambda pair: -pair[2])
        ]
        wrong = sum(n for label, guess, n in pairs if label != guess)
        words = f"{count(wrong, 'error')} in the newest {count(window.n, 'label')}."
        table = _cut(("label", "predicted", "labels", "share", ""), rows)
        return Tile(key="errors", title="Which errors", words=words, age_s=age, tables=(table,))
    if found.residuals is not None and found.residuals.n:
        levels = tuple((level, number(value)) for level, value in found.residuals.quantiles.items())
        words = f"Label less prediction over the newest {count(found.residuals.n, 'label')}, in the label's units."
        table = Table(("quantile", "residual"), levels)
        return Tile(key="errors", title="Which errors", words=words, age_s=age, tables=(table,))
    return None


@_measured("worst", "Worst errors of late", "No error has been made of late.")
def worst(_sources: Sources, found: Evaluated, age: float) -> Tile | None:
    """The events that were answered worst of late, by their ids: no feature value."""
    if not found.worst:
        return None
    rows = [
        (one.id, f"{one.position:,}", str(one.label), str(one.y_pred), number(one.loss), one.version)
        for one in found.worst
    ]
    table = _cut(("event", "position", "label", "predicted", "loss", "version"), rows)
    words = f"The {count(len(rows), 'event')} that cost most of late."
    return Tile(key="worst", title="Worst errors of late", words=words, age_s=age, tables=(table,))


def _cut(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    if len(rows) <= _MOST:
        return Table(header, tuple(rows))
    more = (f"and {len(rows) - _MOST:,} more", *[""] * (len(header) - 1))
    return Table(header, (*rows[:_MOST], more))

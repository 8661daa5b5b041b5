"""A verdict as one sentence that a person reads first."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import ceil, floor, log10
from typing import Final, NamedTuple

from models.evaluation.verdict.differing import Differing
from schemas.evaluated import Figure, VerdictKind
from schemas.plurals import count

MOST_PLACES: Final = 9
MOST_SPELT_OUT: Final = 1e12
"""Beyond these a number is told with a power of ten."""


class Unit(StrEnum):
    """How a lead is told: shares in points, of which 100 are the whole, anything else as the number it is."""

    POINTS = "points of"
    PLAIN = "in"


class Found(NamedTuple):
    """A lead that decides; ``beside`` is the leading metric with its two values where something else decides."""

    kind: VerdictKind
    metric: str
    unit: Unit
    baseline: str | None
    lead: Figure | None
    recent: Figure | None = None
    beside: tuple[str, float, float] | None = None
    differing: Differing | None = None


def words(found: Found, *, labels: int, coverage: float) -> str:
    """The sentence; about ``labels`` labels, which are a share ``coverage`` of the predictions."""
    said = _SAID[found.kind](found)
    if found.kind in _SHORT:
        return f"{said}."
    if found.kind is VerdictKind.NO_DIFFERENT:
        return f"{said}; {_beside(found)}{_share(coverage)} of labels have arrived."
    assert found.lead is not None
    counted = f"from {_labels(found.lead)}"
    joined = (
        f"{said}: {_REMEDIES[found.baseline]} would serve better. F{counted[1:]}"
        if _loses(found)
        else f"{said}, {counted}"
    )
    return f"{joined}; {_beside(found)}{_share(coverage)} of labels have arrived."


def _better(found: Found) -> str:
    return f"Better than {found.baseline} by {_lead(found, found.lead)}"


def _worse(found: Found) -> str:
    return f"Worse than {found.baseline} by {_lead(found, found.lead)}"


def _worse_now(found: Found) -> str:
    return f"Worse than {found.baseline} now, by {_lead(found, found.recent)} over {_newest(found)}{_over_life(found)}"


def _better_now(found: Found) -> str:
    return f"Better than {found.baseline} now, by {_lead(found, found.recent)} over {_newest(found)}{_over_life(found)}"


def _not_sure(found: Found) -> str:
    assert found.lead is not None
    assert found.lead.value is not None
    where = "ahead" if found.lead.value >= 0 else "behind"
    return f"Not sure beside {found.baseline}: {where} by {_lead(found, found.lead)}"


def _no_different(found: Found) -> str:
    assert found.lead is not None
    assert found.differing is not None
    labels, most = found.differing
    said = (
        f"No different from {found.baseline}: of {count(found.lead.n, 'label')} the two differ in error on "
        f"{f'{labels:,}' if labels else 'none'} (at most {_at_most(most)} %)"
    )
    # Who is asked for more than labels may do better than a baseline whose labels are the same.
    if found.beside is not None or found.baseline not in _REMEDIES:
        return said
    return f"{said}, so that {_REMEDIES[found.baseline]} would serve as well"


def _at_most(share: float) -> str:
    """A bound in per cent, rounded up to two digits.

    >>> _at_most(0.000391), _at_most(0.0301), _at_most(1.0)
    ('0.04', '3.1', '100')
    """
    step = floor(log10(100 * share)) - 1
    return f"{ceil(100 * share / 10.0**step - 1e-9) * 10.0**step:.3g}"


def _too_early(found: Found) -> str:
    missing = None if found.lead is None else found.lead.missing
    return f"Too early to say: {missing}" if missing is not None else "Too early to say"


def _no_labels(_: Found) -> str:
    return "Nothing to say yet: no label has arrived"


def _no_baseline(_: Found) -> str:
    return "Nothing to compare with: no baseline has answered yet"


_SAID: Final[dict[VerdictKind, Callable[[Found], str]]] = {
    VerdictKind.BETTER: _better,
    VerdictKind.WORSE: _worse,
    VerdictKind.WORSE_NOW: _worse_now,
    VerdictKind.BETTER_NOW: _better_now,
    VerdictKind.NOT_SURE: _not_sure,
    VerdictKind.NO_DIFFERENT: _no_different,
    VerdictKind.TOO_EARLY: _too_early,
    VerdictKind.NO_LABELS: _no_labels,
    VerdictKind.NO_BASELINE: _no_baseline,
}
_SHORT: Final = frozenset({VerdictKind.TOO_EARLY, VerdictKind.NO_LABELS, VerdictKind.NO_BASELINE})
"""Kinds without a lead to explain."""

_LOSES: Final = frozenset({VerdictKind.WORSE, VerdictKind.WORSE_NOW})
_REMEDIES: Final[dict[str | None, str]] = {
    "no_change": "repeating the last label",
    "last_value": "repeating the last label",
    "majority_class": "always answering the commonest class",
    "mean": "always answering the mean label",
}


def _loses(found: Found) -> bool:
    return found.kind in _LOSES and found.baseline in _REMEDIES


def _beside(found: Found) -> str:
    if found.beside is None:
        return ""
    metric, own, other = found.beside
    return f"{metric} is {own:.4g} beside {other:.4g}, which alone does not decide; "


def _lead(found: Found, lead: Figure | None) -> str:
    """The lead without its sign, which the words before it say, unless the interval reaches beyond 0."""
    assert lead is not None
    assert lead.value is not None
    scale = 100 if found.unit is Unit.POINTS else 1
    # Which side is ahead is said in words: turned round, the value is not below 0.
    turn = -scale if lead.value < 0 else scale
    value = turn * lead.value
    unit = f"{found.unit} {found.metric}"
    if lead.low is None or lead.high is None:
        return f"{value:.3g} {unit}"
    low, high = sorted((turn * lead.low, turn * lead.high))
    places = _places(high - low or abs(value))
    return f"{_number(value, places)} {unit} ({_number(low, places)} to {_number(high, places)})"


def _places(width: float) -> int | None:
    # So many that rounding moves the interval's ends by little; one at least, so that an end is seldom shown as 0.
    # ``None`` where nobody would count them: three digits say it, with a power of ten.
    if not 0 < width < MOST_SPELT_OUT:
        return None
    places = max(1, ceil(-log10(width / 5)))
    return places if places <= MOST_PLACES else None


def _number(value: float, places: int | None) -> str:
    if places is None:
        return f"{value + 0.0:.3g}"
    return f"{round(value, places) + 0.0:,.{places}f}"  # -0.0 is 0


def _newest(found: Found) -> str:
    assert found.recent is not None
    return f"the newest {found.recent.n:,} labels"


def _over_life(found: Found) -> str:
    assert found.lead is not None
    if found.lead.value is None:
        return ""
    where = "ahead" if found.lead.value >= 0 else "behind"
    return f" ({where} over its whole life: {_lead(found, found.lead)})"


def _labels(lead: Figure) -> str:
    if lead.effective_n is None or lead.effective_n > 0.95 * lead.n:
        return f"{lead.n:,} labels"
    return f"{lead.n:,} labels worth {count(_rounded(lead.effective_n), 'independent one')}"


def _rounded(number: float) -> int:
    """Two digits, of what is an estimate.

    >>> _rounded(8_342.7), _rounded(87.2)
    (8300, 87)
    """
    step = 10 ** max(0, floor(log10(max(number, 1.0))) - 1)
    return int(round(number / step) * step)


def _share(coverage: float) -> str:
    """A share in per cent that says 100 and 0 of nothing less, or more.

    >>> _share(1.0), _share(0.9996), _share(0.004)
    ('100 %', '99.9 %', '0.4 %')
    """
    percent = floor(coverage * 1000) / 10
    return f"{percent:g} %" if percent or not coverage else "under 0.1 %"

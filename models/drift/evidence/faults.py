"""Data faults: rules that tell a fault of the source from a change of the world, by figures before and after.

No rule is sure. A number times 2.54 whose values scatter around 0 looks like more noise; a sale that sends every price
up by half looks like another currency. So the figures stand beside the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from math import expm1, log
from types import MappingProxyType
from typing import Final

from models.drift.evidence.column import Role
from models.drift.evidence.sketch import Sketch


class Fault(StrEnum):
    """What is wrong with the way in which a column comes."""

    MISSING = "missing"
    STUCK = "stuck"
    UNIT = "unit"
    CAME_ALIVE = "came_alive"
    OUT_OF_RANGE = "out_of_range"
    RESOLUTION = "resolution"
    NEW_VALUE = "new_value"
    RENAMED = "renamed"
    OUTAGE = "outage"


MISSING_POINTS: Final = 0.05
STUCK_EVENTS: Final = 32
UNIT_LOG: Final = 0.5
"""A factor nearer to 1 than exp(0.5) is a shift."""
UNIT_MISFIT: Final = 0.25
"""How far a quantile may be from where the factor puts it, in widths of the middle half."""
PLAIN_UNIT_LOG: Final = log(20)
"""From here on it is a unit even around 0: noise does not grow like that."""
FAR_SHARE: Final = 0.1
STAYS: Final = 0.25
"""How far a quantile may move, in widths of the middle half, where the resolution alone is another."""
WHOLE_POINTS: Final = 0.5
NEW_SHARE: Final = 0.01
GONE_SHARE: Final = 0.02
OUTAGE_FACTOR: Final = 10.0
COLLAPSED_SHARE: Final = 0.99


def is_missing(before: Sketch, after: Sketch) -> bool:
    """The missing share moved by more than 5 points, either way."""
    return (
        before.missing is not None
        and after.missing is not None
        and abs(after.missing - before.missing) > MISSING_POINTS
    )


def is_stuck(before: Sketch, after: Sketch) -> bool:
    """The newest half of the stretch is one value, for longer than it ever was twice over before."""
    return (
        after.newest is not None
        and 2 * after.run >= after.events
        and after.run >= max(STUCK_EVENTS, 2 * before.run + 1)
        and before.low is not None
        and before.low != before.high
    )


def unit_factor(before: Sketch, after: Sketch) -> float | None:
    """The factor that takes the quantiles before to those after, if one does, and it is far from 1.

    It is that of the means, or else that of least squares over the quantiles; every quantile must be within a quarter
    of the middle half of where it puts it. Around 0 more noise looks the same, so the median must be half a middle half
    away from it, or the factor huge.
    """
    q, r = before.quantiles, after.quantiles
    spread, spread_after = before.spread, after.spread
    if q is None or r is None or not spread or not spread_after:
        return None
    squares = sum(a * b for a, b in zip(q, r, strict=True)) / sum(a * a for a in q)
    means = after.mean / before.mean if before.mean and after.mean else squares
    for factor in (means, squares):
        if factor <= 0 or abs(log(factor)) <= UNIT_LOG:
            continue
        misfit = max(abs(b - factor * a) for a, b in zip(q, r, strict=True))
        plain = abs(log(factor)) >= PLAIN_UNIT_LOG
        if misfit < UNIT_MISFIT * max(spread_after, factor * spread) and (plain or abs(q[2]) > spread / 2):
            return factor
    return None


def is_unit(before: Sketch, after: Sketch) -> bool:
    """See `unit_factor`."""
    return unit_factor(before, after) is not None


def is_constant(sketch: Sketch) -> bool:
    """All values that are present are one."""
    return sketch.low is not None and sketch.low == sketch.high


def came_alive(before: Sketch, after: Sketch) -> bool:
    """It was one value throughout, which is nearly gone: a sensor was connected. A first rain leaves the zeros."""
    if not is_constant(before) or before.low is None or after.low is None or is_constant(after):
        return False
    return after.shares.get(before.low, 0.0) < GONE_SHARE


def is_out_of_range(before: Sketch, after: Sketch) -> bool:
    """A tenth of the values is beyond all earlier ones by three times their range."""
    return after.far is not None and after.far > FAR_SHARE and not is_constant(before)


def whole_moved(before: Sketch, after: Sketch) -> bool:
    """Whole numbers became fractions, or the reverse, for more than half of the values."""
    return before.whole is not None and after.whole is not None and abs(after.whole - before.whole) > WHOLE_POINTS


def is_resolution(before: Sketch, after: Sketch) -> bool:
    """See `whole_moved`; and nothing else: every quantile is where it was, to a quarter of the middle half."""
    q, r = before.quantiles, after.quantiles
    if q is None or r is None or not whole_moved(before, after):
        return False
    return max(abs(b - a) for a, b in zip(q, r, strict=True)) <= STAYS * max(q[3] - q[1], 1.0)


def gone(before: Sketch, after: Sketch) -> float | None:
    """The commonest value that there was and that there is no more."""
    return next(
        (
            value
            for value, share in before.shares.items()
            if share > GONE_SHARE and after.shares.get(value, 0.0) < share / 20
        ),
        None,
    )


def has_new_value(before: Sketch, after: Sketch) -> bool:
    """More than one value in a hundred had never been seen, and more than twice what is usual for the column."""
    return after.new is not None and after.new > NEW_SHARE + 2 * (before.new or 0.0)


def is_renamed(before: Sketch, after: Sketch) -> bool:
    """A new value, while an old one is gone."""
    return has_new_value(before, after) and gone(before, after) is not None


def traffic_factor(before: Sketch, after: Sketch) -> float | None:
    """How many times as often events come."""
    if before.mean is None or after.mean is None:
        return None
    gap_before, gap = expm1(before.mean), expm1(after.mean)
    return gap_before / gap if gap > 0 and gap_before > 0 else None


def is_outage(before: Sketch, after: Sketch) -> bool:
    """Events come ten times more rarely."""
    factor = traffic_factor(before, after)
    return factor is not None and factor * OUTAGE_FACTOR <= 1


Rule = Callable[[Sketch, Sketch], bool]

_OF_VALUES: Final[Mapping[Fault, Rule]] = MappingProxyType(
    {
        Fault.MISSING: is_missing,
        Fault.STUCK: is_stuck,
        Fault.UNIT: is_unit,
        Fault.CAME_ALIVE: came_alive,
        Fault.OUT_OF_RANGE: is_out_of_range,
        Fault.RESOLUTION: is_resolution,
        Fault.RENAMED: is_renamed,
        Fault.NEW_VALUE: has_new_value,
    }
)

FAULTS: Final[Mapping[Role, Mapping[Fault, Rule]]] = MappingProxyType(
    {
        Role.FEATURE: _OF_VALUES,
        Role.SCORE: {},
        Role.PREDICTED: {},
        Role.LABEL: _OF_VALUES,
        Role.DELAY: {},
        Role.TRAFFIC: {Fault.OUTAGE: is_outage},
    }
)
"""By what a column is: the rules, of which the first that applies decides."""


def fault_of(role: Role, before: Sketch, after: Sketch) -> Fault | None:
    """Which data fault the movement of a column is, ``None`` where it is none."""
    return next((fault for fault, applies in FAULTS[role].items() if applies(before, after)), None)

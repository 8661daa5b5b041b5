"""A column's movement in figures and one sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from models.drift.evidence.column import Column, Role, number
from models.drift.evidence.faults import COLLAPSED_SHARE, Fault, gone, traffic_factor, unit_factor, whole_moved
from models.drift.evidence.sketch import LEVELS, Sketch

SHOWN_VALUES: Final = 5
"""How many of a category's values are shown."""

_LONGEST: Final = 40
"""Characters of a value that are quoted."""


def figures(column: Column, before: Sketch, after: Sketch) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Figures by name: quantiles, shares of the commonest values, the missing share. Of a private column the last."""
    first: dict[str, float | None] = {"missing": before.missing}
    second: dict[str, float | None] = {"missing": after.missing}
    if column.private:
        return first, second
    if not column.is_category:
        for at, level in enumerate(LEVELS):
            first[f"q{level}"] = None if before.quantiles is None else before.quantiles[at]
            second[f"q{level}"] = None if after.quantiles is None else after.quantiles[at]
        return first, second
    second["new"] = after.new
    first["new"] = before.new
    for code in _most_moved(before, after)[:SHOWN_VALUES]:
        first[column.shown(code)] = before.shares.get(code, 0.0)
        second[column.shown(code)] = after.shares.get(code, 0.0)
    return first, second


def told(column: Column, before: Sketch, after: Sketch, fault: Fault | None) -> str:
    """One sentence about it, such as ``age: values x 2.54 (unit?); median 37 -> 91.4, middle half 20 -> 50.8 wide``."""
    if fault is not None:
        said = _FAULTS[fault](column, before, after)
    elif column.private and column.role is not Role.TRAFFIC:
        said = "its values moved; they are private, and not shown"
    else:
        said = _MOVES.get(column.role, _moved)(column, before, after)
    return f"{column.name}: {said}"


def _missing(_column: Column, before: Sketch, after: Sketch) -> str:
    return f"missing {_share(before.missing)} -> {_share(after.missing)}"


def _stuck(column: Column, _before: Sketch, after: Sketch) -> str:
    at = "" if column.private or after.newest is None else f" at {_quoted(column, after.newest)}"
    return f"stuck{at} for {after.run:,} events"


def _unit(column: Column, before: Sketch, after: Sketch) -> str:
    factor = unit_factor(before, after) or 1.0
    times = f"values x {number(float(f'{factor:.3g}'))} (unit?)"
    return times if column.private else f"{times}; {_numbers(before, after)}"


def _out_of_range(column: Column, before: Sketch, after: Sketch) -> str:
    beyond = f"{_share(after.far)} of the values are far out of the range so far"
    return beyond if column.private else f"{beyond}; {_numbers(before, after)}"


def _came_alive(column: Column, before: Sketch, after: Sketch) -> str:
    if column.private or before.low is None:
        return "was one value throughout, and moves now"
    return f"was {_quoted(column, before.low)} throughout, and moves now; {_moved(column, before, after)}"


def _resolution(_column: Column, before: Sketch, after: Sketch) -> str:
    return f"comes in another resolution: whole numbers {_share(before.whole)} -> {_share(after.whole)}"


def _renamed(column: Column, before: Sketch, after: Sketch) -> str:
    old = gone(before, after)
    if column.private or old is None:
        return f"a value is gone, values never seen before {_share(after.new)} (renamed?)"
    new = next((code for code in after.shares if code not in before.shares), None)
    name = "a value" if new is None else _quoted(column, new)
    return (
        f"{_quoted(column, old)} {_share(before.shares[old])} -> {_share(after.shares.get(old, 0.0))}, "
        f"{name}, never seen before, {_share(after.new)} (renamed?)"
    )


def _new_value(column: Column, before: Sketch, after: Sketch) -> str:
    new = next((code for code in after.shares if code not in before.shares), None)
    such = "" if column.private or new is None else f", such as {_quoted(column, new)}"
    return f"values never seen before {_share(before.new)} -> {_share(after.new)}{such}"


def _outage(_column: Column, before: Sketch, after: Sketch) -> str:
    factor = traffic_factor(before, after) or 1.0
    return f"events come {number(float(f'{1 / factor:.2g}'))} times more rarely"


def _traffic(column: Column, before: Sketch, after: Sketch) -> str:
    factor = traffic_factor(before, after)
    if factor is None:
        return _moved(column, before, after)
    if factor >= 1:
        return f"events come {factor:.2g} times as often"
    return f"events come {1 / factor:.2g} times more rarely"


def _predicted(column: Column, before: Sketch, after: Sketch) -> str:
    most = next(iter(after.shares.items()), None)
    if column.is_category and most is not None and most[1] >= COLLAPSED_SHARE:
        return (
            f"nearly all predictions are {_quoted(column, most[0])}: "
            f"{_share(before.shares.get(most[0], 0.0))} -> {_share(most[1])}"
        )
    return _moved(column, before, after)


def _moved(column: Column, before: Sketch, after: Sketch) -> str:
    if column.is_category:
        return _commonest(column, before, after)
    if before.quantiles is None or after.quantiles is None or before.quantiles != after.quantiles:
        return _numbers(before, after)
    return _commonest(column, before, after)  # it sticks to a value, such as 0, that is most of it


def _commonest(column: Column, before: Sketch, after: Sketch) -> str:
    codes = _most_moved(before, after)
    if not codes:
        return "moved"
    code = codes[0]
    shares = _share(before.shares.get(code, 0.0)), _share(after.shares.get(code, 0.0))
    return f"share of {_quoted(column, code)} {shares[0]} -> {shares[1]}"


def _numbers(before: Sketch, after: Sketch) -> str:
    if before.median is None or after.median is None or before.spread is None or after.spread is None:
        return "no values to compare"
    whole = ""
    if whole_moved(before, after):
        whole = f", whole numbers {_share(before.whole)} -> {_share(after.whole)}"
    return (
        f"median {number(before.median)} -> {number(after.median)}, "
        f"middle half {number(before.spread)} -> {number(after.spread)} wide{whole}"
    )


def _most_moved(before: Sketch, after: Sketch) -> list[float]:
    codes = {**before.shares, **after.shares}
    rises = {code: round(after.shares.get(code, 0.0) - before.shares.get(code, 0.0), 9) for code in codes}
    return sorted(codes, key=lambda code: (-abs(rises[code]), -rises[code], code))


def _quoted(column: Column, value: float) -> str:
    shown = column.shown(value)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."


def _share(share: float | None) -> str:
    return "?" if share is None else f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


_Said = Callable[[Column, Sketch, Sketch], str]
_FAULTS: Final[dict[Fault, _Said]] = {
    Fault.MISSING: _missing,
    Fault.STUCK: _stuck,
    Fault.UNIT: _unit,
    Fault.CAME_ALIVE: _came_alive,
    Fault.OUT_OF_RANGE: _out_of_range,
    Fault.RESOLUTION: _resolution,
    Fault.RENAMED: _renamed,
    Fault.NEW_VALUE: _new_value,
    Fault.OUTAGE: _outage,
}
_MOVES: Final[dict[Role, _Said]] = {Role.TRAFFIC: _traffic, Role.PREDICTED: _predicted}

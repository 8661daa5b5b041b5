"""What differs between two gauge files, and what it costs to continue with the other one.

The costs are those that each key declares (`schemas.gauge.cost`); two gauges have one digest where no change costs more
than nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any, Final, NamedTuple

from pydantic_core import from_json, to_json

from schemas.gauge import Gauge, Section
from schemas.gauge.cost import Cost as Cost
from schemas.gauge.cost import Costs
from schemas.gauge.private import places_at, private_paths
from schemas.gauge.section import keys, plain


class Change(NamedTuple):
    """One place at which two gauge files differ: what it costs, and what that means in practice."""

    where: str
    then: Any
    now: Any
    cost: Cost
    means: str


def changes(old: Gauge, new: Gauge) -> list[Change]:
    """Where two gauge files differ, in the order of the file; values are as JSON has them, absent is None.

    Values of a field that one of the files has as private are counted, and not told.

    >>> from schemas.gauge import parse
    >>> text = 'name = "g"\\ntask = "regression"\\n[label]\\nfield = "y"\\n[features]\\nx = "number"\\n'
    >>> [(c.where, str(c.cost)) for c in changes(parse(text), parse(text + "[retraining]\\nmargin = 0.1\\n"))]
    [('retraining.margin', 'accept')]
    """
    paths = private_paths(old.slices) | private_paths(new.slices)
    private = places_at(paths, old.slices, old.features) | places_at(paths, new.slices, new.features)
    return [_discreet(change, private) for change in _in_table("", old, new)]


def dearest(found: list[Change]) -> Cost:
    """The cost of all changes together."""
    order = list(Cost)
    return max((change.cost for change in found), key=order.index, default=Cost.NONE)


def _in_table(where: str, old: Section, new: Section) -> Iterator[Change]:
    for name, costs in ((name, keys(type(new))[name].costs) for name in type(new).model_fields):
        place = f"{where}.{name}" if where else name
        then, now = getattr(old, name), getattr(new, name)
        if isinstance(then, Section) and isinstance(now, Section):
            yield from _in_table(place, then, now)
            continue
        assert costs is not None, f"{place} is no table, and declares no costs"
        if _tables(then) or _tables(now):
            yield from _in_tables(place, _tables(then), _tables(now), costs)
        elif _text(then) != _text(now):
            yield _change(place, then, now, costs, only_added=_only_added(then, now))


def _in_tables(where: str, old: Mapping[str, Section], new: Mapping[str, Section], costs: Costs) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        place = f"{where}.{name}"
        if name in old and name in new:
            yield from _in_table(place, old[name], new[name])
        else:
            yield _change(place, old.get(name), new.get(name), costs, only_added=name in new)
    then, now = [name for name in old if name in new], [name for name in new if name in old]
    if then != now:
        yield _change(f"{where} (order)", then, now, costs, only_added=False)


def _tables(value: Any) -> dict[str, Section]:
    """The tables that a key holds, by name: a name may be given twice here, and is refused elsewhere."""
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if isinstance(item, Section)}
    found: dict[str, Section] = {}
    for item in value if isinstance(value, list) else ():
        if isinstance(item, Section):
            name = getattr(item, "name", "")
            found[name if name not in found else f"{name} ({len(found) + 1})"] = item
    return found


def _change(where: str, then: Any, now: Any, costs: Costs, *, only_added: bool) -> Change:
    cost, means = (Cost.ACCEPT, costs.added) if only_added and costs.added is not None else (costs.cost, costs.means)
    return Change(where, from_json(_text(then)), from_json(_text(now)), cost, means)


def _discreet(change: Change, private: Set[str]) -> Change:
    table, _, key = change.where.rpartition(".")
    if change.where in private:
        return change._replace(then=_counted_in(change.then), now=_counted_in(change.now))
    if table in private and key in _LISTS:
        return change._replace(then=_counted(change.then), now=_counted(change.now))
    return change


def _counted_in(table: Any) -> Any:
    return table and {key: _counted(value) if key in _LISTS else value for key, value in table.items()}


def _counted(given: Any) -> Any:
    return given and f"{len(given)} (private)"


_LISTS: Final = ("values", "bins")


def _only_added(then: Any, now: Any) -> bool:
    """Whether a list holds what it held, in that order."""
    if not isinstance(then, list) or not isinstance(now, list):
        return False
    rest = map(_text, now)
    return all(_text(item) in rest for item in then)


def _text(value: Any) -> bytes:
    # As text 1 is not true, and the order of what users name counts: both may change a decision.
    return to_json(plain(value), inf_nan_mode="constants")

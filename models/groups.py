"""Which group of each slice an event is in.

Groups are words, ready to be shown: what a private field holds has no other name after this. Values get their groups in
the order in which the log brings them, so that every fold of it gives the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Final

from models.asked import Asked
from schemas.events import Aside
from schemas.gauge import Gauge

MISSING: Final = "missing"
"""The group of events without a value that can be read."""
OTHER: Final = "other"
"""The group of values that have none of their own: not declared, or met after `max_groups` others."""


def slices_of(gauge: Gauge) -> tuple[str, ...]:
    """The slices by name, as their groups stand in `Asked.aside`: those that are read, then the pairs."""
    return tuple(sorted(gauge.slices, key=lambda name: gauge.slices[name].of is not None))


class Groups:
    """The groups of every slice of a gauge; at most `max_groups`, or those declared, and two more each.

    Events that are held out are read without leaving a trace.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._since = 0
        self._before = 0
        self._places: tuple[int | None, ...] = ()
        self._known: list[dict[Hashable, str]] = []
        self._edges: list[list[float] | None] = []
        self._pairs: list[tuple[int, int] | None] = []
        self._limits: list[int] = []
        self._private: list[bool] = []
        self._nothing: Aside = ()
        self._arrange(gauge, {})

    def of(self, aside: Aside, *, learn: bool) -> tuple[str | None, ...]:
        """The group of an event in each slice, in the order of `slices_of`."""
        if not self._known:
            return ()
        found: list[str] = []
        for known, edges, value in zip(self._known, self._edges, aside or self._nothing, strict=False):
            key: Hashable = value
            if edges is not None and value is not None:
                key = bisect_right(edges, value)
            group = known.get(key)
            found.append(group if group is not None else self._met(len(found), key, learn=learn))
        for pair, known in zip(self._pairs[len(found) :], self._known[len(found) :], strict=True):
            assert pair is not None
            both = (found[pair[0]], found[pair[1]])
            group = known.get(both)
            found.append(group if group is not None else self._met(len(found), both, learn=learn))
        return tuple(found)

    def brought_up(self, asked: Asked) -> Asked:
        """An event as if today's slices had been there when it was asked; its group in those that were not is None."""
        if asked.position >= self._since:
            return asked
        if asked.position < self._before:
            return asked._replace(aside=(None,) * len(self._known))
        return asked._replace(aside=tuple(None if at is None else asked.aside[at] for at in self._places))

    def adopt(self, before: Gauge, gauge: Gauge, position: int) -> None:
        """Continue with the slices of another gauge file: a slice that is the same keeps its groups.

        Events that wait since before the last change but one are in no group of any slice afterwards.
        """
        then, now = slices_of(before), slices_of(gauge)
        same = {name: then.index(name) for name in now if _same(name, before, gauge)}
        places = tuple(same.get(name) for name in now)
        if places == tuple(range(len(then))):
            return
        self._places, self._before, self._since = places, self._since, position
        self._arrange(gauge, {name: self._known[at] for name, at in same.items()})

    def _arrange(self, gauge: Gauge, kept: dict[str, dict[Hashable, str]]) -> None:
        names = slices_of(gauge)
        slices = [gauge.slices[name] for name in names]
        self._private = [one.private for one in slices]
        self._edges = [one.bins for one in slices if one.of is None]
        self._nothing = (None,) * len(self._edges)
        self._pairs = [None if one.of is None else (names.index(one.of[0]), names.index(one.of[1])) for one in slices]
        self._limits = [one.max_groups if one.bins is None and one.values is None else 0 for one in slices]
        self._known = []
        for name, one in zip(names, slices, strict=True):
            declared = one.values or _ranges(one.bins or [])
            keys: Sequence[Hashable] = declared if one.bins is None else range(len(declared))
            labels = [f"group-{n}" if one.private else _shown(value) for n, value in enumerate(declared, start=1)]
            fresh: dict[Hashable, str] = dict(zip(keys, labels, strict=True))
            if one.of is None:
                fresh[None] = MISSING
            self._known.append(kept.get(name, fresh))

    def _met(self, at: int, key: Hashable, *, learn: bool) -> str:
        known = self._known[at]
        number = len(known) + (key.__class__ is tuple)
        if not learn or number > self._limits[at]:
            return OTHER
        known[key] = group = f"group-{number}" if self._private[at] else _shown(key)
        return group


def _same(name: str, before: Gauge, gauge: Gauge) -> bool:
    old, new = before.slices.get(name), gauge.slices[name]
    return old == new and all(before.slices.get(part) == gauge.slices[part] for part in new.of or ())


def _ranges(edges: list[float]) -> list[str]:
    shown = [str(int(edge)) if edge.is_integer() else str(edge) for edge in edges]
    inner = [f"{low} to {high}" for low, high in pairwise(shown)]
    return [f"below {shown[0]}", *inner, f"from {shown[-1]}"] if shown else []


def _shown(key: Hashable) -> str:
    if isinstance(key, tuple):
        return " & ".join(key)
    text = str(key)
    return (text if text.isprintable() else text.encode("unicode_escape").decode()) or "(empty)"

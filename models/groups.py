"""Which group of each slice an event is in.

Groups are words, ready to be shown: what a private field holds has no other name after this. Two values of a slice
share no word but `OTHER`. Values get their groups in the order in which the log brings them, so that every fold of it
gives the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Final

from pydantic_core import to_json

from models.asked import Asked
from schemas.events import Aside
from schemas.gauge import Gauge

MISSING: Final = "missing"
"""The group of events without a value that can be read."""
OTHER: Final = "other"
"""The group of values that have none of their own: not declared, or met after `max_groups` others."""
_EMPTY: Final = "(empty)"
"""The group of the empty text."""


def slices_of(gauge: Gauge) -> tuple[str, ...]:
    """The slices by name, as their groups stand in `Asked.aside`: those that are read, then the pairs."""
    return tuple(sorted(gauge.slices, key=lambda name: gauge.slices[name].of is not None))


def said_of(gauge: Gauge) -> dict[str, str]:
    """What the gauge file says of each slice, in the order of `slices_of`: where it changes, its groups begin anew."""
    said = {name: to_json({name: one.said()}).decode() for name, one in gauge.slices.items()}
    parts = {name: (name, *(gauge.slices[name].of or ())) for name in slices_of(gauge)}
    return {name: " ".join(said[part] for part in own) for name, own in parts.items()}


class Groups:
    """The groups of every slice of a gauge; at most `max_groups`, or those declared, and two more each.

    Events that are held out are read without leaving a trace.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._since = 0
        self._before = 0
        self._places: tuple[int | None, ...] = ()
        self._known: list[dict[Hashable, str]] = []
        self._edges: list[tuple[int, list[float]]] = []
        self._pairs: list[tuple[int, int, int]] = []
        self._limits: list[int] = []
        self._private: list[bool] = []
        self._nothing: Aside = ()
        self._arrange(gauge, {})

    def of(self, aside: Aside, *, learn: bool) -> tuple[str | None, ...]:
        """The group of an event in each slice, in the order of `slices_of`."""
        if not self._known:
            return ()
        keys: list[Hashable] = [*(aside or self._nothing)]
        for at, edges in self._edges:
            value = keys[at]
            if value is not None:
                keys[at] = bisect_right(edges, value)  # type: ignore[call-overload]
        found = [*map(dict.get, self._known, keys)]
        if None in found:
            found = [self._met(at, keys[at], learn=learn) if group is None else group for at, group in enumerate(found)]
        for at, a, b in self._pairs:
            both = (found[a], found[b])
            group = self._known[at].get(both)
            found.append(self._met(at, both, learn=learn) if group is None else group)
        return tuple(found)

    def brought_up(self, asked: Asked) -> Asked:
        """An event as if today's slices had been there when it was asked; its group in those that were not is None."""
        if asked.position >= self._since:
            return asked
        if asked.position < self._before:
            return asked._replace(aside=(None,) * len(self._known))
        return asked._replace(aside=tuple(None if at is None else asked.aside[at] for at in self._places))

    def adopt(self, gauge: Gauge, position: int) -> None:
        """Continue with the slices of another gauge file: a slice that is the same keeps its groups.

        Events that wait since before the last change but one are in no group of any slice afterwards.
        """
        said = said_of(gauge)
        places = tuple(self._said.index(one) if one in self._said else None for one in said.values())
        if places == tuple(range(len(self._said))):
            return
        kept = {name: self._known[at] for name, at in zip(said, places, strict=True) if at is not None}
        self._places, self._before, self._since = places, self._since, position
        self._arrange(gauge, kept)

    def _arrange(self, gauge: Gauge, kept: dict[str, dict[Hashable, str]]) -> None:
        names = slices_of(gauge)
        self._said = [*said_of(gauge).values()]
        slices = [gauge.slices[name] for name in names]
        self._private = [one.private for one in slices]
        self._edges = [(at, one.bins) for at, one in enumerate(slices) if one.bins is not None]
        self._nothing = (None,) * sum(one.of is None for one in slices)
        self._pairs = [
            (at, names.index(one.of[0]), names.index(one.of[1])) for at, one in enumerate(slices) if one.of is not None
        ]
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


def _ranges(edges: list[float]) -> list[str]:
    shown = [str(int(edge)) if edge.is_integer() else str(edge) for edge in edges]
    inner = [f"{low} to {high}" for low, high in pairwise(shown)]
    return [f"below {shown[0]}", *inner, f"from {shown[-1]}"] if shown else []


def _shown(key: Hashable) -> str:
    """The word for a value or a pair of groups; which one it is can be read from the word, so that no two share one."""
    if isinstance(key, tuple):
        return " & ".join(_LONE_SEPARATOR.sub(r"\\&", group) for group in key)
    text = str(key)
    escaped = text.replace("\\", "\\\\") if text.isprintable() else text.encode("unicode_escape").decode()
    if escaped.startswith('"') or escaped in _RESERVED:
        return f'"{escaped}"'
    return escaped or _EMPTY


_RESERVED: Final = frozenset((MISSING, OTHER, _EMPTY))
# An "&" that stands as a word; next to letters, as in "R&D", it separates nothing.
_LONE_SEPARATOR: Final = re.compile("(?<![^ ])&(?![^ ])")

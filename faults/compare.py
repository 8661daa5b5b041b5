"""What should be on an output partition beside what is: lost, doubled, foreign, differing, out of order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Seen(NamedTuple):
    """One record: its CloudEvents id, and everything that is compared byte by byte."""

    id: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int


class Differences(NamedTuple):
    """Numbers of records; ``first`` names the first few that are wrong. All zero means equal."""

    expected: int = 0
    found: int = 0
    lost: int = 0
    doubled: int = 0
    foreign: int = 0
    differing: int = 0
    disordered: int = 0
    first: tuple[str, ...] = ()

    @property
    def none(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.foreign or self.differing or self.disordered)

    def plus(self, other: Differences) -> Differences:
        """Both together."""
        return Differences(
            self.expected + other.expected,
            self.found + other.found,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.foreign + other.foreign,
            self.differing + other.differing,
            self.disordered + other.disordered,
            (self.first + other.first)[:_NAMED],
        )


_NAMED = 5


def compare(expected: Sequence[Seen], found: Sequence[Seen]) -> Differences:
    """How ``found`` differs from ``expected``: by id, then byte by byte, then by order.

    ``doubled`` counts every record beyond an id's first; ``disordered`` counts neighbours whose order is not the
    expected one, among the first ones of all ids that are expected.
    """
    wanted = {record.id: record for record in expected}
    times = Counter(record.id for record in found)
    firsts: dict[str, Seen] = {}
    for record in found:
        firsts.setdefault(record.id, record)
    lost = [id for id in wanted if id not in times]
    doubled = [id for id, n in times.items() if n > 1]
    foreign = [id for id in times if id not in wanted]
    differing = [id for id, record in firsts.items() if id in wanted and record != wanted[id]]
    rank = {id: n for n, id in enumerate(wanted)}
    order = [rank[id] for id in firsts if id in rank]
    disordered = sum(later < earlier for earlier, later in pairwise(order))
    named = [
        f"{what} {id}"
        for what, ids in (("lost", lost), ("doubled", doubled), ("foreign", foreign), ("differing", differing))
        for id in ids[:_NAMED]
    ]
    return Differences(
        len(expected),
        len(found),
        len(lost),
        sum(times[id] - 1 for id in doubled),
        len(foreign),
        len(differing),
        disordered,
        tuple(named[:_NAMED]),
    )

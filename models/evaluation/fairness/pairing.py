"""Pairing of outcomes: each group's own against those of all others, within the same stretch of time.

Rules. A group's pair is closed as soon as it and the others have an outcome since its last pair; the pair is the
difference of the two means over that stretch. Hence at most one group waits for a partner at any moment, and an outcome
closes two pairs at most, however many groups there are. Where there are two, one gap says all about them.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.evaluation.fairness.gap import Gap
from models.evaluation.intervals.gathered_mean import GatheredMean


class Group:
    """One group's outcomes; ``gap`` is its lead over all others, ``None`` where another group's gap says the same."""

    __slots__ = ("gap", "last", "marks", "n", "name", "others", "outcomes", "selected", "switches")

    def __init__(self, name: str) -> None:
        self.name = name
        self.n = 0
        self.selected = 0
        self.outcomes = GatheredMean()
        self.switches = 0
        """How often an outcome differed from the one before it."""
        self.last: int | None = None
        """The newest outcome."""
        self.gap: Gap | None = None
        self.marks = (0, 0, 0, 0)
        """``n`` and ``selected`` of the group and of all groups together, at the last pair."""
        self.others = 0
        """How many outcomes the others had at the last pair."""

    @property
    def rate(self) -> float | None:
        """The share of outcomes that were 1; ``None`` before the first."""
        return self.selected / self.n if self.n else None

    def pair(self, outcomes: int, selected: int) -> float:
        """Close the pair; the difference of its means. The numbers are those of all groups together."""
        n, ones, total, total_ones = self.marks
        own, own_ones = self.n - n, self.selected - ones
        others, others_ones = outcomes - total - own, selected - total_ones - own_ones
        self.mark(outcomes, selected)
        return own_ones / own - others_ones / others

    def mark(self, outcomes: int, selected: int) -> None:
        """The next pair begins here."""
        self.marks = (self.n, self.selected, outcomes, selected)
        self.others = outcomes - self.n


class PairedGroups:
    """One rate (of selection, of true positives, of false positives) of all groups of an attribute.

    Groups are made as they are met. With two, the first one's gap is theirs; from the third on each has a gap of its
    own against all others, which for the second begins there.
    """

    __slots__ = ("_tolerance", "_waiting", "first", "groups", "n", "selected", "switches")

    def __init__(self, *, tolerance: float) -> None:
        self._tolerance = tolerance
        self.groups: dict[str, Group] = {}
        self.first: int | None = None
        """Position of the first outcome."""
        self.n = 0
        self.selected = 0
        self.switches = 0
        self._waiting: Group | None = None

    def update(self, name: str, outcome: int, position: int = 0) -> tuple[Group, ...]:
        """Take in the outcome, 0 or 1, of a member of a group; the groups whose gaps it is time to look at."""
        try:
            group = self.groups[name]
        except KeyError:
            group = self._enter(name, position)
        self.n = total = self.n + 1
        group.n = n = group.n + 1
        group.outcomes.update(outcome)
        if outcome:
            self.selected += 1
            group.selected += 1
        if outcome != group.last:
            if group.last is not None:
                self.switches += 1
                group.switches += 1
            group.last = outcome
        waiting = self._waiting
        if waiting is group:  # all outcomes since its last pair are its own
            return ()
        if total - n == group.others:
            self._waiting = group
            return ()
        self._waiting = None
        return self._closed(group, waiting)

    def _closed(self, group: Group, waiting: Group | None) -> tuple[Group, ...]:
        n, selected = self.n, self.selected
        due: tuple[Group, ...] = ()
        if group.gap is None:
            group.mark(n, selected)
        elif group.gap.update(group.pair(n, selected)):
            due = (group,)
        if waiting is None:
            return due
        if waiting.gap is None:
            waiting.mark(n, selected)
        elif waiting.gap.update(waiting.pair(n, selected)):
            due += (waiting,)
        return due

    def _enter(self, name: str, position: int) -> Group:
        if self.first is None:
            self.first = position
        self.groups[name] = group = Group(name)
        number = len(self.groups)
        if number != 2:
            group.gap = Gap(tolerance=self._tolerance)
        if number == 3:
            _, second, _ = self.groups.values()
            second.gap = Gap(tolerance=self._tolerance)
        return group

    @property
    def gaps(self) -> list[Group]:
        """The groups that have a gap."""
        return [group for group in self.groups.values() if group.gap is not None]

    @property
    def tests(self) -> int:
        """How many gaps there are; at least 1."""
        return 1 if len(self.groups) <= 2 else len(self.groups)

    def other(self, group: Group) -> str | None:
        """The only other group; ``None`` where there are more, or none."""
        if len(self.groups) != 2:
            return None
        return next(name for name in self.groups if name != group.name)

    @property
    def difference(self) -> float | None:
        """The largest rate minus the smallest; ``None`` with fewer than two groups."""
        rates = [group.rate for group in self.groups.values() if group.rate is not None]
        return max(rates) - min(rates) if len(rates) > 1 else None

    def switches_of(self, group: Group) -> int:
        """The smaller number of switches: of the group, or of all others together."""
        return min(group.switches, self.switches - group.switches)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        n = selected = switches = 0
        for group in self.groups.values():
            n += group.n
            selected += group.selected
            switches += group.switches
            sums = group.outcomes.sums
            if (sums.n, sums.total) != (group.n, group.selected):
                yield f"{group.name}: the rate is of {sums.total} in {sums.n}, and {group.selected} in {group.n} came"
        if (n, selected, switches) != (self.n, self.selected, self.switches):
            yield (
                f"the groups' n, selected and switches add up to {(n, selected, switches)}, and "
                f"{(self.n, self.selected, self.switches)} were counted"
            )

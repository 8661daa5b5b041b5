"""One criterion of one attribute: the rate of every group, and an episode for each gap that was alarmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from models.evaluation.fairness.episode import Episode, least_size
from models.evaluation.fairness.gap import FEWEST_SWITCHES, LATELY, Gap
from models.evaluation.fairness.pairing import Group, PairedGroups
from models.evaluation.intervals.loss_sums import Kind, Words
from schemas.evaluated import Figure, GapFigure, Parity
from schemas.records import AlertStatus

REVIEWED_EVERY: Final = 64
"""Pairs between two looks at the interval of an open episode."""


_OF_ANSWERS: Final = Words("answer", "favourable answer")


class Bounds(NamedTuple):
    """What may be alarmed falsely: for ever with probability ``alpha``, and late with ``budget`` alarms per event."""

    alpha: float
    budget: float


class News(NamedTuple):
    """What a pair changed about an episode; ``statistic`` has reached ``threshold``."""

    status: AlertStatus
    cause: str
    episode: Episode
    detector: str
    statistic: float
    threshold: float
    figure: Figure


class Criterion:
    """One rate of all groups of an attribute, watched.

    ``groups`` take in the outcomes; `look` finds what follows from them. The groups that have a gap of their own share
    the bounds. At most one episode is open for each gap.

    Parameters
    ----------
    tolerance
        Gap that is no gap.
    bounds
        Of false alarms.
    """

    __slots__ = ("_bounds", "_first", "_open", "_tolerance", "groups")

    def __init__(self, *, tolerance: float, bounds: Bounds) -> None:
        self._tolerance = tolerance
        self._bounds = bounds
        self.groups = PairedGroups(tolerance=tolerance)
        self._open: dict[str, Episode] = {}
        self._first: dict[str, int] = {}

    def spend(self, bounds: Bounds) -> None:
        """Hold what was seen so far, too, against other bounds."""
        self._bounds = bounds

    def look(self, due: tuple[Group, ...], position: int, may_open: Callable[[str, str | None], bool]) -> list[News]:
        """Look at the groups whose gaps it is time for; ``may_open`` is asked of a group, and against whom it is."""
        news: list[News] = []
        for group in due:
            gap = group.gap
            assert gap is not None
            if group.name in self._open:
                news += self._continued(self._open[group.name], group, gap, position)
            else:
                news += self._alarmed(group, gap, position, may_open)
        return news

    def open_episodes(self) -> list[Episode]:
        """The episodes that are open, by group."""
        return [*self._open.values()]

    def _alarmed(
        self, group: Group, gap: Gap, position: int, may_open: Callable[[str, str | None], bool]
    ) -> list[News]:
        early, late = self._thresholds()
        begins_late = gap.exceeds_late(late)
        if not (begins_late or gap.exceeds(early)):
            return []
        switches = self.groups.switches_of(group)
        against = self.groups.other(group)
        if switches < FEWEST_SWITCHES or not may_open(group.name, against):
            return []
        figure, direction = gap.figure(switches=switches), gap.direction
        if gap.exceeds(early):
            cause, detector = "the gap exceeds the tolerance", "gap bets"
            statistic, threshold = gap.e_value(), early
        else:
            cause, detector = "the gap has come to exceed the tolerance", "late gap bets"
            statistic, threshold, figure = gap.late_e_value(), late, _lately(gap)
        gap.looked_at_every = 1
        first = self._first.get(group.name, self.groups.first)
        self._open[group.name] = episode = Episode(
            group=group.name,
            against=against,
            direction=direction,
            first=position if first is None else first,
            position=position,
            tolerance=self._tolerance,
            least=least_size(figure, direction),
        )
        return [News(AlertStatus.OPENED, cause, episode, detector, statistic, threshold, figure)]

    def _continued(self, episode: Episode, group: Group, gap: Gap, position: int) -> list[News]:
        episode.update(gap.newest)
        threshold = 1 / self._bounds.budget
        if episode.has_ended(threshold):
            del self._open[group.name]
            self._first[group.name] = position + 1
            evidence, figure = episode.evidence_of_end(), _lately(gap)
            gap.restart()
            cause = "the gap is within the tolerance again"
            return [News(AlertStatus.CLOSED, cause, episode, "return bets", evidence, threshold, figure)]
        if episode.pairs % REVIEWED_EVERY:
            return []
        figure = episode.figure(switches=self.groups.switches_of(group))
        least = least_size(figure, episode.direction)
        if not episode.worsens(least):
            return []
        cause = "the gap is larger than it was known to be"
        return [News(AlertStatus.UPDATED, cause, episode, "gap interval", least, episode.reached, figure)]

    def _thresholds(self) -> tuple[float, float]:
        # With two groups there is one gap; with more each has its own, and its share of what may go wrong.
        tests = self.groups.tests
        return tests / self._bounds.alpha + 1, tests / self._bounds.budget

    def figures(self, episode_name: Callable[[Episode], str | None]) -> Parity:
        """Rates, their largest difference, and the gaps."""
        paired = self.groups
        return Parity(
            rates={name: _rate(group) for name, group in paired.groups.items()},
            difference=paired.difference,
            gaps=[self._gap_figure(group, episode_name) for group in paired.gaps],
        )

    def _gap_figure(self, group: Group, episode_name: Callable[[Episode], str | None]) -> GapFigure:
        gap, episode = group.gap, self._open.get(group.name)
        assert gap is not None
        return GapFigure(
            group=group.name,
            against=self.groups.other(group),
            gap=gap.figure(switches=self.groups.switches_of(group)),
            recent=gap.recent,
            e_value=gap.e_value(),
            threshold=self._thresholds()[0],
            alarmed_at=None if episode is None else episode.position,
            episode=None if episode is None else episode_name(episode),
        )

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        yield from self.groups.broken()
        if not self._open.keys() <= {group.name for group in self.groups.gaps}:
            yield "an episode is open for a group that has no gap"


def _rate(group: Group) -> Figure:
    return group.outcomes.sums.figure(Kind.RATE, words=_OF_ANSWERS)


def _lately(gap: Gap) -> Figure:
    """The gap of about the newest pairs, which has no interval."""
    return Figure(value=gap.recent, n=min(gap.pairs, LATELY))

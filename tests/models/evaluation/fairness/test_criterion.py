"""A gap opens one episode, which is updated when it worsens and closes when it is gone."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from models.evaluation.fairness.criterion import Bounds, Criterion, News
from models.evaluation.intervals.dependent_mean import DependentMean
from schemas.records import AlertStatus

OPENED, UPDATED, CLOSED = AlertStatus.OPENED, AlertStatus.UPDATED, AlertStatus.CLOSED


def criterion(tolerance: float = 0.05) -> Criterion:
    return Criterion(tolerance=tolerance, bounds=Bounds(0.05, 1e-5))


class World:
    """Feeds a criterion with outcomes of groups that are equally frequent."""

    def __init__(self, watched: Criterion, seed: int = 1) -> None:
        self.watched = watched
        self.position = 0
        self.episodes = 0
        self._rng = random.Random(seed)

    def run(self, events: int, **rates: float) -> Iterator[News]:
        for _ in range(events):
            group = self._rng.choice(list(rates))
            outcome = int(self._rng.random() < rates[group])
            due = self.watched.groups.update(group, outcome, self.position)
            news = self.watched.look(due, self.position, lambda group, against: True)
            self.position += 1
            self.episodes += sum(item.status is OPENED for item in news)
            yield from news


def test_a_gap_opens_one_episode_with_evidence_beyond_its_threshold() -> None:
    world = World(criterion())

    [opened, *later] = world.run(2_000, f=0.3, m=0.5)

    assert (opened.status, opened.detector) == (OPENED, "gap bets")
    assert opened.statistic >= opened.threshold == 21
    assert {opened.episode.group, opened.episode.against} == {"f", "m"}
    assert opened.episode.first == 0
    assert all(item.status is UPDATED for item in later)
    [gap] = world.watched.figures(lambda episode: episode.group).gaps
    assert (gap.alarmed_at, gap.episode) == (opened.episode.position, opened.episode.group)


def test_no_gap_is_alarmed_within_the_tolerance() -> None:
    world = World(criterion(tolerance=0.1))

    assert [*world.run(20_000, f=0.4, m=0.45)] == []


def test_a_gap_that_begins_late_is_alarmed_and_told_as_such() -> None:
    world = World(criterion())
    quiet = [*world.run(8_000, f=0.4, m=0.4)]

    found = list(world.run(2_000, f=0.4, m=0.6))

    assert quiet == []
    assert (found[0].status, found[0].detector) == (OPENED, "late gap bets")
    assert found[0].statistic >= found[0].threshold == pytest.approx(1e5)
    assert found[0].figure.value is not None
    assert abs(found[0].figure.value) > 0.1
    assert found[0].figure.missing is None  # of the newest pairs there is no interval, and none is to come


def test_an_episode_is_updated_once_for_each_severity_that_the_gap_surely_has() -> None:
    world = World(criterion())

    news = [*world.run(12_000, f=0.2, m=0.6)]

    assert news[0].status is OPENED
    assert 1 <= len(news[1:]) <= 2
    assert {item.status for item in news[1:]} == {UPDATED}
    assert news[-1].episode.severity == "critical"
    assert news[-1].statistic >= news[-1].threshold == 0.25
    assert world.episodes == 1


def test_an_episode_closes_on_evidence_and_the_next_gap_opens_another() -> None:
    world = World(criterion())
    opened = [*world.run(1_500, f=0.3, m=0.6)]

    gone = [*world.run(12_000, f=0.2, m=0.2)]
    again = [*world.run(3_000, f=0.5, m=0.2)]

    assert opened[0].status is OPENED
    assert [item.status for item in gone] == [CLOSED]
    assert gone[0].statistic >= gone[0].threshold == pytest.approx(1e5)
    assert again[0].status is OPENED
    assert again[0].episode is not opened[0].episode
    assert again[0].episode.direction == -opened[0].episode.direction
    assert again[0].episode.first > gone[0].episode.first


def test_a_gap_that_stays_is_not_closed() -> None:
    world = World(criterion())

    news = [*world.run(30_000, f=0.3, m=0.45)]

    assert CLOSED not in {item.status for item in news}
    assert world.episodes == 1


def test_several_groups_share_what_may_be_alarmed_falsely() -> None:
    world = World(criterion())
    list(world.run(100, a=0.4, b=0.4, c=0.4, d=0.4))

    gaps = world.watched.figures(lambda episode: episode.group).gaps

    assert [(gap.against, gap.threshold) for gap in gaps] == [(None, 81.0)] * 4


def test_two_gaps_of_one_answer_are_two_episodes() -> None:
    world = World(criterion(), seed=3)

    news = [*world.run(20_000, a=0.1, b=0.5, c=0.5)]

    opened = [item.episode.group for item in news if item.status is OPENED]
    assert len({*opened}) >= 2
    assert [*world.watched.broken()] == []


def test_a_rate_is_sum_over_n_with_an_interval_that_goes_by_its_independent_answers() -> None:
    rng, watched, outcomes = random.Random(4), criterion(), []
    for position in range(1_000):  # an outcome stays for ten events on average
        outcome = outcomes[-1] if outcomes and rng.random() < 0.9 else int(rng.random() < 0.4)
        outcomes.append(outcome)
        watched.groups.update("f", outcome, position)
    expected = DependentMean()
    expected.extend(map(float, outcomes))

    rate = watched.figures(lambda episode: episode.group).rates["f"]

    assert rate == expected.rate()
    assert (rate.value, rate.n) == (sum(outcomes) / 1_000, 1_000)
    assert rate.effective_n is not None
    assert 30 < rate.effective_n < 120
    assert rate.low is not None
    assert rate.high is not None
    assert rate.high - rate.low > 0.15  # four times what 1,000 independent answers would have
    assert [*watched.broken()] == []


@pytest.mark.parametrize(
    ("answers", "missing"),
    [([1, 0] * 20, "60 more answers"), ([1] * 200, "9 more separate favourable answers")],
)
def test_a_rate_without_an_interval_says_what_it_needs(answers: list[int], missing: str) -> None:
    watched = criterion()
    for position, outcome in enumerate(answers):
        watched.groups.update("f", outcome, position)

    rate = watched.figures(lambda episode: episode.group).rates["f"]

    assert (rate.low, rate.high, rate.missing) == (None, None, missing)
    assert rate.value == sum(answers) / len(answers)


def test_a_rate_that_does_not_go_by_its_outcomes_is_broken() -> None:
    world = World(criterion())
    list(world.run(300, f=0.4, m=0.4))

    world.watched.groups.groups["f"].outcomes.update(1)

    [what] = world.watched.broken()
    assert what.startswith("f: the rate is of ")

"""The alert that a baseline would serve better: opened by evidence over the newest labels, closed, never often."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import pytest

from models.counts import Counts
from models.drift.episodes import Episodes
from models.evaluation.verdict.lead import PERIOD, Lead
from models.evaluation.verdict.losing import FEWEST_LABELS, LOOK_EVERY, Losing
from models.names import Names
from schemas.records import AlertStatus, DriftAlert
from tests import builders

BASELINES = ("no_change", "majority_class")


class Watched:
    """Leads and the watch on them, fed with the service's error on each label, then each baseline's."""

    def __init__(self, text: str = "", task: str = "binary") -> None:
        gauge = builders.gauge(text, task=task)
        self.leads = {name: Lead(gauge) for name in BASELINES}
        self.losing = Losing(gauge, Episodes(gauge, Names(2), Counts()), self.leads)
        self._numeric = task == "regression"

    def alerts(self, errors: Iterable[tuple[float, ...]], *, ahead: bool = False) -> list[DriftAlert]:
        """What comes of errors."""
        found: list[DriftAlert] = []
        for position, (own, *others) in enumerate(errors):
            turn = builders.turn(position)
            for name, other in zip(BASELINES, others, strict=True):
                found_now = self.leads[name].extend([(self._y, self._said(own), self._said(other), position)])
                self.losing.extend(name, found_now)
            if (position + 1) % LOOK_EVERY == 0:
                self.losing.look("2-1", turn, lambda _: ahead)
            assert [*self.losing.broken(), *self.leads["no_change"].broken()] == []
            found += turn.effects
        return found

    @property
    def _y(self) -> float | bool:
        return 0.0 if self._numeric else False

    def _said(self, error: float) -> float | bool:
        return error if self._numeric else bool(error)


def alerts(watched: Watched, errors: Iterable[tuple[float, ...]], *, ahead: bool = False) -> list[DriftAlert]:
    return watched.alerts(errors, ahead=ahead)


def rates(n: int, *shares: float, seed: int = 1) -> list[tuple[float, ...]]:
    """Independent errors of given rates."""
    draws = random.Random(seed)
    return [tuple(float(draws.random() < share) for share in shares) for _ in range(n)]


def test_a_service_that_errs_more_than_a_baseline_is_told_once():
    found = alerts(Watched(), rates(10_000, 0.3, 0.2, 0.5))

    assert [(alert.status, alert.subject) for alert in found] == [(AlertStatus.OPENED, "no_change")]
    alert = found[0]
    assert (alert.drift, alert.episode, alert.version) == ("performance", "2-performance-1", "2-1")
    assert alert.figure is not None
    assert alert.figure.high < 0
    assert alert.statistic >= alert.threshold > 0
    assert alert.loss_now - alert.loss_before == pytest.approx(-alert.figure.value)
    assert (alert.first, alert.last) == (0, alert.position)


def test_of_two_baselines_that_are_better_the_better_one_is_the_subject():
    (alert,) = alerts(Watched(), rates(5_000, 0.5, 0.3, 0.2))

    assert alert.subject == "majority_class"


def test_a_service_that_is_better_is_never_told_so():
    assert alerts(Watched(), rates(20_000, 0.2, 0.25, 0.3)) == []


def test_a_service_that_drifts_away_is_told_though_its_whole_life_is_ahead():
    before, after = rates(50_000, 0.1, 0.3, 0.4), rates(6_000, 0.5, 0.3, 0.4, seed=2)

    (alert,) = alerts(Watched(), [*before, *after])

    assert 50_000 < alert.position < 50_000 + 2 * PERIOD
    assert sum(own - other for own, other, _ in before + after) < 0  # fewer errors than no_change over its life


def test_it_closes_when_the_service_has_caught_up_and_opens_anew_only_by_new_evidence():
    worse, better = rates(4_000, 0.4, 0.2, 0.6), rates(20_000, 0.19, 0.2, 0.6, seed=2)

    opened, closed = alerts(Watched(), [*worse, *better])

    assert (opened.status, closed.status) == (AlertStatus.OPENED, AlertStatus.CLOSED)
    assert opened.episode == closed.episode
    assert closed.position < len(worse) + 2 * FEWEST_LABELS
    assert closed.figure is not None
    assert closed.figure.value >= 0


def test_an_hour_that_went_badly_opens_nothing():
    usual, hour = rates(9_000, 0.1, 0.3, 0.4), rates(150, 0.9, 0.1, 0.4)

    assert alerts(Watched(), [*usual[:4_000], *hour, *usual[4_000:]]) == []


def test_the_leading_metric_keeps_it_silent_where_it_is_ahead():
    assert alerts(Watched(), rates(5_000, 0.3, 0.2, 0.5), ahead=True) == []


def test_without_a_watch_on_the_error_there_is_no_alert():
    watch = Watched("[drift]\nenabled = false")

    assert alerts(watch, rates(5_000, 0.3, 0.2, 0.5)) == []
    assert watch.losing.recent()["no_change"].high < 0  # and yet it is known


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_a_service_that_is_as_good_as_the_baseline_is_hardly_ever_told(correlation):
    # At most 1 false alarm per 100 labels is allowed, which would be 0.05 per stretch; bursts of errors take nothing
    # from it. 60 streams of 10,000 labels each hold 5 stretches: 15 alarms are allowed.
    rng, opened = np.random.default_rng(5), 0
    for _ in range(60):
        own, other = (_bursts(rng, 10_000, 0.3, correlation) for _ in range(2))
        watch = Watched('[drift]\nfalse_alarms = "1 per 100 events"')
        opened += sum(
            alert.status is AlertStatus.OPENED
            for alert in alerts(watch, zip(own, other, np.ones(len(own)), strict=True))
        )

    assert opened <= 15 + 3 * 15**0.5


def _bursts(rng: np.random.Generator, n: int, rate: float, correlation: float) -> np.ndarray:
    renewed, drawn = rng.random(n) >= correlation, (rng.random(n) < rate).astype(float)
    renewed[0] = True
    return drawn[np.maximum.accumulate(np.where(renewed, np.arange(n), 0))]


def test_a_regression_is_told_in_the_labels_units():
    draws = random.Random(3)
    errors = [(abs(draws.gauss(0, 8)), abs(draws.gauss(0, 3)), abs(draws.gauss(0, 9))) for _ in range(3_000)]

    (alert,) = alerts(Watched(task="regression"), errors)

    assert alert.severity == "major"  # more than twice the baseline's error
    assert alert.loss_now == pytest.approx(6.4, abs=0.5)

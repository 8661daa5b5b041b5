"""An alarm of the error is as severe as the fall of the leading metric, which the error may hardly show."""

from __future__ import annotations

import random

import pytest

from models.answer import Answer
from models.asked import Asked, Lineup
from models.counts import Counts
from models.drift.episodes import Episodes
from models.drift.error_monitor import ErrorMonitor
from models.drift.metric_fall import KEPT, MetricFall
from models.names import Names
from models.turn import Turn
from schemas.alerts import Severity
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert
from tests import builders

POSITIVE = 0.03
"""One label in 33 is positive."""


def alerts(gauge: Gauge, *, missed: tuple[float, float], positive: float = POSITIVE) -> list[DriftAlert]:
    """Of a model that misses a share of the positives, from label 6,000 on another one, and raises few false alarms."""
    monitor, rng = ErrorMonitor(gauge, Episodes(gauge, Names(0, 0), Counts())), random.Random(5)
    found: list[DriftAlert] = []
    for n in range(12_000):
        y = rng.random() < positive
        y_pred = rng.random() >= missed[n >= 6_000] if y else rng.random() < 0.002
        answer = Answer(y_pred, {True: 0.9 if y_pred else 0.1, False: 0.1 if y_pred else 0.9})
        asked = Asked(n, {}, {"0-1": answer}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id=str(n))
        turn = Turn(n, None)
        monitor.label(asked, y, "0-1", turn)
        found += [effect for effect in turn.effects if isinstance(effect, DriftAlert)]
    return found


def test_a_fall_of_f1_is_critical_though_hardly_any_more_answers_are_wrong() -> None:
    opened, *_ = alerts(builders.gauge('evaluation.metric = "F1"'), missed=(0.3, 0.8))

    assert opened.status is AlertStatus.OPENED
    assert opened.position >= 6_000
    assert opened.loss_before == pytest.approx(0.011, abs=0.005)
    assert opened.severity is Severity.CRITICAL
    name, before, now = _told(opened)
    assert name == "F1"
    assert before == pytest.approx(0.8, abs=0.1)
    assert now < 0.5


def test_the_same_rise_is_not_critical_where_the_error_leads() -> None:
    opened, *_ = alerts(builders.gauge(), missed=(0.3, 0.8))

    assert opened.severity is not Severity.CRITICAL
    assert opened.severity_by is None


def test_at_its_close_the_newest_answers_are_compared_with_those_before_the_rise() -> None:
    opened, *_, closed = alerts(builders.gauge('evaluation.metric = "F1"'), missed=(0.3, 0.8))

    assert closed.status is AlertStatus.CLOSED
    assert _told(closed)[1] == _told(opened)[1]


def test_where_the_metric_has_no_figure_the_error_decides_and_the_alert_says_so() -> None:
    fall = MetricFall.of(builders.gauge('evaluation.metric = "F1"'))
    assert fall is not None
    for n in range(200):
        fall.take(float(n >= 100), False, Answer(n >= 100, None))

    told = fall.judge(AlertStatus.OPENED)

    assert told.severity is None
    assert told.words == "the error, as F1 has no figure of so few answers"


@pytest.mark.parametrize("answers", [0, 1, 29, 59])
def test_too_few_answers_give_no_figure(answers: int) -> None:
    fall = MetricFall.of(builders.gauge('evaluation.metric = "F1"'))
    assert fall is not None
    for n in range(answers):
        fall.take(0.0, n % 2 == 0, Answer(n % 2 == 0, None))

    assert [fall.judge(status).severity for status in AlertStatus] == [None, None, None]


def test_a_metric_where_smaller_is_better_is_severe_by_how_many_times_it_grew() -> None:
    fall = MetricFall.of(builders.gauge('evaluation.metric = "RMSE"', task="regression"))
    assert fall is not None
    for n in range(200):
        fall.take(1.0 if n < 100 else 3.0, 0.0, Answer(1.0 if n < 100 else 3.0, None))

    told = fall.judge(AlertStatus.OPENED)

    assert told == (Severity.MAJOR, "RMSE, 1 before and 3 now")


def test_the_answers_are_cut_where_the_errors_rose() -> None:
    fall = MetricFall.of(builders.gauge('evaluation.metric = "F1"'))
    assert fall is not None
    for n in range(1_000):
        fall.take(float(n >= 837), n % 2 == 0, Answer((n % 2 == 0) != (n >= 837), None))

    assert fall.judge(AlertStatus.OPENED) == (Severity.CRITICAL, "F1, 1 before and 0 now")


@pytest.mark.parametrize(("metric", "is_kept"), [("Accuracy", False), ("MicroF1", False), ("F1", True)])
def test_nothing_is_kept_where_the_metric_is_the_mean_of_the_errors(metric: str, is_kept: bool) -> None:
    assert (MetricFall.of(builders.gauge(f'evaluation.metric = "{metric}"')) is not None) is is_kept


def test_what_is_kept_is_bounded() -> None:
    fall = MetricFall.of(builders.gauge('evaluation.metric = "ROCAUC"'))
    assert fall is not None
    for _ in range(KEPT + 10):
        fall.take(0.0, True, Answer(True, {True: 1.0}))

    assert len(fall._newest) == KEPT


def _told(alert: DriftAlert) -> tuple[str, float, float]:
    assert alert.severity_by is not None
    name, figures = alert.severity_by.split(", ")
    before, now = figures.removesuffix(" now").split(" before and ")
    return name, float(before), float(now)

"""When a state is too far behind to answer. Oracle: the two bounds, by hand."""

from __future__ import annotations

from typing import Any

from schemas.gauge import Serve
from streams.replica.reach import Reach


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def reach(**allowed: Any) -> tuple[Reach, Clock]:
    clock = Clock()
    return Reach(Serve(**{"max_lag": 10, "max_age_seconds": 60.0, **allowed}), clock), clock


def test_nothing_is_answered_before_the_end_of_the_log_is_known():
    log, _ = reach()

    assert log.lag(5) is None
    assert log.refusal(5) == "the end of its log is not known yet"


def test_a_lag_up_to_the_bound_is_answered_and_told():
    log, _ = reach()
    log.saw(30)

    assert (log.lag(20), log.refusal(20)) == (10, None)
    assert log.refusal(19) == "its state is 11 offsets behind its log, and serve.max_lag is 10"
    log.heard(31)
    assert log.refusal(20) == "its state is 11 offsets behind its log, and serve.max_lag is 10"
    log.heard(29)
    assert (log.lag(31), log.lag(99)) == (0, 0)


def test_a_state_that_does_not_reach_what_was_the_end_for_too_long_is_too_old():
    log, clock = reach()
    for _ in range(61):
        log.saw(25)
        assert log.refusal(20) is None
        clock.now += 1
    log.saw(25)

    assert log.refusal(20) == "its state is older than serve.max_age_seconds, 60: 5 offsets are not folded"
    assert log.refusal(25) is None


def test_a_state_that_trails_a_growing_log_is_as_old_as_the_end_that_it_has_reached():
    log, clock = reach(max_lag=10_000)
    for second in range(200):
        log.saw(10 * second)
        clock.now += 1

    # The end was 1,390 sixty seconds before the last look, at 1,990.
    assert log.refusal(1_410) is None
    assert log.refusal(1_300) is not None


def test_a_broker_that_does_not_answer_makes_every_state_old():
    log, clock = reach()
    log.saw(20)
    clock.now += 59
    assert log.refusal(20) is None
    clock.now += 2

    assert log.refusal(20) == (
        "its state is older than serve.max_age_seconds, 60: the broker does not say where its log ends"
    )
    log.saw(20)
    assert log.refusal(20) is None


def test_a_log_that_became_shorter_is_another_one():
    log, clock = reach()
    log.saw(500)
    clock.now += 100
    log.saw(20)

    assert (log.lag(15), log.refusal(15)) == (5, None)

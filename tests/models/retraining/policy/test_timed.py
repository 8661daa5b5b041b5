"""A schedule in event time: when it is due, whatever the order in which times come."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from models.retraining.policy.facts import Facts
from models.retraining.policy.timed import TIMES, OnSchedule
from schemas.gauge import Retraining

START = datetime(2024, 5, 1, 10, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def scheduled(schedule: str | None) -> OnSchedule:
    return OnSchedule(Retraining(schedule=schedule))


def starts(schedule: OnSchedule, times: list[datetime]) -> list[datetime]:
    """The times at which it was due, when a challenger starts each time."""
    found = []
    for time in times:
        schedule.take(Facts(0, time=time))
        if schedule.due(0) is not None:
            found.append(time)
            schedule.started(0)
    return found


def every(step: timedelta, n: int, start: datetime = START) -> list[datetime]:
    return [start + k * step for k in range(n)]


LAG = TIMES // 2 * MINUTE
"""By so much the median of the newest times is behind the newest one, in a stream with an event each minute."""


def test_a_period_is_counted_from_the_first_event():
    assert starts(scheduled("2h"), every(MINUTE, 400)) == [
        START + 120 * MINUTE + LAG,
        START + 240 * MINUTE + LAG,
        START + 360 * MINUTE + LAG,
    ]


@pytest.mark.parametrize(
    ("schedule", "step", "moments"),
    [
        ("@hourly", MINUTE, ["2024-05-01T11:00", "2024-05-01T12:00"]),
        ("@daily", 20 * MINUTE, ["2024-05-02T00:00", "2024-05-03T00:00"]),
        ("@weekly", 180 * MINUTE, ["2024-05-06T00:00", "2024-05-13T00:00"]),
    ],
)
def test_a_calendar_goes_by_the_hour_by_midnight_and_by_monday_in_utc(schedule, step, moments):
    found = starts(scheduled(schedule), every(step, 130))

    for got, moment in zip(found, moments, strict=False):
        assert 0 <= (got - datetime.fromisoformat(moment).replace(tzinfo=UTC)) / step - TIMES // 2 < 1


def test_a_schedule_that_slept_is_due_once():
    times = [*every(MINUTE, 30), *every(MINUTE, 30, START + timedelta(days=10))]

    assert len(starts(scheduled("24h"), times)) == 1


def test_it_is_due_until_a_challenger_has_started():
    schedule = scheduled("30m")
    due = []
    for time in every(MINUTE, 100):
        schedule.take(Facts(0, time=time))
        due.append(schedule.due(0))

    assert due.index("schedule") == 30 + TIMES // 2
    assert set(due[37:]) == {"schedule"}


def test_times_out_of_order_move_no_moment_and_double_none():
    rng = random.Random(3)
    times = every(MINUTE, 600)
    shuffled = sorted(times, key=lambda time: time + rng.uniform(0, 10) * MINUTE)

    found = starts(scheduled("1h"), shuffled)

    assert len(found) == len(starts(scheduled("1h"), times)) == 9
    assert all(abs(a - b) <= 15 * MINUTE for a, b in zip(found, starts(scheduled("1h"), times), strict=True))


def test_a_few_times_that_are_wrong_by_years_start_nothing_and_stop_nothing():
    times = every(MINUTE, 300)
    for n in (40, 41, 42, 90, 91, 180):
        times[n] = datetime(2099, 1, 1, tzinfo=UTC) if n % 2 else datetime(1970, 1, 1, tzinfo=UTC)

    assert len(starts(scheduled("1h"), times)) == 4


def test_after_a_clock_that_was_ahead_is_set_right_the_schedule_continues():
    ahead = every(MINUTE, 60, START + timedelta(days=365))
    times = [*every(MINUTE, 60), *ahead, *every(MINUTE, 240, START + 60 * MINUTE)]

    found = starts(scheduled("1h"), times)

    assert [time.year for time in found] == [2025, 2024, 2024, 2024]


def test_without_a_schedule_no_time_is_kept():
    schedule = scheduled(None)

    assert starts(schedule, every(MINUTE, 200)) == []
    assert (schedule.is_on, schedule.next) == (False, None)


def test_the_next_moment_is_told():
    schedule = scheduled("1h")
    starts(schedule, every(MINUTE, 100))

    assert schedule.next == START + timedelta(hours=2)


def test_another_schedule_begins_with_the_next_event():
    schedule = scheduled("1h")
    starts(schedule, every(MINUTE, 50))

    schedule.adopt(Retraining(schedule="30m"))
    later = START + 50 * MINUTE

    assert starts(schedule, every(MINUTE, 40, later)) == [later + 30 * MINUTE + LAG]


def test_the_same_schedule_in_a_changed_policy_continues():
    schedule = scheduled("1h")
    starts(schedule, every(MINUTE, 50))

    schedule.adopt(Retraining(schedule="1h", every_labels=5))

    assert starts(schedule, every(MINUTE, 40, START + 50 * MINUTE)) == [START + 60 * MINUTE + LAG]

"""The watch on columns within a learner: what it alarms, what an alert tells, and that every cut continues alike."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.drift.columns import monitor
from models.learner import Learner
from schemas.alerts import DriftKind, Severity
from schemas.events import Input, LabelledEvent
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert
from tests import builders

FEATURES = """
[features]
a = "number"
b = { type = "number", optional = true }
site = "category"
"""
QUIET = "[retraining]\non_drift = false\n"


def gauge(text: str = "") -> Gauge:
    return builders.gauge(f"{FEATURES}{QUIET}{text}", candidates=["majority"])


def world(n: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    rng = random.Random(seed)
    for _ in range(n):
        yield {"a": rng.gauss(20.0, 3.0), "b": rng.expovariate(1.0), "site": rng.choice(["north", "south", "west"])}


def events(rows: Iterator[dict[str, Any]]) -> Iterator[Input]:
    rng = random.Random(7)
    for n, x in enumerate(rows):
        yield LabelledEvent(f"e{n}", None, None, x, rng.random() < 0.3, b"")


def alerts_of(gauge: Gauge, inputs: Iterator[Input]) -> list[DriftAlert]:
    return builders.alerts(builders.flat(builders.fold(Learner(gauge), inputs)))


def broken_from(at: int, n: int, **faults: Any) -> Iterator[dict[str, Any]]:
    for number, x in enumerate(world(n)):
        if number >= at:
            for name, fault in faults.items():
                x[name] = fault(x[name])
                if x[name] is None:
                    del x[name]
        yield x


def test_stationary_columns_raise_nothing() -> None:
    assert alerts_of(gauge(), events(world(4_000))) == []


def test_a_change_of_unit_is_a_data_fault_of_its_column() -> None:
    alerts = alerts_of(gauge(), events(broken_from(2_000, 2_260, a=lambda value: value * 1000)))
    assert [alert.status for alert in alerts] == [AlertStatus.OPENED, AlertStatus.UPDATED]
    assert 2_000 < alerts[0].position < 2_120
    assert {alert.drift for alert in alerts} == {DriftKind.DATA_FAULT}
    assert alerts[-1].moved is not None
    assert [moved.column for moved in alerts[-1].moved] == ["a"]
    assert alerts[0].severity is Severity.MAJOR
    assert alerts[0].statistic >= alerts[0].threshold == 1.0


def test_an_alarm_that_turns_out_to_be_of_another_kind_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = iter([DriftKind.COVARIATE, DriftKind.DATA_FAULT])
    monkeypatch.setattr(monitor, "kind_of", lambda moved: next(kinds))

    alerts = alerts_of(gauge(), events(broken_from(2_000, 2_260, a=lambda value: value * 1000)))

    assert [(str(alert.drift), str(alert.status)) for alert in alerts] == [
        ("covariate", "opened"),
        ("covariate", "closed"),
        ("data_fault", "opened"),
    ]
    assert [alert.chance.alarms for alert in alerts if alert.chance is not None] == [1, 1, 1]


def test_every_cut_continues_alike() -> None:
    watched = gauge('[drift]\nfalse_alarms = "1 per 1000 events"')
    inputs = list(events(broken_from(1_300, 1_560, a=lambda value: value + 9)))
    whole = Learner(watched)
    builders.fold(whole, inputs[:1_290])
    start = pickle.dumps(whole)
    effects = builders.flat(builders.fold(whole, inputs[1_290:]))
    assert len(builders.alerts(effects)) >= 2
    cut, told = pickle.loads(start), []
    for at in range(1_290, len(inputs)):
        told += builders.flat(builders.fold(cut, inputs[at : at + 1]))
        if at < 1_330 or at % 17 == 0:  # every event of two blocks, then the beginning, middle and end of others
            cut = pickle.loads(pickle.dumps(cut))
    assert told == effects


def test_a_return_closes_the_episode_and_a_new_level_settles() -> None:
    def shifted(until: int) -> list[tuple[str, str]]:
        rows = ({**x, "a": x["a"] + 40.0 * (1_800 <= n < until)} for n, x in enumerate(world(3_300)))
        return [(str(alert.status), alert.cause) for alert in alerts_of(gauge(), events(rows))]

    assert shifted(2_300)[-1] == ("closed", "a: back where it was before")
    assert shifted(9_999)[-1] == ("closed", "a: the new level is taken for normal")


def renamed(text: str = "") -> DriftAlert:
    rows = broken_from(2_000, 2_400, site=lambda value: "nord" if value == "north" else value)
    return next(alert for alert in alerts_of(gauge(text), events(rows)) if alert.status is AlertStatus.UPDATED)


def test_values_of_a_category_are_called_by_their_names() -> None:
    alert = renamed()
    assert alert.moved is not None
    assert "north" in alert.moved[0].words
    assert "nord" in alert.moved[0].words
    assert alert.drift is DriftKind.DATA_FAULT


def test_values_of_a_private_field_are_in_no_alert() -> None:
    alert = renamed("[slices.site]\nprivate = true\n")
    assert alert.moved is not None
    assert alert.moved[0].column == "site"
    assert "nor" not in alert.body().decode()


def test_a_watch_that_is_switched_off_closes_what_was_open() -> None:
    learner = Learner(gauge())
    inputs = list(events(broken_from(2_000, 2_200, a=lambda value: value * 1000)))
    opened = builders.alerts(builders.flat(builders.fold(learner, inputs[:2_150])))
    learner.adopt(gauge("[drift.columns]\nenabled = false"))
    closed = builders.alerts(builders.flat(builders.fold(learner, inputs[2_150:])))

    assert [alert.status for alert in opened] == [AlertStatus.OPENED]
    assert [alert.status for alert in closed] == [AlertStatus.CLOSED]
    assert "the gauge file has changed" in closed[0].cause
    learner.check()


def test_a_history_holds_early_alarms_back() -> None:
    rows = broken_from(2_000, 2_300, a=lambda value: value * 1000)
    assert alerts_of(gauge("[drift.columns]\nhistory_events = 2_500"), events(rows)) == []


def test_ignored_columns_must_be_there() -> None:
    assert gauge('[drift.columns]\nignore = ["site", "label"]').drift.columns.ignore == ["site", "label"]
    with pytest.raises(ValueError, match=r"names 'sitte', which is no column; did you mean 'site'\?"):
        gauge('[drift.columns]\nignore = ["sitte"]')


SEASONAL = '[drift]\nfalse_alarms = "1 per 1000 events"\n[drift.columns]\nseason = ["hour", "weekday"]'


def hourly(rows: Iterator[dict[str, Any]]) -> list[Input]:
    """An event every minute."""
    began, rng = datetime(2026, 3, 2, tzinfo=UTC), random.Random(7)
    return [
        LabelledEvent(f"e{n}", None, began + timedelta(minutes=n), x, rng.random() < 0.3, b"")
        for n, x in enumerate(rows)
    ]


def test_every_cut_of_a_watch_by_season_continues_alike() -> None:
    inputs = hourly(broken_from(3_000, 3_100, a=lambda value: value + 90))
    whole = Learner(gauge(SEASONAL))
    builders.fold(whole, inputs[:2_990])
    cut, told = pickle.loads(pickle.dumps(whole)), []
    effects = builders.flat(builders.fold(whole, inputs[2_990:]))
    assert builders.alerts(effects)
    for one in inputs[2_990:]:
        told += builders.flat(builders.fold(cut, [one]))
        cut = pickle.loads(pickle.dumps(cut))
    assert told == effects


def test_another_season_begins_the_watch_anew() -> None:
    learner = Learner(gauge())
    inputs = hourly(broken_from(2_000, 2_200, a=lambda value: value * 1000))
    builders.fold(learner, inputs[:2_150])
    learner.adopt(gauge(SEASONAL))
    closed = builders.alerts(builders.flat(builders.fold(learner, inputs[2_150:])))

    assert [alert.status for alert in closed] == [AlertStatus.CLOSED]
    assert "the gauge file has changed" in closed[0].cause
    learner.check()

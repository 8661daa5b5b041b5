"""While a data fault is open nobody learns, everybody answers and is judged; and any restore continues alike."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.asked import Asked
from models.drift import monitor
from models.drift.episodes import Episodes
from models.drift.grounds import Grounds
from models.learner import Learner
from models.turn import Turn
from schemas.alerts import DriftKind, Severity
from schemas.events import Label
from schemas.gauge import Gauge
from schemas.records import AlertStatus, Effect
from tests import builders, strategies
from tests.models.test_laws import NERVOUS

BROKEN = 99.0
GROUNDS = Grounds(cause="", severity=Severity.MAJOR, detector="", statistic=1, threshold=1, version="0-1", first=0)


class Faults:
    """Opens an episode at an event whose ``a`` is `BROKEN`, and closes it at the next one whose ``a`` is not."""

    def __init__(self, gauge: Gauge, episodes: Episodes) -> None:
        self.is_open = False
        self._episodes = episodes

    def event(self, asked: Asked, turn: Turn) -> None:
        if (asked.x["a"] == BROKEN) is not self.is_open:
            self.is_open = not self.is_open
            status = AlertStatus.OPENED if self.is_open else AlertStatus.CLOSED
            self._episodes.report(DriftKind.DATA_FAULT, "a", status, GROUNDS, turn)

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> None:
        pass

    def answering_changed(self) -> None:
        pass

    def adopt(self, gauge: Gauge) -> None:
        pass

    def broken(self) -> Iterator[str]:
        yield from ()


@pytest.fixture(autouse=True)
def faults(monkeypatch):
    monkeypatch.setitem(monitor.MONITORS, "faults", Faults)


def gauge(retraining: str = 'hold = ["data_fault"]', **more: Any) -> Gauge:
    return builders.gauge(f"[evaluation]\nholdout = 0\n[retraining]\n{retraining}", **more)


def rows(*broken: int, n: int = 60) -> list[bytes]:
    return [builders.record(k, a=BROKEN if k in broken else k % 3, y="bad" if k % 3 else "good") for k in range(n)]


def folded(made: Gauge, values: list[bytes]) -> tuple[Learner, list[Effect]]:
    learner = Learner(made)
    effects = []
    for position, event in enumerate(builders.decoded(made, values)):
        effects += learner.handle(event, position)
        learner.check()
    return learner, effects


def learned(learner: Learner) -> list[int]:
    return [version.learned_labels for version in learner.panel.live]


def test_no_model_learns_while_a_fault_is_open_and_all_answers_are_scored():
    made = gauge(candidates=["naive_bayes", "majority"])

    learner, effects = folded(made, rows(*range(20, 30)))

    assert learned(learner) == [50, 50]
    assert len(builders.predictions(effects)) == learner.status().labels == 60
    assert learner.board.served.n == 59  # all but the first, before which nothing was learned
    assert learner.status().versions.policy.held_labels == 10


def test_what_is_learned_is_what_would_be_without_the_events_that_were_held_back():
    with_fault, _ = folded(gauge(), rows(*range(20, 30)))
    without, _ = folded(gauge(), [value for k, value in enumerate(rows()) if not 20 <= k < 30])

    x = {"a": 1.0}
    assert with_fault.panel.champion.model.predict_proba_one(x) == without.panel.champion.model.predict_proba_one(x)


def test_unless_it_is_asked_for_learning_is_not_held():
    learner, _ = folded(gauge(""), rows(*range(20, 30)))

    assert learned(learner) == [60]
    assert learner.status().versions.policy.held is None


def test_the_status_says_since_when_and_why():
    learner, _ = folded(gauge(), rows(*range(20, 30), n=25))

    held = learner.status().versions.policy.held
    assert held is not None
    assert (held.since, held.why) == (20, "data_fault: a")


def test_no_challenger_starts_meanwhile_and_one_that_is_due_does_with_the_first_label_afterwards():
    made = gauge('hold = ["data_fault"]\nevery_labels = 25\nstart = "recent"\nrecent_labels = 100')

    learner, effects = folded(made, rows(*range(20, 40)))

    [started] = builders.versions(effects)[2:3]
    assert (started.position, started.trigger, started.reason) == (
        44,
        "labels",
        "trigger: labels: 25 more were learned",
    )
    # The labels that are kept for new versions are those that were learned.
    assert (started.learned_labels, learned(learner)[1]) == (0, 25 + 15)


def test_a_baseline_that_stands_in_continues_for_it_reads_no_feature():
    made = gauge()
    learner = Learner(made)
    events = builders.decoded(made, rows(*range(40, 60)))
    builders.fold(learner, events[:10])
    learner.panel.champion.model = builders.Failing(
        learner.panel.champion.model, "predict_proba_one", 0, builders.BrokenError("no")
    )
    builders.fold(learner, events[10:40])
    stand_in = learner.panel.stand_in
    assert stand_in is not None
    before = stand_in.learned_labels

    builders.fold(learner, events[40:])

    assert stand_in.learned_labels == before + 20
    assert learner.status().versions.policy.held_labels == 20


def test_a_learned_threshold_is_held_too():
    made = builders.gauge('[evaluation]\nholdout = 0\n[decision]\nprecision = 0.9\n[retraining]\nhold = ["data_fault"]')
    held, _ = folded(made, rows(*range(30, 60)))
    until, _ = folded(made, rows(n=30))

    assert pickle.dumps(held.panel.champion.rule) == pickle.dumps(until.panel.champion.rule)


FULL = NERVOUS.replace(
    "every_labels = 45",
    'every_labels = 45\nschedule = "1m"\nmax_retrains = "4 per 60 labels"\ncooldown_labels = 3\n'
    'hold = ["data_fault"]\non = { any = ["concept", "prior"] }',
)


def stream(made: Gauge, plan: strategies.Plan, broken: set[int]) -> list[Any]:
    events = builders.decoded(made, strategies.stream(made, plan))
    return [
        event._replace(x={**event.x, "a": BROKEN}) if n // 10 in broken and hasattr(event, "x") else event
        for n, event in enumerate(events)
    ]


@settings(max_examples=20)
@given(plan=strategies.plans(), share=st.floats(0, 1), broken=st.sets(st.integers(0, 24), max_size=6))
def test_restored_at_any_cut_it_holds_and_starts_as_if_never_stopped(plan, share, broken):
    made = builders.gauge(FULL)
    inputs = stream(made, plan, broken)
    learner = Learner(made)
    never_stopped = builders.fold(learner, inputs)
    cut = round(share * len(inputs))

    stopped = Learner(made)
    before = builders.fold(stopped, inputs[:cut])
    restored: Learner = pickle.loads(pickle.dumps(stopped, protocol=5))
    after = builders.fold(restored, inputs[cut:])

    restored.check()
    assert before + after == never_stopped
    assert restored.status() == learner.status()


def test_the_streams_of_that_law_hold_learning_and_start_challengers_by_schedule():
    made = builders.gauge(FULL)
    learner = Learner(made)
    effects = builders.fold(learner, stream(made, strategies.Plan(seed=3), {5, 6, 14}))

    triggers = {event.trigger for event in builders.versions(builders.flat(effects))}
    assert {"drift", "schedule"} <= triggers
    assert learner.status().versions.policy.held_labels > 5

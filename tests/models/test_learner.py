"""What the core says, in which order, and what it counts. Its laws stand in ``test_laws.py``."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from models.drift.signal import Signal
from models.drift.tempered.detector import TemperedDetector
from models.drift.watch import SETTLED_LABELS
from models.judging.losses import AbsoluteErrorScale
from models.learner import Learner
from models.retraining.policy.policy import Trigger
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert, Effect, ModelVersion, Prediction, VersionStep
from schemas.status import Leading, NamedFigure, Waiting, WindowFigure
from tests import builders

BARE = "[evaluation]\nholdout = 0\n"
TO_WIN = 11
"""Labels that a racer of two needs which is always right where the champion is always wrong (see `Contest`)."""


class Always:
    """Answers the same class always."""

    def __init__(self, y: bool) -> None:
        self.y = y

    def predict_proba_one(self, x: Any) -> dict[bool, float]:
        return {self.y: 1.0}

    def learn_one(self, x: Any, y: bool) -> None:
        pass


def opened(gauge: Gauge, *models: Any) -> Learner:
    """A learner behind its first record, an unlabelled event at position 0, with these models."""
    learner = Learner(gauge, libraries={"river": "9"})
    builders.fold(learner, builders.decoded(gauge, [builders.record("first", a=1.0)]))
    for version, model in zip(learner.panel.live, models, strict=False):
        version.model = model
    return learner


def feed(learner: Learner, values: list[bytes]) -> list[list[Effect]]:
    return builders.fold(learner, builders.decoded(learner.gauge, values))


def labelled(labels: str, start: int = 0) -> list[bytes]:
    """One labelled event per letter: ``b`` for bad, ``g`` for good."""
    return [
        builders.record(f"e{n}", a=1.0, y="bad" if letter == "b" else "good") for n, letter in enumerate(labels, start)
    ]


def test_the_first_record_opens_the_log_whatever_it_is():
    gauge = builders.gauge(BARE, candidates=["naive_bayes", "no_change"])
    expected = [("0-1", "registered"), ("0-2", "registered"), ("0-1", "promoted"), ("0-2", "on_trial")]

    for value in (b"{", builders.record(1, a=1.0), builders.label(1, "bad")):
        learner = Learner(gauge)
        assert learner.status().versions.champion is None

        effects = learner.handle(builders.decoded(gauge, [value])[0], 5)

        assert builders.steps(effects) == expected
        assert (learner.next_offset, learner.status().versions.champion) == (
            6,
            Leading(version="0-1", candidate="naive_bayes"),
        )
        assert builders.steps(learner.handle(builders.decoded(gauge, [b"{"])[0], 6)) == []


def test_a_labelled_event_is_predicted_before_its_label_is_heard():
    learner = opened(builders.gauge(BARE))

    first, second = feed(learner, labelled("bb"))

    assert [p.y_pred for p in builders.predictions(first + second)] == [None, "bad"]
    assert second[0].probabilities == {"good": 0.0, "bad": 1.0}


def test_a_prediction_carries_its_events_key_time_and_place():
    gauge = builders.gauge(BARE)
    learner = opened(gauge)
    event = builders.decoded(gauge, [builders.record("e", at="2024-02-03T04:05:06Z", a=1.0)])[0]._replace(key=b"k")

    [prediction] = learner.handle(event, 9)

    assert prediction == Prediction(9, "e", event.time, b"k", None, None, "0-1", held_out=False)


def test_the_partition_is_in_every_name():
    gauge = builders.gauge(BARE + '[drift]\nfalse_alarms = "1 per 400 events"')
    learner = Learner(gauge, partition=3)
    effects = builders.flat(feed(learner, labelled("b")))
    learner.panel.champion.model = Always(True)
    effects += builders.flat(feed(learner, labelled("b" * 100 + "g" * 30, 1)))

    assert {p.version for p in builders.predictions(effects)} == {"3-1", "3-2"}
    assert {event.version for event in builders.versions(effects)} == {"3-1", "3-2"}
    assert builders.alerts(effects)[0].episode == "3-1"


# -- drift ------------------------------------------------------------------------------------------------------------


def drift_story(before: str, after: str) -> tuple[Learner, list[Effect]]:
    gauge = builders.gauge(BARE + '[drift]\nfalse_alarms = "1 per 400 events"\n[retraining]\non_drift = false')
    learner = opened(gauge, Always(True))
    return learner, builders.flat(feed(learner, labelled(before + after)))


def test_an_alert_says_what_moved_when_and_how_sure_one_can_be():
    learner, effects = drift_story("b" * 100, "g" * 40)

    opening = builders.alerts(effects)[0]

    oracle = TemperedDetector(budget=1e-3)
    losses = [0.0] * 100 + [1.0] * 40
    alarm = next(n for n, loss in enumerate(losses) if oracle.update(loss).value == "drift")
    assert 100 < alarm < 110
    assert opening._replace(loss_now=0.0) == opening._replace(
        position=1 + alarm,  # the first event stands at position 0 and has no label
        time=opening.time,
        episode="0-1",
        status=AlertStatus.OPENED,
        cause="the error rose",
        severity="critical",
        drift="concept",
        detector="e-detector",
        statistic=oracle.statistic,
        threshold=1.0,
        loss_before=oracle.alarmed_mean,
        loss_now=0.0,
        version="0-1",
        first=1,
        last=1 + alarm,
        labels=1 + alarm,
        coverage=(1 + alarm) / (2 + alarm),
    )
    assert learner.status().alerts == 1
    assert learner.status().drifting is True


@pytest.mark.parametrize(
    ("before", "after", "severity", "least", "most"),
    [
        ("b" * 100, "g" * 60, "critical", 0.25, 1.0),
        ("b" * 400, "g" * 60, "major", 0.1, 0.25),
        ("gb" * 200, "gbggb" * 300, "minor", 0.0, 0.1),
    ],
)
def test_severity_is_the_rise_in_mean_loss(before, after, severity, least, most):
    alert = builders.alerts(drift_story(before, after)[1])[0]

    assert least <= alert.loss_now - alert.loss_before < most
    assert alert.severity == severity


def test_only_openings_count_as_alerts():
    learner, effects = drift_story("b" * 100, "g" * 40 + "b" * 200)

    assert [str(alert.status) for alert in builders.alerts(effects)] == ["opened", "closed"]
    assert (learner.status().alerts, learner.status().drifting) == (1, False)


def test_a_label_that_comes_after_a_promotion_is_not_the_new_champions_error():
    # 40 events wait for their labels while the champion changes; what its predecessor had said of them was wrong.
    gauge = builders.gauge(BARE + '[drift]\nfalse_alarms = "1 per 400 events"', candidates=["naive_bayes", "knn"])
    learner = opened(gauge, Always(True), Always(False))
    feed(learner, [builders.record(f"late{n}", a=1.0) for n in range(40)])
    steps = builders.steps(builders.flat(feed(learner, labelled("g" * TO_WIN))))
    assert steps == [("0-1", "demoted"), ("0-2", "promoted")]
    feed(learner, labelled("g" * 100, 100))

    late = builders.flat(feed(learner, [builders.label(f"late{n}", "good") for n in range(40)]))

    assert builders.alerts(late) == []
    served = learner.board.served
    assert served.figures()["Accuracy"] == 100 / (
        140 + TO_WIN
    )  # but it is what the service had said, and counts as that


def test_a_new_champions_error_has_a_reference_of_its_own():
    # The racer is right from the start, so its reference holds no error; its predecessor's would delay the alarm.
    gauge = builders.gauge(BARE + '[drift]\nfalse_alarms = "1 per 400 events"', candidates=["naive_bayes", "knn"])
    learner = opened(gauge, Always(False), Always(True))
    feed(learner, labelled("b" * TO_WIN))
    assert learner.panel.champion.name == "0-2"

    effects = builders.flat(feed(learner, labelled("b" * 100 + "g" * 40, TO_WIN)))

    alert = builders.alerts(effects)[0]
    assert (alert.first, alert.position) == (1 + TO_WIN, 1 + TO_WIN + alarm_of([0.0] * 100 + [1.0] * 40))


class Off:
    """A regression that is off by a given error always; every label here is 0."""

    def __init__(self, error: float) -> None:
        self.error = error

    def predict_one(self, x: Any) -> float:
        return self.error

    def learn_one(self, x: Any, y: float) -> None:
        pass


def test_a_new_champions_errors_have_a_scale_of_their_own():
    # In the scale of its predecessor, four times 100, errors of 1 and of 3 would both be next to nothing.
    text = '[drift]\nfalse_alarms = "1 per 400 events"\n[retraining]\non_drift = false'
    gauge = builders.gauge(BARE + text, task="regression", candidates=["linear_regression", "knn"])
    learner = opened(gauge, Off(100.0), Off(1.0))
    zeros = [builders.record(f"e{n}", a=1.0, y=0.0) for n in range(251 + TO_WIN)]
    feed(learner, zeros[: 1 + TO_WIN])  # the first label only says how large errors are
    assert learner.panel.champion.name == "0-2"
    feed(learner, zeros[1 + TO_WIN : 141 + TO_WIN])

    learner.panel.champion.model.error = 3.0
    effects = builders.flat(feed(learner, zeros[141 + TO_WIN :]))

    scale = AbsoluteErrorScale()
    alarm = alarm_of([scale.loss(error) for error in [1.0] * 140 + [3.0] * 100])
    assert builders.alerts(effects)[0].position == 2 + TO_WIN + alarm


@pytest.mark.parametrize(
    ("now", "then", "severity", "cause", "labels"),
    [
        (10.0, 10.0, "critical", "the error stays at its new level", SETTLED_LABELS),
        (2.5, 2.5, "major", "the error stays at its new level", SETTLED_LABELS),
        (10.0, 1.0, "critical", "the error is back where it was", None),
    ],
)
def test_a_regressions_error_is_back_only_when_it_is(now, then, severity, cause, labels):
    text = '[drift]\nfalse_alarms = "1 per 400 events"\n[retraining]\non_drift = false'
    learner = opened(builders.gauge(BARE + text, task="regression", candidates=["mean"]), Off(1.0))
    zeros = [builders.record(f"e{n}", a=1.0, y=0.0) for n in range(4000)]
    feed(learner, zeros[:600])
    learner.panel.champion.model.error = now
    news = builders.alerts(builders.flat(feed(learner, zeros[600:800])))
    learner.panel.champion.model.error = then
    news += builders.alerts(builders.flat(feed(learner, zeros[800:3000])))

    assert [str(alert.status) for alert in news] == ["opened", "closed"]
    opened_, closed = news
    # The mean absolute error in the label's units, with the few errors that it took to be sure.
    assert opened_.loss_before == closed.loss_before == pytest.approx(1.0, rel=0.05)
    assert opened_.loss_now > 1.4
    assert (closed.loss_now, closed.severity) == (pytest.approx(then), severity if then == now else "minor")
    assert closed.cause == cause
    if labels is not None:
        assert closed.position - opened_.position == labels


def test_errors_have_a_new_scale_after_an_alarm():
    text = '[drift]\nfalse_alarms = "1 per 400 events"\n[retraining]\non_drift = false'
    learner = opened(builders.gauge(BARE + text, task="regression", candidates=["mean"]), Off(1.0))
    zeros = [builders.record(f"e{n}", a=1.0, y=0.0) for n in range(400)]
    feed(learner, zeros[:100])

    learner.panel.champion.model.error = 3.0
    effects = builders.flat(feed(learner, zeros[100:200]))
    learner.panel.champion.model.error = 9.0
    effects += builders.flat(feed(learner, zeros[200:300]))

    scale = AbsoluteErrorScale()
    first = alarm_of([scale.loss(error) for error in [1.0] * 100 + [3.0] * 100])
    scale.reset()
    detector = TemperedDetector(budget=1e-3)
    detector.update(1.0)  # the alarming loss belongs to the new reference
    second = next(
        n
        for n, error in enumerate([3.0] * (199 - first) + [9.0] * 100)
        if detector.update(scale.loss(error)) is Signal.DRIFT
    )
    alarms = [alert.position for alert in builders.alerts(effects) if alert.status is not AlertStatus.CLOSED]
    assert alarms[:2] == [1 + first, 1 + first + 1 + second]


def alarm_of(losses: list[float]) -> int:
    """The first alarm, counted from 0, of the default detector alone."""
    detector = TemperedDetector(budget=1e-3)
    return next(n for n, loss in enumerate(losses) if detector.update(loss) is Signal.DRIFT)


def test_labels_of_a_retired_versions_events_still_count_and_judge_nobody():
    gauge = builders.gauge(BARE + "[retraining]\non_drift = false\nevery_labels = 1\nwarm_up_labels = 0")
    learner = opened(gauge, Always(False))
    feed(learner, [builders.record("late", a=1.0)])
    feed(learner, labelled("b"))
    learner.panel.live[-1].model = Always(True)
    effects = builders.flat(feed(learner, labelled("b" * TO_WIN, 1)))
    assert ("0-1", "retired") in builders.steps(effects)
    scored = learner.board.served.n

    [effects] = feed(learner, [builders.label("late", "bad")])

    assert learner.board.served.n == scored + 1
    assert not [e for e in builders.versions(effects) if e.step in (VersionStep.PROMOTED, VersionStep.REJECTED)]


# -- retraining -------------------------------------------------------------------------------------------------------


def test_drift_starts_a_challenger_behind_its_alert():
    gauge = builders.gauge(BARE + '[drift]\nfalse_alarms = "1 per 400 events"')
    learner = opened(gauge, Always(True))

    effects = builders.flat(feed(learner, labelled("b" * 100 + "g" * 12)))

    n = next(i for i, effect in enumerate(effects) if effect in builders.alerts(effects))
    assert [type(effect) for effect in effects[n - 1 : n + 3]] == [Prediction, DriftAlert, ModelVersion, ModelVersion]
    assert builders.steps(effects) == [("0-2", "registered"), ("0-2", "on_trial")]
    assert {event.trigger for event in builders.versions(effects)} == {"drift"}
    assert learner.status().versions.on_trial == 1


def test_a_challenger_starts_with_the_newest_labels_its_own_included():
    gauge = builders.gauge(BARE + '[retraining]\nevery_labels = 5\nstart = "recent"\nrecent_labels = 3')
    learner = opened(gauge)

    feed(learner, labelled("bgbgb"))

    challenger = learner.panel.live[-1]
    assert (challenger.name, challenger.learned_first, challenger.learned_last) == ("0-2", 3, 5)
    assert challenger.model.class_counts == {True: 2, False: 1}


def test_a_fresh_challenger_has_learned_nothing():
    learner = opened(builders.gauge(BARE + "[retraining]\nevery_labels = 5"))

    feed(learner, labelled("bgbgb"))

    assert learner.panel.live[-1].learned_labels == 0


def test_a_metric_over_the_window_is_looked_at_ten_times_per_window_once_it_is_full():
    text = (
        BARE
        + "window_events = 20\n[drift]\nenabled = false\n[retraining]\non_metric = { over = 'window', below = 0.76 }"
    )
    learner = opened(builders.gauge(text), Always(True))

    groups = feed(learner, labelled("g" * 5 + "b" * 14 + "b" + "b" * 5 + "g" * 12))

    # Below 0.76 at label 20 (15 of 20 right), at label 26 still above, and again below when 5 wrong ones have come.
    started = [n + 1 for n, group in enumerate(groups) if builders.versions(group, VersionStep.REGISTERED)]
    assert started == [20]
    assert builders.versions(groups[19])[0].trigger == "metric"


def test_a_metric_on_the_held_out_window_starts_a_challenger_behind_the_report():
    text = "[evaluation]\nholdout = 0.5\nholdout_window = 10\n[drift]\nenabled = false\n"
    text += "[retraining]\non_metric = { below = 0.9 }"
    learner = opened(builders.gauge(text), Always(False))

    effects = builders.flat(feed(learner, labelled("b" * 60)))

    reports = builders.reports(effects)
    assert len(reports) >= 2
    assert (reports[0].window, reports[0].first, reports[0].labels, reports[0].champion) == (1, 0, 10, "0-1")
    assert reports[0].models["0-1"]["Accuracy"] == 0.0
    assert set(reports[0].models) == {"0-1", "no_change", "majority_class"}
    assert reports[1].first == reports[0].last + 1
    [registered] = builders.versions(effects, VersionStep.REGISTERED)
    assert (registered.position, registered.trigger) == (reports[0].position, "metric")
    assert learner.board.reports == len(reports)


def test_a_swallowed_trigger_starts_no_cool_down():
    text = "[drift]\nenabled = false\n[retraining]\nevery_labels = 5\ncooldown_labels = 8\npatience_labels = 11"
    learner = opened(builders.gauge(BARE + text), Always(True))

    groups = feed(learner, labelled("b" * 21))

    # It is due again at label 10, cools until 13, and then waits for the trial, which ends at 17 for want of patience.
    assert [n + 1 for n, group in enumerate(groups) if builders.versions(group, VersionStep.REGISTERED)] == [5, 17]
    assert [n + 1 for n, group in enumerate(groups) if builders.versions(group, VersionStep.REJECTED)] == [17]


def test_a_metric_that_crossed_during_a_trial_and_stays_bad_starts_another_after_it():
    text = BARE + "window_events = 20\n[drift]\nenabled = false\n[retraining]\npatience_labels = 30\n"
    text += "on_metric = { over = 'window', below = 0.8 }"
    learner = opened(builders.gauge(text), Always(True))
    feed(learner, labelled("b" * 30))
    learner.panel.start_challenger(Trigger.DRIFT, builders.turn(31))
    learner.panel.live[-1].model = Always(True)

    groups = feed(learner, labelled("g" * 60, 30))

    # It crosses while the trial of one that is no better is on, which ends after 30 labels; looked at every 2 labels.
    rejected = [n for n, group in enumerate(groups) if builders.versions(group, VersionStep.REJECTED)]
    started = [n for n, group in enumerate(groups) if builders.versions(group, VersionStep.REGISTERED)]
    assert rejected[0] == 29
    assert started[0] - rejected[0] in (0, 1)
    assert {event.trigger for event in builders.versions(groups[started[0]], VersionStep.REGISTERED)} == {"metric"}


def test_of_several_triggers_on_one_label_drift_is_named():
    alarm = alarm_of([0.0] * 100 + [1.0] * 40)
    text = f'[drift]\nfalse_alarms = "1 per 400 events"\n[retraining]\nevery_labels = {alarm + 1}'
    learner = opened(builders.gauge(BARE + text), Always(True))

    effects = builders.flat(feed(learner, labelled("b" * 100 + "g" * 40)))

    assert builders.versions(effects, VersionStep.REGISTERED)[0].trigger == "drift"


# -- held-out ---------------------------------------------------------------------------------------------------------


def test_held_out_events_enter_windows_only():
    learner = opened(builders.gauge("[evaluation]\nholdout = 0.5\nholdout_window = 1000"), Always(True))

    effects = builders.flat(feed(learner, labelled("b" * 200)))

    held = sum(p.held_out for p in builders.predictions(effects))
    assert 70 < held < 130
    assert learner.counts.labels == 200
    assert learner.board.served.n == learner.panel.champion.learned_labels == 200 - held
    assert learner.board.held_out_figures()["0-1"]["labels"] == held


# -- figures for people -----------------------------------------------------------------------------------------------


def test_the_status_tells_where_it_stands():
    learner = opened(builders.gauge(BARE, candidates=["naive_bayes", "no_change"]), Always(True))
    feed(learner, [*labelled("bbg"), b"{", builders.label("early", "bad")])

    status = learner.status()
    assert (status.position, status.events, status.predictions, status.labels, status.coverage) == (6, 5, 4, 3, 0.75)
    assert status.waiting == Waiting(pending=1, early=1, early_bytes=status.waiting.early_bytes, expired=0)
    assert (status.dead_letters, status.alerts, status.drifting) == ({"not_json": 1}, 0, False)
    versions, performance = status.versions, status.performance
    assert (versions.made, versions.on_trial, versions.failing) == (2, 0, {})
    assert versions.champion == Leading(version="0-1", candidate="naive_bayes")
    assert performance.metric == NamedFigure(name="Accuracy", value=2 / 3)
    assert performance.metrics == performance.window_metrics == {"Accuracy": 2 / 3}
    assert performance.window == WindowFigure(name="Accuracy", value=2 / 3, answers=3)
    assert performance.baseline == NamedFigure(name="no_change", value=0.5)
    assert performance.baseline_window == WindowFigure(name="no_change", value=0.5, answers=2)
    assert performance.candidates["no_change"].metric == 0.5


def test_predictions_and_refused_events_are_all_events():
    learner = opened(builders.gauge(BARE))
    effects = builders.flat(feed(learner, [*labelled("bg"), b"{", builders.record("first", a=1.0), b""]))

    assert learner.counts.events == 6
    assert learner.counts.predictions + len(builders.dead_letters(effects)) == 6


def test_a_refused_label_is_no_event():
    learner = opened(builders.gauge(BARE + "[label]\nearly_horizon_events = 1"))
    bad = [builders.label("first", "unheard-of"), builders.label("x", "bad"), builders.label("x", "bad")]
    effects = builders.flat(feed(learner, [*labelled("bg"), *bad, b"{", *labelled("bg", 2)]))

    letters = builders.dead_letters(effects)
    assert [(str(letter.reason), letter.of_label) for letter in letters] == [
        ("unknown_label", True),
        ("duplicate_label", True),
        ("not_json", False),
        ("orphan_label", True),
    ]
    events = sum(not letter.of_label for letter in letters)
    assert learner.counts.events == learner.counts.predictions + events == 6


def test_a_learner_can_be_saved_before_its_first_record():
    gauge = builders.gauge(BARE)
    fresh: Learner = pickle.loads(pickle.dumps(Learner(gauge)))

    assert feed(fresh, labelled("bgb")) == feed(Learner(gauge), labelled("bgb"))


def test_a_stopwatch_changes_no_effect():
    gauge = builders.gauge(BARE + "[retraining]\nevery_labels = 3")
    ticks = iter(range(10_000))
    timed = Learner(gauge, stopwatch=lambda: float(next(ticks)))

    assert feed(timed, labelled("bgb" * 5)) == feed(Learner(gauge), labelled("bgb" * 5))
    assert timed.panel.seconds["naive_bayes"] > 0


@pytest.mark.parametrize("over", ["holdout", "window"])
@pytest.mark.parametrize("metric", ["ROCAUC", "MCC", "Recall", "BalancedAccuracy"])
def test_labels_of_one_class_only_report_no_such_figure_and_start_no_challenger(over, metric):
    gauge = builders.gauge(
        f"""
        [evaluation]
        metric = "{metric}"
        window_events = 20
        holdout = 0.2
        holdout_window = 10
        [drift]
        enabled = false
        [retraining]
        on_metric = {{ below = 0.6, over = "{over}" }}
        """
    )
    values = [builders.record(n, a=float(n % 7), y="good") for n in range(200)]

    learner, effects = builders.run(gauge, values)

    assert builders.steps(effects) == [("0-1", "registered"), ("0-1", "promoted")]
    found = [report.models["0-1"][metric] for report in builders.reports(effects)]
    assert found == [None] * len(found)
    assert len(found) > 1
    assert b'"%s":null' % metric.encode() in builders.reports(effects)[0].body()
    assert learner.status().performance.metric == NamedFigure(name=metric, value=None)
    assert learner.status().performance.window.value is None
    assert learner.status().performance.baseline.value is None

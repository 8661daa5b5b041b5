"""A running learner continues with a changed gauge file: what each change does, and that it does nothing else."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.adoption import AdoptionError
from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Effect, ModelVersion, VersionStep
from streams.snapshots.payload.pickler import dump
from tests import builders, strategies
from tests.models.test_laws import PANELS, figures

VOTERS = [{"use": "dummy.PriorClassifier"}, {"use": "dummy.NoChangeClassifier"}]
LABELS_ONLY = {"name": "plain", "pipeline": [{"use": "ensemble.VotingClassifier", "models": VOTERS}]}

SETS = "on_drift = false\n[uncertainty]\ncover = 0.9"
TEXT = "[evaluation]\nholdout = 0\nwindow_events = 20\n{evaluation}\n[drift]\n{drift}\n[retraining]\n{retraining}"


def gauge(
    evaluation: str = "",
    drift: str = "",
    retraining: str = "on_drift = false",
    candidates: tuple[Any, ...] = ("naive_bayes",),
    task: str = "binary",
) -> Gauge:
    text = TEXT.format(evaluation=evaluation, drift=drift, retraining=retraining)
    return builders.gauge(text, task=task, candidates=candidates)


def records(n: int, start: int = 0, y: Any = None) -> list[bytes]:
    """Events with their labels; the label follows the feature unless it is given."""
    return [
        builders.record(k, a=float(k % 5), y=("bad" if k % 5 > 2 else "good") if y is None else y)
        for k in range(start, start + n)
    ]


def fold(learner: Learner, values: list[bytes]) -> list[Effect]:
    return builders.flat(builders.fold(learner, builders.decoded(learner.gauge, values)))


def begun(made: Gauge, n: int = 30) -> Learner:
    learner = Learner(made)
    fold(learner, records(n))
    return learner


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        (gauge("fading_factor = 0.9"), "evaluation.fading_factor"),
        (gauge(candidates=("no_change",)), "candidates.naive_bayes"),
        (gauge('metric = "F1"'), "evaluation.metric"),
        (gauge('also = ["Acuracy"]'), "evaluation.also.0"),
        (gauge(drift='detectors = [{ use = "drift.ADWIM" }]'), "drift.detectors"),
        (gauge(candidates=("naive_bayes", "naive_bajes")), "naive_bajes"),
        (gauge('also = ["LogLoss"]', candidates=("naive_bayes", LABELS_ONLY)), "labels only"),
        (
            gauge(retraining=SETS, candidates=("naive_bayes", LABELS_ONLY)),
            "uncertainty.cover needs class probabilities",
        ),
    ],
)
def test_what_the_state_cannot_follow_is_refused_and_changes_nothing(changed, where):
    learner = begun(gauge())
    before = pickle.dumps(learner)

    with pytest.raises(AdoptionError, match=where) as raised:
        learner.adopt(changed)

    assert len(raised.value.problems) == 1
    assert pickle.dumps(learner) == before
    assert learner.gauge == gauge()


def test_a_metric_that_reads_probabilities_is_refused_where_a_running_candidate_has_none():
    learner = begun(gauge(candidates=("naive_bayes", LABELS_ONLY)))

    with pytest.raises(AdoptionError, match="labels only"):
        learner.adopt(gauge('also = ["LogLoss"]', candidates=("naive_bayes", LABELS_ONLY)))


# -- a candidate ------------------------------------------------------------------------------------------------------


def test_a_candidate_that_is_added_is_registered_at_the_next_record_and_races_the_champion():
    learner, more = begun(gauge()), gauge(candidates=("no_change", "naive_bayes"))

    learner.adopt(more)
    effects = fold(learner, records(1, 30))

    assert [type(effect).__name__ for effect in effects] == ["ModelVersion", "ModelVersion", "Prediction"]
    assert builders.steps(effects) == [("0-2", "registered"), ("0-2", "on_trial")]
    registered = builders.versions(effects)[0]
    assert (registered.position, registered.candidate, registered.parent) == (30, "no_change", None)
    assert (registered.trigger, registered.reason) == ("added", "the gauge file names it from here on")
    assert {event.gauge_digest for event in builders.versions(effects)} == {more.digest}
    assert learner.leader == "0-1"
    assert builders.versions(fold(learner, records(50, 31))) == []  # a racer is not given up


def test_its_figures_begin_where_it_was_added_and_the_services_go_on():
    learner = begun(gauge())

    learner.adopt(gauge(candidates=("naive_bayes", "majority")))
    fold(learner, records(10, 30))

    board = learner.board
    assert board.served is not board.candidates["naive_bayes"]
    # Of the first event there is no answer.
    assert (board.served.n, board.candidates["naive_bayes"].n, board.candidates["majority"].n) == (39, 39, 9)
    assert board.served.figures() == board.candidates["naive_bayes"].figures()


def test_it_learns_the_labels_that_are_kept_for_new_versions_and_else_none():
    kept = begun(gauge(retraining='on_drift = false\nstart = "recent"\nrecent_labels = 7'))
    fresh = begun(gauge())

    kept.adopt(
        gauge(retraining='on_drift = false\nstart = "recent"\nrecent_labels = 7', candidates=("naive_bayes", "knn"))
    )
    fresh.adopt(gauge(candidates=("naive_bayes", "knn")))
    events = [builders.versions(fold(learner, records(1, 30))) for learner in (kept, fresh)]

    assert [[event.learned_labels for event in steps] for steps in events] == [[0, 0], [0, 0]]
    assert kept.panel.live[-1].learned_labels == 7 + 1
    assert (kept.panel.live[-1].learned_first, fresh.panel.live[-1].learned_first) == (23, 30)


def test_it_may_win_and_lead():
    learner = begun(gauge(candidates=("no_change",)))
    learner.adopt(gauge(candidates=("no_change", "naive_bayes")))

    steps = builders.steps(fold(learner, records(200, 30)))

    assert steps == [("0-2", "registered"), ("0-2", "on_trial"), ("0-1", "demoted"), ("0-2", "promoted")]


def test_added_before_the_first_record_it_is_as_if_it_had_always_been_declared():
    more = gauge(candidates=("naive_bayes", "no_change"))
    learner = Learner(gauge())

    learner.adopt(more)

    assert fold(learner, records(60)) == fold(Learner(more), records(60))
    assert figures(learner) == figures(begun(more, 60))


def test_two_adoptions_before_the_next_record_add_both_candidates_once():
    learner = begun(gauge())
    learner.adopt(gauge(candidates=("naive_bayes", "no_change")))
    learner.adopt(gauge(candidates=("naive_bayes", "no_change", "majority")))

    steps = builders.versions(fold(learner, records(3, 30)), VersionStep.REGISTERED)

    assert [(event.version, event.candidate) for event in steps] == [("0-2", "no_change"), ("0-3", "majority")]


# -- a metric ---------------------------------------------------------------------------------------------------------


def test_a_metric_that_can_be_counted_is_over_the_whole_life_and_another_begins_empty():
    learner, whole = begun(gauge()), begun(gauge('also = ["F1", "LogLoss"]'))

    learner.adopt(gauge('also = ["F1", "LogLoss"]'))
    served = learner.board.served
    at_once = (served.figures(), served.seen("F1"), served.seen("LogLoss"))
    fold(learner, records(10, 30))
    fold(whole, records(10, 30))

    assert at_once == ({**begun(gauge('also = ["F1"]')).board.served.figures(), "LogLoss": None}, 29, 0)
    assert {**served.figures(), "LogLoss": 0} == {**whole.board.served.figures(), "LogLoss": 0}
    assert (served.seen("Accuracy"), served.seen("F1"), served.seen("LogLoss")) == (39, 39, 10)
    assert served.figures()["LogLoss"] is not None
    assert served.window_figures() == whole.board.served.window_figures()
    assert list(served.figures()) == ["Accuracy", "F1", "LogLoss"]


def test_a_metric_with_parameters_is_added_like_any_other():
    learner = begun(gauge())
    changed = gauge('also = [{ use = "FBeta", beta = 2 }, { use = "ROCAUC", class = "good" }]')

    learner.adopt(changed)
    served = learner.board.served

    counted = begun(changed).board.served.figures()
    assert counted["FBeta(beta=2)"] is not None
    assert served.figures() == {**counted, "ROCAUC(class=good)": None}
    fold(learner, records(10, 30))
    assert (served.seen("FBeta(beta=2)"), served.seen("ROCAUC(class=good)")) == (39, 10)
    assert served.figures()["ROCAUC(class=good)"] is not None


def test_where_nothing_was_counted_a_metric_that_counts_begins_empty_too():
    learner = begun(gauge('metric = "LogLoss"'))

    learner.adopt(gauge('metric = "LogLoss"\nalso = ["Accuracy"]'))

    assert learner.board.served.figures()["Accuracy"] is None
    fold(learner, records(4, 30))
    learner.adopt(gauge('metric = "LogLoss"\nalso = ["Accuracy", "F1"]'))
    served = learner.board.served
    assert (served.seen("LogLoss"), served.seen("Accuracy"), served.seen("F1")) == (33, 4, 4)


def test_baselines_give_shares_from_there_on_and_their_older_answers_are_passed_over():
    made = gauge(candidates=("naive_bayes",))
    learner = begun(made)
    fold(learner, [builders.record(30, a=1.0)])  # its label comes after the change

    learner.adopt(gauge('also = ["LogLoss", "ROCAUC"]'))
    fold(learner, [builders.label(30, "bad"), *records(6, 31)])

    majority = learner.board.baselines["majority_class"]
    assert (majority.seen("Accuracy"), majority.seen("LogLoss")) == (36, 6)
    assert majority.figures()["LogLoss"] is not None
    assert majority.window_figures()["LogLoss"] == majority.figures()["LogLoss"]  # of its 20, 6 have shares
    assert majority.shown_window_figures()["LogLoss"] == pytest.approx(majority.figures()["LogLoss"])


def test_the_open_held_out_window_closes_without_it_and_the_next_has_it():
    text = "[evaluation]\nholdout = 0.5\nholdout_window = 10\n{also}\n[retraining]\non_drift = false"
    learner = Learner(builders.gauge(text.format(also="")))
    fold(learner, records(8))

    learner.adopt(builders.gauge(text.format(also='also = ["F1"]')))
    first, second, *_ = builders.reports(fold(learner, records(80, 8)))

    assert (first.window, "F1" in first.models["0-1"], first.models["0-1"]["labels"]) == (1, False, 10)
    assert (second.window, "F1" in second.models["0-1"]) == (2, True)


# -- drift ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ['quiet = ["concept"]', "cooldown_labels = 10_000"])
def test_whom_alarms_reach_holds_from_the_next_label_on(key: str):
    loose = 'false_alarms = "1 per 100 events"\ncolumns = { enabled = false }'
    learner = begun(gauge(drift=loose), 200)
    [opened, *_] = builders.alerts(fold(learner, records(40, 200, "bad")))

    learner.adopt(gauge(drift=f"{loose}\n{key}"))
    [*_, closed] = builders.alerts(fold(learner, records(3_000, 240, "good")))
    after = builders.alerts(fold(learner, records(300, 3_240, "bad")))

    assert [(opened.episode, opened.status), (closed.episode, closed.status)] == [("0-1", "opened"), ("0-1", "closed")]
    assert after == []
    assert learner.status().watched.opened["concept"] == (2 if "quiet" in key else 1)


def test_another_budget_holds_at_the_next_label_and_the_detector_keeps_what_it_has_seen():
    strict, loose = 'false_alarms = "1 per 10000000 events"', 'false_alarms = "1 per 100 events"'
    learner = begun(gauge(drift=strict), 200)
    turned = [*records(6, 200, "good"), *records(6, 206, "bad")]
    assert builders.alerts(fold(learner, turned)) == []
    detector = learner.monitors.by_name["error"]._watch._detectors[0]
    seen = detector.reference_count

    learner.adopt(gauge(drift=loose))
    [alert] = builders.alerts(fold(learner, records(1, 212, "good")))

    assert learner.monitors.by_name["error"]._watch._detectors[0] is detector
    assert (alert.status, alert.position, alert.first) == ("opened", 212, 1)
    assert seen == 211  # there was no error to see on the first event


def test_a_detector_that_stays_keeps_its_place_and_one_that_is_added_begins():
    one = 'detectors = [{ use = "drift.ADWIN", delta = 0.01 }, { use = "drift.ADWIN" }]'
    other = 'detectors = [{ use = "drift.ADWIN" }, { use = "drift.binary.DDM" }]'
    learner = begun(gauge(drift=one))
    _, _, plain = learner.monitors.by_name["error"]._watch._detectors

    learner.adopt(gauge(drift=other))

    found = learner.monitors.by_name["error"]._watch._detectors
    assert [detector.name for detector in found] == ["e-detector", "drift.ADWIN", "drift.binary.DDM"]
    assert found[1] is plain
    assert [detector.reference_count for detector in found] == [29, 29, 0]


def test_of_numbers_each_detector_keeps_its_own_reference():
    def made(drift: str) -> Gauge:
        return gauge(drift=drift, candidates=("mean",), task="regression")

    learner = begun(made('detectors = [{ use = "drift.ADWIN" }, { use = "drift.KSWIN" }]'), 0)
    fold(learner, [builders.record(k, a=1.0, y=float(k % 3)) for k in range(40)])
    first, _, third = learner.monitors.by_name["error"]._watch._references

    learner.adopt(made('detectors = [{ use = "drift.PageHinkley" }, { use = "drift.KSWIN" }]'))

    references = learner.monitors.by_name["error"]._watch._references
    assert [references[0], references[2]] == [first, third]
    assert references[1].mean == 0.0
    fold(learner, [builders.record(k, a=1.0, y=float(k % 3)) for k in range(40, 50)])


# -- the retraining policy --------------------------------------------------------------------------------------------


def test_the_policy_is_read_anew_and_what_was_counted_counts():
    learner = begun(gauge(retraining="every_labels = 100"))

    learner.adopt(gauge(retraining="every_labels = 35"))
    groups = builders.fold(learner, builders.decoded(learner.gauge, records(8, 30)))

    assert [bool(builders.versions(group)) for group in groups] == [False] * 4 + [True] + [False] * 3


def test_a_contest_that_is_on_keeps_what_it_began_with():
    long = "every_labels = 40\ncooldown_labels = 1000\nwarm_up_labels = 1000\npatience_labels = {}"
    learner = begun(gauge(retraining=long.format(30)), 45)

    learner.adopt(gauge(retraining=long.format(500)))
    [rejected] = builders.versions(fold(learner, records(60, 45)), VersionStep.REJECTED)

    assert (rejected.version, rejected.figures["contest_labels"]) == ("0-2", 30)


# -- at every cut -----------------------------------------------------------------------------------------------------

MORE = {"binary": ["logistic_regression"], "multiclass": ["majority"], "regression": ["no_change"]}
ALSO = {"binary": ["F1", "LogLoss"], "multiclass": ["MacroF1"], "regression": ["RMSE"]}


def more(made: Gauge) -> Gauge:
    """A gauge with something of everything that may be accepted."""
    content = made.model_dump()
    content["candidates"] += [{"name": "added", "recipe": name} for name in MORE[made.task]]
    content["evaluation"]["also"] = ALSO[made.task]
    content["drift"]["false_alarms"] = "1 per 5000 events"
    content["drift"]["detectors"] = [{"use": "drift.KSWIN"}, *content["drift"]["detectors"]]
    content["retraining"] |= {"every_labels": 30, "margin": 0.1, "patience_labels": 20}
    return Gauge.model_validate(content)


@settings(max_examples=20)
@given(panel=st.sampled_from(sorted(PANELS)), plan=strategies.plans(120), share=st.floats(0, 1))
def test_wherever_it_is_adopted_every_process_continues_alike(panel, plan, share):
    made = PANELS[panel]
    inputs = builders.decoded(made, strategies.stream(made, plan))
    cut = round(share * len(inputs))
    learner, twin = Learner(made), Learner(made)
    before = builders.fold(learner, inputs[:cut])
    builders.fold(twin, inputs[:cut])

    learner.adopt(more(made))
    restored = pickle.loads(pickle.dumps(learner))
    twin = pickle.loads(pickle.dumps(twin))
    twin.adopt(more(made))
    after = builders.fold(learner, inputs[cut:])

    assert builders.fold(restored, inputs[cut:]) == after
    assert builders.fold(twin, inputs[cut:]) == after
    assert restored.status() == twin.status() == learner.status()
    assert figures(restored) == figures(twin) == figures(learner)
    assert [p.y_pred for p in builders.predictions(builders.flat(before))] == [
        p.y_pred for p in builders.predictions(builders.flat(builders.fold(Learner(made), inputs[:cut])))
    ]


@pytest.mark.parametrize("panel", PANELS)
def test_the_same_gauge_file_changes_no_effect(panel):
    made = PANELS[panel]
    inputs = builders.decoded(made, strategies.stream(made, strategies.Plan(seed=4, events=150)))
    learner = Learner(made)

    effects = []
    for position, event in enumerate(inputs):
        if position % 40 == 7:
            learner.adopt(Gauge.model_validate(made.model_dump()))
        effects.append(learner.handle(event, position))

    assert effects == builders.fold(Learner(made), inputs)


@pytest.mark.parametrize("panel", PANELS)
def test_nothing_of_the_old_gauge_file_is_left_in_the_state(panel):
    made, changed = PANELS[panel], more(PANELS[panel])
    inputs = builders.decoded(made, strategies.stream(made, strategies.Plan(seed=5, events=150)))
    learner = Learner(made)
    builders.fold(learner, inputs[:90])

    learner.adopt(changed)

    dump(learner)  # which refuses a section that is not of the learner's own gauge
    builders.fold(learner, inputs[90:])
    dump(learner)


def test_versions_that_are_made_on_other_libraries_name_these():
    learner = begun(gauge())
    learner.runs_on({"river": "9"})
    learner.adopt(gauge(candidates=("naive_bayes", "no_change")))

    effects = fold(learner, records(1, 30))

    made = [effect for effect in effects if isinstance(effect, ModelVersion)]
    assert made
    assert all(event.libraries == {"river": "9"} for event in made)

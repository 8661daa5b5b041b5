"""The six laws of the core (DESIGN §2), as properties of any stream.

The gauges here are nervous on purpose: short horizons, a generous budget of false alarms, contests that end soon. So
short streams hold alarms, challengers, promotions, rejections, expired events and orphans; the first test sees to it.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.answer import NO_ANSWER
from models.candidates import recipes_for
from models.drift.columns.monitor import DETECTOR as COLUMNS
from models.evaluation.holdout import HeldOutShare
from models.learner import Learner
from models.rendering import Rendering
from models.retraining import panel as panels
from models.retraining.conduct import PATIENCE
from models.retraining.standing import Lives
from schemas.events import CommandReceived, EventReceived, Input, LabelledEvent, LabelReceived, Reason, Rejected
from schemas.gauge import Arrival, Gauge, Task
from schemas.records import AlertStatus, DriftAlert, Effect, Prediction, VersionStep
from schemas.status import Status
from tests import builders, strategies

ROOT = Path(__file__).parents[2]

NERVOUS = """
[label]
horizon_events = 20
early_horizon_events = 8
[evaluation]
window_events = 20
holdout = 0.15
holdout_window = 10
[drift]
false_alarms = "1 per 100 events"
detectors = [{ use = "drift.ADWIN", delta = 0.05, clock = 1 }]
[retraining]
every_labels = 45
on_metric = { below = 0.8 }
warm_up_labels = 5
patience_labels = 30
error_rate = 0.5
start = "recent"
recent_labels = 20
"""

SURE = (
    NERVOUS
    + """
[uncertainty]
cover = 0.8
[uncertainty.abstain]
novelty = 0.4
missing = 0.3
"""
)

ERRORS = SURE.replace("below = 0.8", "above = 3.0") + "width = 20.0"

STANDING = SURE.replace("every_labels = 45", "standing = true")

OPERATED = '[operators]\nallow = ["promote", "roll_back", "retrain", "pause"]\n'
APPROVED = '[operators]\nallow = ["approve"]\n'

PANELS = {
    "operated": builders.gauge(OPERATED + NERVOUS, candidates=["logistic_regression", "naive_bayes", "no_change"]),
    "operated_standing": builders.gauge(OPERATED + STANDING),
    "approved": builders.gauge(
        APPROVED + NERVOUS + 'approval = "always"\napproval_timeout_labels = 10\n',
        candidates=["no_change", "naive_bayes", "logistic_regression"],
    ),
    "approved_standing": builders.gauge(
        APPROVED
        + STANDING.replace("[uncertainty]", 'approval = "borderline"\napproval_timeout_labels = 10\n[uncertainty]')
    ),
    "standing": builders.gauge(STANDING),
    "standing_race": builders.gauge(STANDING, candidates=["logistic_regression", "naive_bayes"]),
    "standing_numbers": builders.gauge(
        ERRORS.replace("every_labels = 45", "standing = true"), task="regression", candidates=["linear_regression"]
    ),
    "one": builders.gauge(
        NERVOUS + '[slices.site]\n[fairness]\nprotected = ["site"]\ntolerance = 0.0\nerror_rate = 0.5'
    ),
    "with_event": builders.gauge(NERVOUS.replace("[label]", '[label]\narrival = "with_event"')),
    "fresh": builders.gauge(SURE.replace('"recent"', '"fresh"'), candidates=["logistic_regression", "no_change"]),
    "race": builders.gauge(
        SURE + "set_size = 2",
        task="multiclass",
        candidates=["hoeffding_adaptive_tree", "no_change", "naive_bayes", "knn"],
    ),
    "numbers": builders.gauge(
        ERRORS,
        task="regression",
        candidates=["mean", "linear_regression", "hoeffding_tree"],
    ),
    "forest": builders.gauge(
        NERVOUS,
        candidates=[{"recipe": "adaptive_random_forest", "params": {"n_models": 3}}, "passive_aggressive", "amf"],
    ),
    "log_loss": builders.gauge(
        NERVOUS.replace("[retraining]", '[retraining]\njudge = "log_loss"'), candidates=["naive_bayes", "majority"]
    ),
}


@pytest.fixture(autouse=True, scope="module")
def _short_lives():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(panels, "Lives", partial(Lives, 8, 32))
        yield


any_panel = st.sampled_from(sorted(PANELS))
few = settings(max_examples=15)
few_more = settings(few, max_examples=25)


class Case(NamedTuple):
    gauge: Gauge
    inputs: list[Input]


def case(panel: str, plan: strategies.Plan) -> Case:
    gauge = PANELS[panel]
    return Case(gauge, _commanded(gauge, builders.decoded(gauge, strategies.stream(gauge, plan)), plan))


def _commanded(gauge: Gauge, inputs: list[Input], plan: strategies.Plan) -> list[Input]:
    return strategies.commanded(gauge, inputs, plan.seed) if gauge.operators.allow else inputs


def folded(gauge: Gauge, inputs: list[Input]) -> list[list[Effect]]:
    return builders.fold(Learner(gauge), inputs)


def figures(learner: Learner) -> dict[str, Any]:
    """All prequential figures of a learner."""
    board = learner.board
    series = {**board.candidates, **board.baselines, "": board.served}
    return {name: (s.n, s.figures(), s.window_figures(), s.faded_error()) for name, s in series.items()}


def test_the_streams_hold_what_the_laws_are_about():
    seen: Counter[str] = Counter()
    for panel in PANELS:
        for seed in range(4):
            gauge, inputs = case(panel, strategies.Plan(seed=seed))
            learner = Learner(gauge)
            effects = builders.flat(builders.fold(learner, inputs))
            seen.update(type(event).__name__ for event in inputs)
            seen.update(str(alert.status) for alert in builders.alerts(effects))
            seen.update(str(event.step) for event in builders.versions(effects))
            seen.update(f"trigger {event.trigger}" for event in builders.versions(effects))
            seen.update(str(letter.reason) for letter in builders.dead_letters(effects))
            seen["reports"] += len(builders.reports(effects))
            seen["held out"] += sum(prediction.held_out for prediction in builders.predictions(effects))
            seen["expired"] += learner.labels.expired

    expected = {"LabelledEvent", "EventReceived", "LabelReceived", "Rejected", "reports", "held out", "expired"}
    expected |= {str(status) for status in AlertStatus} | {str(step) for step in VersionStep}
    expected -= {"rolled_back"}  # the way back is rarely taken
    expected |= {f"trigger {name}" for name in ("start", "drift", "metric", "labels", "operator")}
    expected |= {str(r) for r in (Reason.DUPLICATE_ID, Reason.DUPLICATE_LABEL, Reason.ORPHAN_LABEL, Reason.NOT_JSON)}
    expected |= {"CommandReceived", str(Reason.COMMAND_REFUSED)}
    assert {name for name in expected if seen[name] < 1} == set()


# -- 1: test, then train ----------------------------------------------------------------------------------------------


@few
@given(panel=any_panel, plan=strategies.plans(120), choice=st.randoms(use_true_random=False))
def test_a_label_changes_no_prediction_up_to_its_own(panel, plan, choice):
    gauge, inputs = case(panel, plan)
    labelled = [n for n, event in enumerate(inputs) if isinstance(event, LabelledEvent | LabelReceived)]
    if not labelled:
        return
    n = choice.choice(labelled)
    changed = list(inputs)
    changed[n] = inputs[n]._replace(y=_another_code(gauge, inputs[n].y))

    before, after = folded(gauge, inputs), folded(gauge, changed)

    assert before[:n] == after[:n]
    assert builders.predictions(before[n]) == builders.predictions(after[n])


@few_more
@given(panel=any_panel, plan=strategies.plans(120))
def test_what_a_label_is_scored_against_is_the_prediction_that_was_published_before_it_came(panel, plan):
    _late_and_scored(*case(panel, plan))


def test_late_labels_are_scored_in_every_gauge_where_they_may_come_late():
    for panel in set(PANELS) - {"with_event"}:
        assert _late_and_scored(*case(panel, strategies.Plan(seed=1))) > 20, panel


def _late_and_scored(gauge: Gauge, inputs: list[Input]) -> int:
    """How many late labels were scored; every label that enters the service's figures is compared."""
    learner, rendering = Learner(gauge), Rendering(gauge)
    published: dict[str, Prediction] = {}
    early: dict[str, Any] = {}
    scored = late = 0
    for position, event in enumerate(inputs):
        effects = learner.handle(event, position)
        published |= {prediction.id: prediction for prediction in builders.predictions(effects)}
        reasons = {letter.reason for letter in builders.dead_letters(effects)}
        if isinstance(event, LabelReceived) and Reason.DUPLICATE_LABEL not in reasons:
            early[event.id] = event.y
        if learner.board.served.n == scored:
            continue
        scored += 1
        late += isinstance(event, LabelReceived)
        assert not isinstance(event, Rejected)
        event_id = str(position) if event.id is None else event.id
        y, answer = learner.board.served._recent[-1]
        prediction = published[event_id]
        assert rendering.render(answer) == (prediction.y_pred, prediction.probabilities)
        assert y == (early[event_id] if isinstance(event, EventReceived) else event.y)
    return late


def _another_code(gauge: Gauge, y: Any) -> Any:
    if gauge.task is Task.REGRESSION:
        return -50.0 - y
    return (not y) if gauge.task is Task.BINARY else (y + 1) % len(gauge.classes)


# -- 2: state is a fold of the log ------------------------------------------------------------------------------------


@few
@given(panel=any_panel, plan=strategies.plans(), share=st.floats(0, 1))
def test_restored_at_any_cut_it_goes_on_as_if_never_stopped(panel, plan, share):
    gauge, inputs = case(panel, plan)
    cut = round(share * len(inputs))
    learner = Learner(gauge)
    never_stopped = builders.fold(learner, inputs)

    stopped = Learner(gauge)
    before = builders.fold(stopped, inputs[:cut])
    restored: Learner = pickle.loads(pickle.dumps(stopped, protocol=5))
    after = builders.fold(restored, inputs[cut:])

    assert before + after == never_stopped
    assert restored.status() == learner.status()
    assert figures(restored) == figures(learner)


GO_ON = """
import pickle, sys
resumed = [
    [learner.handle(event, position) for position, event in enumerate(inputs, start=learner.next_offset)]
    for learner, inputs in pickle.load(sys.stdin.buffer)
]
pickle.dump(resumed, sys.stdout.buffer)
"""


@pytest.mark.parametrize("hash_seed", ["1", "4021"])
def test_restored_in_another_process_it_goes_on_as_if_never_stopped(hash_seed):
    saved, never_stopped = [], []
    for seed, panel in enumerate(PANELS):
        gauge, inputs = case(panel, strategies.Plan(seed=seed, events=200, flips=(100,)))
        cut = 40 + 30 * (seed % 5)
        stopped = Learner(gauge)
        builders.fold(stopped, inputs[:cut])
        saved.append((stopped, inputs[cut:]))
        never_stopped.append(folded(gauge, inputs)[cut:])

    process = subprocess.run(
        [sys.executable, "-c", GO_ON],
        input=pickle.dumps(saved, protocol=5),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONHASHSEED": hash_seed},
    )

    assert pickle.loads(process.stdout) == never_stopped


# -- 3: seen is seen --------------------------------------------------------------------------------------------------


@few
@given(panel=any_panel, plan=strategies.plans(120), data=st.data())
def test_what_was_seen_has_no_effect_when_it_comes_again(panel, plan, data):
    gauge, inputs = case(panel, plan)
    once, again = Learner(gauge), Learner(gauge)
    cut = data.draw(st.integers(1, len(inputs)))
    first = builders.fold(once, inputs[:cut])
    assert builders.fold(again, inputs[:cut]) == first

    for position in data.draw(st.lists(st.integers(0, cut - 1), max_size=5)):
        event = data.draw(st.sampled_from(inputs))
        assert again.handle(event, position) == []

    assert again.status() == once.status()
    assert again.next_offset == cut
    assert builders.fold(again, inputs[cut:]) == builders.fold(once, inputs[cut:])


@few
@given(panel=any_panel, plan=strategies.plans(120), gaps=st.lists(st.integers(0, 1_000), min_size=1))
def test_gaps_between_positions_change_positions_only(panel, plan, gaps):
    gauge, inputs = case(panel, plan)
    places = [0]
    for n in range(len(inputs)):
        places.append(places[-1] + 1 + gaps[n % len(gaps)])
    learner = Learner(gauge)

    with_gaps = [learner.handle(event, place) for event, place in zip(inputs, places, strict=False)]

    moved = dict(enumerate(places))
    assert with_gaps == [[_moved(effect, moved) for effect in group] for group in folded(gauge, inputs)]
    assert learner.next_offset == (places[len(inputs) - 1] + 1 if inputs else 0)


def _moved(effect: Effect, places: dict[int, int]) -> Effect:
    names = ("position", "source", "first", "last", "learned_first", "learned_last")
    found = {name: getattr(effect, name, None) for name in names}
    moved = {name: places[value] for name, value in found.items() if value is not None}
    if hasattr(effect, "window"):  # a window begins where the next record may stand
        moved["first"] = places[effect.first - 1] + 1 if effect.first else 0
        moved["service"] = _figures_moved(effect.service, places)
    return effect._replace(**moved)


def _figures_moved(part: Any, places: dict[int, int]) -> Any:
    """What was measured of the service, with the positions in it moved, however deep they are."""
    if is_dataclass(part) and not isinstance(part, type):
        inner = {field.name: _figures_moved(getattr(part, field.name), places) for field in fields(part)}
        names = [name for name in ("position", "alarmed_at") if inner.get(name) is not None]
        return replace(part, **inner | {name: places[inner[name]] for name in names})
    if isinstance(part, dict):
        return {name: _figures_moved(value, places) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(_figures_moved(value, places) for value in part)
    return part


# -- 4: held-out is never learned -------------------------------------------------------------------------------------

# With this error rate no contest of so few events can end, so what a held-out event says has no way to matter.
ENDLESS = {
    panel: gauge.model_copy(
        update={
            "retraining": gauge.retraining.model_copy(
                update={"error_rate": 1e-300, "patience_labels": 10**6, "on_metric": None}
            )
        }
    )
    for panel, gauge in PANELS.items()
}


def _but_contests(status: Status) -> Status:
    """A status without what contests have come to: held-out events are judged in them, and learned by nobody."""
    return replace(status, versions=replace(status.versions, contests={}))


@few_more
@given(panel=any_panel, plan=strategies.plans(), of=st.sampled_from(["label", "features"]))
def test_what_a_held_out_event_says_changes_no_later_prediction_of_any_version(panel, plan, of):
    gauge = ENDLESS[panel]
    inputs = _commanded(gauge, builders.decoded(gauge, strategies.stream(gauge, plan)), plan)
    share = HeldOutShare(gauge.name, gauge.evaluation.holdout)
    changed = [_distorted(gauge, event, of) if _is_held_out(share, event) else event for event in inputs]
    one, other = Learner(gauge), Learner(gauge)

    effects, others = builders.flat(builders.fold(one, inputs)), builders.flat(builders.fold(other, changed))

    spared = [p for p in builders.predictions(others) if of == "label" or not p.held_out]
    assert spared == [p for p in builders.predictions(effects) if of == "label" or not p.held_out]
    assert builders.alerts(others) == builders.alerts(effects)
    assert builders.steps(others) == builders.steps(effects)
    assert figures(other) == figures(one)
    assert _but_contests(other.status()) == _but_contests(one.status())
    if not one.next_offset:
        return
    for version, twin in zip(one.panel.live, other.panel.live, strict=True):
        for x in ({"a": 0.3, "b": 4.0, "site": 2}, {"a": -1.0}):
            assert version.answer(x) == twin.answer(x)
        assert version.learned_labels == twin.learned_labels


def test_the_held_out_law_is_tried_on_racers_and_challengers():
    for panel, gauge in ENDLESS.items():
        if gauge.candidates[0].name == "no_change":
            continue  # it leads for ever here, and keeps no memory that could be begun anew
        inputs = builders.decoded(gauge, strategies.stream(gauge, strategies.Plan(seed=1)))
        learner = Learner(gauge)
        effects = builders.flat(builders.fold(learner, inputs))

        roles = learner.status().versions.roles.values()
        assert {"challenger", "fresh"} & {*roles}, panel
        assert len(learner.panel.live) == len(gauge.candidates) + 1
        assert sum(p.held_out for p in builders.predictions(effects)) > 10


@pytest.mark.parametrize("task", list(Task))
def test_no_recipe_keeps_anything_of_a_held_out_event(task):
    like = ENDLESS["numbers" if task is Task.REGRESSION else "one"]
    gauge = builders.gauge(task=task, candidates=list(recipes_for(task))).model_copy(
        update={"evaluation": like.evaluation, "retraining": like.retraining}
    )
    inputs = builders.decoded(gauge, strategies.stream(gauge, strategies.Plan(seed=2, events=120)))
    share = HeldOutShare(gauge.name, gauge.evaluation.holdout)
    one, other = Learner(gauge), Learner(gauge)

    builders.fold(one, inputs)
    builders.fold(other, [_distorted(gauge, e, "features") if _is_held_out(share, e) else e for e in inputs])

    assert figures(other) == figures(one)
    for version, twin in zip(one.panel.live, other.panel.live, strict=True):
        assert version.answer({"a": 0.3, "b": 4.0, "site": 2}) == twin.answer({"a": 0.3, "b": 4.0, "site": 2})


def _is_held_out(share: HeldOutShare, event: Input) -> bool:
    return not isinstance(event, Rejected | CommandReceived) and event.id is not None and share.has(event.id)


def _distorted(gauge: Gauge, event: Input, of: str) -> Input:
    if of == "label" and isinstance(event, LabelledEvent | LabelReceived):
        return event._replace(y=_another_code(gauge, event.y))
    if of == "features" and isinstance(event, LabelledEvent | EventReceived):
        return event._replace(x={"a": 1e9, "site": f"never met before {event.id}"})
    return event


# -- who waits for whom -----------------------------------------------------------------------------------------------


@few_more
@given(panel=any_panel, plan=strategies.plans())
def test_events_and_labels_wait_for_each_other_as_the_one_rule_of_their_arrival_says(panel, plan):
    gauge, inputs = case(panel, plan)
    learner = Learner(gauge)
    effects = builders.flat(builders.fold(learner, inputs))

    wanted = _as_the_rule_says(gauge, inputs)

    assert [prediction.position for prediction in builders.predictions(effects)] == wanted.answered
    found = [(letter.reason, letter.source) for letter in builders.dead_letters(effects)]
    assert [letter for letter in found if letter[0] in _OF_WAITING] == wanted.refused
    status = learner.status()
    counted = (status.labels, status.waiting.pending, status.waiting.early, status.waiting.expired)
    assert counted == (wanted.labels, wanted.pending, wanted.early, wanted.expired)
    assert status.coverage == (wanted.labels / len(wanted.answered) if wanted.answered else 0.0)
    if gauge.label.arrival is Arrival.WITH_EVENT:
        assert wanted.answered == [n for n, event in enumerate(inputs) if not isinstance(event, Rejected)]
        assert (wanted.refused, wanted.pending, wanted.early, wanted.expired) == ([], 0, 0, 0)


_OF_WAITING = (Reason.DUPLICATE_ID, Reason.DUPLICATE_LABEL, Reason.ORPHAN_LABEL)


class Waited(NamedTuple):
    answered: list[int]
    refused: list[tuple[Reason, int]]
    labels: int
    pending: int
    early: int
    expired: int


def _as_the_rule_says(gauge: Gauge, inputs: list[Input]) -> Waited:
    # docs/gauge-file.md, under [label], word by word.
    later = gauge.label.arrival is Arrival.LATER
    answered: list[int] = []
    refused: list[tuple[Reason, int]] = []
    events: dict[str, int] = {}
    labels: dict[str, tuple[int, int]] = {}
    clock = met = expired = 0
    for n, record in enumerate(inputs):
        name = None if isinstance(record, Rejected | CommandReceived) else record.id
        if name is None:
            continue
        if isinstance(record, LabelReceived):
            if name in labels:
                refused.append((Reason.DUPLICATE_LABEL, n))
                continue
            clock += 1
            if events.pop(name, None) is not None:
                met += 1
            else:
                labels[name] = clock, n
        elif later and name in events:
            refused.append((Reason.DUPLICATE_ID, n))
            continue
        else:
            clock += 1
            answered.append(n)
            if isinstance(record, LabelledEvent) or (later and labels.pop(name, None) is not None):
                met += 1
            elif later:
                events[name] = clock
        gone = [name for name, since in events.items() if clock - since >= gauge.label.horizon_events]
        expired += len(gone)
        events = {name: since for name, since in events.items() if name not in gone}
        orphans = [name for name, (since, _) in labels.items() if clock - since >= gauge.label.early_horizon_events]
        refused += [(Reason.ORPHAN_LABEL, labels.pop(name)[1]) for name in orphans]
    return Waited(answered, refused, met, len(events), len(labels), expired)


# -- 5: reject before you mutate --------------------------------------------------------------------------------------


@few_more
@given(panel=any_panel, plan=strategies.plans(120), data=st.data())
def test_a_record_that_cannot_be_read_changes_nothing_but_counts(panel, plan, data):
    # Every second position is left free, and bad records come in some of them.
    gauge, inputs = case(panel, plan)
    bad = data.draw(st.dictionaries(st.integers(0, len(inputs)), strategies.bad_records(), min_size=1))
    clean, mixed = Learner(gauge), Learner(gauge)
    refused: list[Effect] = []
    effects: list[tuple[list[Effect], list[Effect]]] = []
    for n, event in enumerate(inputs):
        if n in bad and n > 0:  # the first record opens the log, whatever it is
            refused += mixed.handle(builders.decoded(gauge, [bad[n]])[0], 2 * n - 1)
        effects.append((clean.handle(event, 2 * n), mixed.handle(event, 2 * n)))

    assert all(one == other for one, other in effects)
    count = sum(0 < n < len(inputs) for n in bad)
    assert len(builders.dead_letters(refused)) == len(refused) == count
    assert figures(mixed) == figures(clean)
    one, other = clean.status(), mixed.status()
    assert other.events == one.events + sum(not letter.of_label for letter in builders.dead_letters(refused))
    assert sum(other.dead_letters.values()) == sum(one.dead_letters.values()) + count
    assert replace(other, events=one.events, dead_letters=one.dead_letters) == one


RACE = builders.gauge(
    NERVOUS.replace("every_labels = 45", ""), candidates=["naive_bayes", "no_change", "logistic_regression"]
)
FAILURES = [
    ("predict_proba_one", builders.BrokenError("no")),
    ("predict_proba_one", builders.PanicException("rust")),
    ("predict_proba_one", {True: float("nan"), False: 0.5}),
    ("predict_proba_one", {True: float("inf"), False: 0.5}),
    ("predict_proba_one", {True: -0.2, False: 1.2}),
    ("predict_proba_one", {7: 1.0}),
    ("predict_proba_one", None),
    ("learn_one", builders.BrokenError("no")),
    ("learn_one", builders.PanicException("rust")),
]


@pytest.mark.parametrize(("method", "conduct"), FAILURES)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_model_that_keeps_failing_is_retired_and_the_next_best_leads(method, conduct, which):
    inputs = builders.decoded(RACE, strategies.stream(RACE, strategies.Plan(seed=3, flips=(), bad=0)))

    def runs(call: int) -> tuple[Learner, list[list[Effect]]]:
        learner = Learner(RACE)
        effects = [learner.handle(inputs[0], 0)]
        version = learner.panel.live[which]
        version.model = builders.Failing(version.model, method, call, conduct)
        return learner, effects + builders.fold(learner, inputs[1:])

    learner, groups = runs(40)
    effects = builders.flat(groups)

    failed = f"0-{which + 1}"
    retired = [e for e in builders.versions(effects, VersionStep.RETIRED) if "keeps failing" in e.reason]
    assert [event.version for event in retired] == [failed]
    assert retired[0].figures["failures"] == PATIENCE
    assert learner.status().versions.failures == PATIENCE
    assert failed not in {version.name for version in learner.panel.live}
    events = [n for n, event in enumerate(inputs) if isinstance(event, LabelledEvent | EventReceived)]
    duplicates = {letter.source for letter in builders.dead_letters(effects) if letter.reason is Reason.DUPLICATE_ID}
    assert [p.position for p in builders.predictions(effects)] == [n for n in events if n not in duplicates]
    late = [p for p in builders.predictions(effects) if p.position > retired[0].position]
    assert late
    assert failed not in {p.version for p in late}
    assert runs(40)[1] == groups


def test_the_champion_that_keeps_failing_is_followed_by_the_one_with_the_least_faded_loss():
    inputs = builders.decoded(
        RACE, strategies.stream(RACE, strategies.Plan(seed=3, flips=(), late=0, early=0, odd=0, bad=0))
    )
    learner = Learner(RACE)
    builders.fold(learner, inputs[:60])
    champion = learner.panel.champion
    champion.conduct.unanswered = PATIENCE - 1
    heirs = {version.name: version.faded_loss.get() for version in learner.panel.live if version is not champion}
    champion.model = builders.Failing(champion.model, "predict_proba_one", 0, builders.BrokenError("no"))

    effects = learner.handle(inputs[60], 60)

    heir = min(heirs, key=heirs.__getitem__)
    assert builders.steps(effects)[:2] == [(champion.name, "retired"), (heir, "promoted")]
    assert isinstance(effects[2], Prediction)
    assert effects[2].version == heir


ALONE = builders.gauge("[evaluation]\nholdout = 0\n[retraining]\nevery_labels = 60")
WHOLE = builders.decoded(
    ALONE, [builders.record(n, a=n % 7 - 3.0, y="bad" if n % 7 > 3 else "good") for n in range(300)]
)


@pytest.mark.parametrize(("method", "conduct"), FAILURES)
def test_one_failure_of_the_only_model_costs_that_event_and_nothing_else(method, conduct):
    def folded(failing: frozenset[int]) -> tuple[Learner, list[Effect]]:
        learner = Learner(ALONE)
        effects = learner.handle(WHOLE[0], 0)
        version = learner.panel.champion
        version.model = Sometimes(version.model, method, failing, conduct)
        return learner, effects + builders.flat(builders.fold(learner, WHOLE[1:50]))

    learner, effects = folded(frozenset({30}))
    well, others = folded(frozenset())

    nothing = [p.position for p in builders.predictions(effects) if p.y_pred is None]
    assert nothing == ([0] if method == "learn_one" else [0, 31])
    assert builders.versions(effects) == builders.versions(others)
    assert learner.panel.champion.name == "0-1"
    assert learner.board.served.n == well.board.served.n - (len(nothing) - 1)
    failing = learner.status().versions.failing["0-1"]
    assert (failing.candidate, failing.failures) == ("naive_bayes", 1)


class Sometimes(builders.Failing):
    """Fails on some calls only."""

    def __init__(self, model: Any, method: str, calls: frozenset[int], conduct: Any) -> None:
        super().__init__(model, method, 0, conduct)
        self.calls, self.n = calls, -1

    def _call(self, method: str, *args: Any) -> Any:
        if method == self.method:
            self.n += 1
        self.left = 1 if method != self.method or self.n not in self.calls else 0
        return super()._call(method, *args)


def test_a_model_that_has_learned_nothing_may_have_nothing_to_say():
    learner = Learner(ALONE)
    learner.panel.open(builders.turn())
    learner.panel.champion.model = builders.Failing(None, "predict_proba_one", 0, {True: float("nan")})

    for n in range(3 * PATIENCE):
        turn = builders.turn(n)
        assert learner.panel.ask({}, turn)["0-1"] is NO_ANSWER
        assert turn.effects == []

    assert learner.status().versions.failures == 0


@pytest.mark.parametrize("method", ["predict_proba_one", "learn_one"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("holdout", [0, 0.3])
def test_when_the_last_model_keeps_failing_a_baseline_stands_in_until_a_challenger_wins(task, method, holdout):
    candidate = {"binary": "naive_bayes", "multiclass": "naive_bayes", "regression": "hoeffding_tree"}[task]
    asks = "predict_one" if task == "regression" and method == "predict_proba_one" else method
    evaluation = f"[evaluation]\nholdout = {holdout}\nholdout_window = 20\n"
    retraining = "[retraining]\nevery_labels = 110\nwarm_up_labels = 10"
    gauge = builders.gauge(evaluation + retraining, task=task, candidates=[candidate])
    inputs = builders.decoded(gauge, [builders.record(n, a=n % 7 - 3.0, y=_label_of(gauge, n)) for n in range(1500)])

    def folded(cuts: frozenset[int] = frozenset()) -> tuple[Learner, list[Effect]]:
        learner = Learner(gauge)
        effects = learner.handle(inputs[0], 0)
        version = learner.panel.champion
        version.model = builders.Failing(version.model, asks, 50, builders.BrokenError("no"))
        for n, event in enumerate(inputs[1:], start=1):
            if n in cuts:
                learner = pickle.loads(pickle.dumps(learner))
            effects += learner.handle(event, n)
        return learner, effects

    learner, effects = folded()

    assert [p.position for p in builders.predictions(effects)] == list(range(1500))
    opened, closed = (alert for alert in builders.alerts(effects) if alert.drift == "models")
    assert (opened.status, opened.severity, opened.statistic, opened.threshold) == ("opened", "critical", 20.0, 20.0)
    assert (closed.status, opened.episode, closed.episode) == ("closed", "0-models-1", "0-models-1")
    assert opened.first < opened.last == opened.position
    steps = [step for step in builders.steps(effects) if step[1] != "on_trial"]
    assert steps[:3] == [("0-1", "registered"), ("0-1", "promoted"), ("0-1", "retired")]
    assert steps[3:5] == [("0-2", "registered"), ("0-2", "promoted")]
    assert ("0-2", "retired") in steps
    assert learner.panel.champion.candidate == candidate
    leading = learner.status().versions.champion
    assert leading is not None
    assert leading.candidate == candidate
    assert folded(frozenset(range(60, 1500, 97)))[1] == effects
    meanwhile = [p for p in builders.predictions(effects) if opened.position <= p.position < closed.position]
    assert {p.version for p in meanwhile[1:]} == {"0-2"}
    assert None not in {p.y_pred for p in meanwhile[1:]}
    assert learner.board.served.n > learner.board.candidates[candidate].n


def _label_of(gauge: Gauge, n: int) -> Any:
    if gauge.task is Task.REGRESSION:
        return float(n % 7 * 100)
    return gauge.classes[n % 7 > 3]


@pytest.mark.parametrize("conduct", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
@pytest.mark.parametrize("method", ["predict_proba_one", "learn_one"])
def test_a_model_that_wants_the_process_to_end_has_failed(method, conduct):
    learner, _ = builders.run(ALONE, [builders.record(1, a=1.0, y="bad")])
    learner.panel.champion.model = builders.Failing(learner.panel.champion.model, method, 0, conduct)

    builders.fold(learner, builders.decoded(ALONE, [builders.record(2, a=1.0, y="bad")]))

    assert learner.panel.failing["0-1"].last == type(conduct).__name__


class Interrupted(builders.Failing):
    """A model that runs while somebody presses Ctrl-C."""

    def _call(self, method: str, *args: Any) -> Any:
        if method == self.method:
            signal.raise_signal(signal.SIGINT)
        return super()._call(method, *args)


@pytest.mark.parametrize("method", ["predict_proba_one", "learn_one"])
def test_an_interrupt_from_the_keyboard_passes_through(method):
    learner, _ = builders.run(ALONE, [builders.record(1, a=1.0, y="bad")])
    learner.panel.champion.model = Interrupted(learner.panel.champion.model, method, 9, None)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it

    try:
        with pytest.raises(KeyboardInterrupt):
            builders.fold(learner, builders.decoded(ALONE, [builders.record(2, a=1.0, y="bad")]))
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("method", ["predict_proba_one", "learn_one"])
def test_want_of_memory_is_no_fault_of_a_model(method):
    learner, _ = builders.run(ALONE, [builders.record(1, a=1.0, y="bad")])
    learner.panel.champion.model = builders.Failing(learner.panel.champion.model, method, 0, MemoryError())

    with pytest.raises(MemoryError):
        builders.fold(learner, builders.decoded(ALONE, [builders.record(2, a=1.0, y="bad")]))


def test_a_defect_of_our_own_passes_through():
    learner, _ = builders.run(builders.gauge("[evaluation]\nholdout = 0"), [builders.record(1, a=1.0, y="bad")])
    del learner.board._baselines

    with pytest.raises(AttributeError):
        builders.fold(learner, builders.decoded(learner.gauge, [builders.record(2, a=1.0, y="bad")]))


# -- 6: no clock ------------------------------------------------------------------------------------------------------


@few
@given(panel=any_panel, plan=strategies.plans(120), hours=st.integers(-1_000, 1_000), turn=st.booleans())
def test_event_time_decides_nothing_but_the_days_of_a_chance_and_what_the_watch_on_columns_sees(
    panel, plan, hours, turn
):
    # No gauge here asks for a schedule. What remains is what is answered, learned, measured, promoted and alarmed.
    gauge, inputs = case(panel, plan)
    shift = timedelta(hours=hours)
    sign = -1 if turn else 1  # time may even run backwards

    def moved(event: Any) -> Any:
        return (
            event
            if getattr(event, "time", None) is None
            else event._replace(time=epoch + sign * (event.time - epoch) + shift)
        )

    epoch = next((event.time for event in inputs if getattr(event, "time", None) is not None), None)

    one, other = folded(gauge, inputs), folded(gauge, [moved(event) for event in inputs])

    assert timeless(other) == timeless([[moved(effect) for effect in group] for group in one])


def timeless(effects: list[list[Effect]]) -> list[list[Effect]]:
    """All effects but alerts of columns, whose blocks and traffic follow event time; of the others' chance no days."""
    return [
        [
            effect._replace(chance=replace(effect.chance, days=None))
            if isinstance(effect, DriftAlert) and effect.chance is not None
            else effect
            for effect in group
            if not (isinstance(effect, DriftAlert) and effect.detector == COLUMNS)
        ]
        for group in effects
    ]

"""Groups measured apart in a learner: equal to pandas, never held-out, followed through changes of the gauge file."""

from __future__ import annotations

import pickle
import random
from typing import Any

import pandas as pd
import pytest
from sklearn import metrics as sk

from models.learner import Learner
from schemas.evaluated import Flag, GroupFigures
from schemas.gauge import Gauge
from schemas.records import Prediction
from tests import builders

SLICES = """
[slices.zone]
[slices.age]
bins = [30, 50]
[slices.site]
values = ["n", "s"]
[slices.both]
of = ["zone", "age"]
"""
ZONES, SITES = ["red", "green", "blue"], ["n", "s", "w"]


def rows(n: int = 600, task: str = "binary") -> list[dict[str, Any]]:
    """Rows whose zone "red" nobody can predict; some lack an attribute."""
    rng = random.Random(4)
    found = []
    for at in range(n):
        a, zone = rng.gauss(0, 1), rng.choice(ZONES)
        value = rng.gauss(0, 1) if zone == "red" else a
        y: Any = {"binary": "bad" if value > 0 else "good", "regression": 3 * value}.get(
            task, "low" if value < -0.5 else "middle" if value < 0.5 else "high"
        )
        row = {"id": str(at), "a": a, "zone": zone, "age": rng.randrange(20, 70), "site": rng.choice(SITES), "y": y}
        found.append({key: value for key, value in row.items() if key != "age" or rng.random() < 0.9})
    return found


def gauge(text: str = SLICES, metric: str = "Accuracy", task: str = "binary") -> Gauge:
    evaluation = f"[evaluation]\nholdout = 0.1\nmetric = {metric if metric[0] == '{' else repr(metric)}\n"
    candidate = "linear_regression" if task == "regression" else "naive_bayes"
    return builders.gauge(evaluation + text, task=task, candidates=[candidate])


def run(made: Gauge, data: list[dict[str, Any]]) -> tuple[Learner, list[Prediction]]:
    learner, effects = builders.run(made, [builders.record(**row) for row in data])
    learner.check()
    return learner, builders.predictions(effects)


def slices(learner: Learner) -> dict[str, dict[str, GroupFigures]]:
    found = learner.status().evaluated.slices
    assert found is not None
    return {name: {group.group: group for group in groups} for name, groups in found.items()}


def frame(data: list[dict[str, Any]], answers: list[Prediction]) -> pd.DataFrame:
    """Rows that are not held out with their answers and groups, as somebody would make it from the files."""
    table = pd.DataFrame(data).merge(
        pd.DataFrame([{"id": one.id, "y_pred": one.y_pred, "held_out": one.held_out, **_p(one)} for one in answers])
    )
    labels = ["below 30", "30 to 50", "from 50"]
    table["age"] = pd.cut(table["age"], [0, 30, 50, 99], right=False, labels=labels).astype(object).fillna("missing")
    table["site"] = table["site"].where(table["site"].isin(["n", "s"]), "other")
    table["both"] = table["zone"] + " & " + table["age"]
    return table[~table["held_out"] & table["y_pred"].notna()]


def _p(one: Prediction) -> dict[str, float]:
    return {} if one.probabilities is None else {"p": one.probabilities.get("bad", 0.0)}


ORACLES: list[tuple[str, str, Any]] = [
    ("binary", "Accuracy", lambda t: sk.accuracy_score(t["y"], t["y_pred"])),
    ("binary", "F1", lambda t: sk.f1_score(t["y"], t["y_pred"], pos_label="bad")),
    ("binary", "Recall", lambda t: sk.recall_score(t["y"], t["y_pred"], pos_label="bad")),
    ("binary", "LogLoss", lambda t: sk.log_loss(t["y"] == "bad", t["p"].clip(1e-15, 1 - 1e-15), labels=[False, True])),
    ("binary", '{ use = "FBeta", beta = 2 }', lambda t: sk.fbeta_score(t["y"], t["y_pred"], beta=2, pos_label="bad")),
    ("multiclass", "CohenKappa", lambda t: sk.cohen_kappa_score(t["y"], t["y_pred"])),
    ("regression", "MAE", lambda t: sk.mean_absolute_error(t["y"], t["y_pred"])),
    ("regression", "RMSE", lambda t: sk.root_mean_squared_error(t["y"], t["y_pred"])),
]


@pytest.mark.parametrize(("task", "metric", "oracle"), ORACLES, ids=[metric for _, metric, _ in ORACLES])
def test_every_group_s_figure_is_that_of_scikit_learn_over_its_rows(task, metric, oracle):
    data = rows(task=task)
    learner, answers = run(gauge(metric=metric, task=task), data)
    table = frame(data, answers)

    found = slices(learner)

    assert list(found) == ["zone", "age", "site", "both"]
    for name, groups in found.items():
        expected = {group: (len(part), oracle(part)) for group, part in table.groupby(name)}
        assert {group: one.figure.n for group, one in groups.items()} == {g: n for g, (n, _) in expected.items()}
        for group, one in groups.items():
            assert one.figure.value == pytest.approx(expected[group][1], abs=1e-9)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_group_that_nobody_can_predict_is_flagged_and_no_harmless_slice_is(task):
    learner, _ = run(gauge(metric={"regression": "MAE"}.get(task, "Accuracy"), task=task), rows(2_000, task))

    found = slices(learner)
    red = found["zone"]["red"]

    assert red.flag is Flag.WORSE
    assert red.gap is not None
    assert red.figure.low is not None
    assert {group: one.flag for group, one in {**found["age"], **found["site"]}.items() if one.flag is not None} == {}
    means = {group: one.figure.value or 0.0 for group, one in found["zone"].items()}
    rest = (means["green"] + means["blue"]) / 2
    unlike = means["red"] - rest if task == "regression" else rest - means["red"]
    assert red.gap == pytest.approx(unlike, rel=0.25)


def test_late_labels_count_in_the_group_of_their_event():
    data = rows(300)
    events = [builders.record(**{key: value for key, value in row.items() if key != "y"}) for row in data]
    labels = [builders.label(row["id"], row["y"]) for row in reversed(data)]
    learner, effects = builders.run(gauge(), [*events, *labels])
    table = frame(data, builders.predictions(effects))

    assert {g: one.figure.n for g, one in slices(learner)["both"].items()} == table.groupby("both").size().to_dict()


def test_without_slices_nothing_is_measured():
    learner, _ = run(gauge(""), rows(50))

    assert learner.status().evaluated.slices is None


def test_a_slice_that_is_added_begins_there_and_the_others_continue():
    data = rows(200)
    learner, _ = run(gauge("[slices.zone]\n"), data[:100])
    before = slices(learner)["zone"]

    learner.adopt(gauge("[slices.site]\n[slices.zone]\n"))
    builders.fold(learner, builders.decoded(learner.gauge, [builders.record(**row) for row in data[100:]]))
    after = slices(learner)

    held_out = sum(learner.scoring._share.has(row["id"]) for row in data[100:])
    assert list(after) == ["site", "zone"]
    assert sum(one.figure.n for one in after["site"].values()) == 100 - held_out
    assert sum(one.figure.n for one in after["zone"].values()) == 100 - held_out + sum(
        one.figure.n for one in before.values()
    )
    learner.check()


def test_a_slice_that_is_changed_begins_anew_and_one_that_is_taken_out_ends():
    learner, _ = run(gauge("[slices.zone]\n[slices.site]\n"), rows(100))

    learner.adopt(gauge("[slices.zone]\nprivate = true\n"))

    assert slices(learner) == {"zone": {}}


@pytest.mark.parametrize("cut", [1, 250, 513])
def test_a_restored_learner_finds_the_same_to_the_last_digit(cut):
    made = gauge(SLICES.replace("[slices.zone]", "[slices.zone]\nprivate = true"))
    inputs = builders.decoded(made, [builders.record(**row) for row in rows(700)])
    whole, cut_short = Learner(made), Learner(made)
    expected = builders.flat(builders.fold(whole, inputs))

    before = builders.flat(builders.fold(cut_short, inputs[:cut]))
    cut_short.status()
    restored = pickle.loads(pickle.dumps(cut_short))
    after = builders.flat(builders.fold(restored, inputs[cut:]))

    assert [one.body() for one in (*before, *after)] == [one.body() for one in expected]
    assert slices(restored) == slices(whole)

"""The wanted recall and precision are reached on real streams, by the labels that were served."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from models.decision.wanted import Wanted
from models.learner import Learner
from schemas.events import Input, LabelledEvent
from schemas.gauge import class_name, parse
from schemas.records import Prediction

pytestmark = pytest.mark.slow

TOLERANCE = 0.03

ADULT = """
name = "adult"
task = "binary"
label = { field = "class", positive = ">50K", negative = "<=50K" }
candidates = ["logistic_regression"]
evaluation.holdout = 0.05
[features]
age = "number"
education-num = "number"
capital-gain = "number"
capital-loss = "number"
hours-per-week = "number"
workclass = { type = "category", optional = true }
marital-status = "category"
occupation = { type = "category", optional = true }
relationship = "category"
"""
FRAUD = """
name = "fraud"
task = "binary"
label = { field = "TX_FRAUD", positive = 1, negative = 0 }
candidates = ["logistic_regression"]
evaluation.holdout = 0.05
[features]
amount = "number"
weekend = "number"
night = "number"
"""
CALM = "\n[drift]\nenabled = false\n[retraining]\non_drift = false\n[decision]\n"


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def adult(data_dir: Path) -> Iterator[Input]:
    numbers = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")
    categories = ("workclass", "marital-status", "occupation", "relationship")
    for row in rows(data_dir / "adult.csv.gz"):
        x = {name: float(row[name]) for name in numbers} | {name: row[name] for name in categories if row[name]}
        yield LabelledEvent(None, None, None, x, row["class"] == ">50K", b"")


def fraud(data_dir: Path) -> Iterator[Input]:
    for row in rows(data_dir / "fraud_tx.csv.gz"):
        at = datetime.fromisoformat(row["TX_DATETIME"])
        x = {"amount": float(row["TX_AMOUNT"]), "weekend": float(at.weekday() >= 5), "night": float(at.hour <= 6)}
        yield LabelledEvent(None, None, None, x, row["TX_FRAUD"] == "1", b"")


def counted(learner: Learner, events: Iterator[Input], n: int) -> tuple[float, float, list[tuple[bool, float]]]:
    """Recall and precision of the labels that were served after the first fifth; label and score of every event."""
    hits = served = positives = 0
    scores = []
    positive, name = learner.gauge.classes[1], class_name(learner.gauge.classes[1])
    for position, event in enumerate(events):
        [prediction] = [one for one in learner.handle(event, position) if isinstance(one, Prediction)]
        if prediction.held_out or not prediction.probabilities:
            continue
        scores.append((event.y, prediction.probabilities[name]))
        if position >= n // 5:
            hits += event.y and prediction.y_pred == positive
            served += prediction.y_pred == positive
            positives += event.y
    return hits / positives, hits / served, scores


@pytest.mark.parametrize(("wish", "wanted"), [("recall", 0.9), ("precision", 0.7)])
def test_what_is_wanted_is_reached_on_adult(wish, wanted, data_dir):
    learner = Learner(parse(ADULT + CALM + f"{wish} = {wanted}"))

    recall, precision, _ = counted(learner, adult(data_dir), 48_842)

    assert (recall if wish == "recall" else precision) == pytest.approx(wanted, abs=TOLERANCE)
    assert learner.panel.champion.rule.reached == pytest.approx(wanted, abs=TOLERANCE)


def test_what_is_wanted_is_reached_on_frauds_of_which_there_are_few(data_dir):
    learner = Learner(parse(FRAUD + CALM + "recall = 0.8"))

    recall, _, scores = counted(learner, fraud(data_dir), 584_471)

    assert recall == pytest.approx(0.8, abs=TOLERANCE)
    assert learner.panel.champion.rule.threshold < 0.01
    rule, hits, served = Wanted(precision=0.7, recall=None), 0, 0
    for n, (y, p) in enumerate(scores):
        if n >= len(scores) // 5 and rule.label({True: p}):
            hits += y
            served += 1
        rule.learn(y, {True: p})
    assert 0.7 - TOLERANCE < hits / served < 0.8

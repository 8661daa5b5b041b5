"""Cross entropy, Brier score and calibration error of any answers, against scikit-learn and definitions."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path

import numpy as np
import pytest
from river import metrics as rivers
from sklearn import metrics as sk

from models.answer import Answer
from models.evaluation.metrics.alike import figure_of
from models.evaluation.metrics.metric_set import MetricSet, Shown
from models.evaluation.metrics.probability_metrics import CalibrationError, CrossEntropy
from models.evaluation.verdict.baselines import LastLabel, MajorityClass
from schemas.gauge import Task
from tests import builders

LEAST = 1e-15
"""Scikit-learn's own bound is that of the type of number, 2.2e-16."""


@pytest.mark.parametrize("baseline", [LastLabel("no_change"), MajorityClass()], ids=lambda one: one.name)
def test_a_baselines_cross_entropy_on_a_real_stream_is_scikit_learns_of_its_answers(baseline, data_dir: Path):
    scores = MetricSet(Shown.of(builders.gauge('[evaluation]\nmetric = "CrossEntropy"', task=Task.MULTICLASS)))
    with gzip.open(data_dir / "insects_abrupt.csv.gz", "rt", encoding="utf-8", newline="") as file:
        species = [int(row["species"]) for row in csv.DictReader(file)][:20_000]
    labels, shares = [], []
    for y in species:
        answer = baseline.answer()
        if answer.y_pred is not None:
            scores.update(y, answer)
            labels.append(y)
            shares.append([answer.probabilities.get(code, 0.0) for code in range(6)])
        baseline.learn(y)

    bounded = np.clip(shares, LEAST, 1 - LEAST)
    assert scores.leading() == pytest.approx(sk.log_loss(labels, bounded, labels=range(6)), abs=1e-9)
    if baseline.name == "no_change":
        right = sk.accuracy_score(species[1:], species[:-1])
        assert scores.leading() == pytest.approx((1 - right) * -np.log(LEAST), abs=1e-9)
        assert scores.leading() > 20


def answers(classes: int, count: int = 400) -> tuple[list[int], list[list[float]]]:
    rng = random.Random(classes)
    shares = [[rng.random() ** 3 for _ in range(classes)] for _ in range(count)]
    shares = [[share / sum(row) for share in row] for row in shares]
    return [rng.randrange(classes) for _ in range(count)], shares


def test_of_several_classes_the_figures_are_scikit_learns():
    labels, shares = answers(4)
    given = [(y, Answer(row.index(max(row)), dict(enumerate(row)))) for y, row in zip(labels, shares, strict=True)]

    assert figure_of("CrossEntropy", Task.MULTICLASS, given) == pytest.approx(sk.log_loss(labels, shares), abs=1e-12)
    brier = sk.brier_score_loss(labels, np.array(shares), labels=range(4), scale_by_half=False)
    assert figure_of("BrierScore", Task.MULTICLASS, given) == pytest.approx(brier, abs=1e-12)


def test_of_two_classes_the_figures_are_scikit_learns():
    labels, shares = answers(2)
    given = [(y == 1, Answer(p > 0.5, {False: 1 - p, True: p})) for y, (_, p) in zip(labels, shares, strict=True)]
    positive = [row[1] for row in shares]

    for name in ("CrossEntropy", "LogLoss"):
        assert figure_of(name, Task.BINARY, given) == pytest.approx(sk.log_loss(labels, positive), abs=1e-12)
    assert figure_of("BrierScore", Task.BINARY, given) == pytest.approx(
        sk.brier_score_loss(labels, positive), abs=1e-12
    )


def test_a_class_that_an_answer_does_not_name_had_no_chance():
    sure = {0: 1.0}
    ours, river = CrossEntropy(), rivers.CrossEntropy()
    for metric in (ours, river):
        metric.update(0, sure)
        metric.update(1, sure)

    assert ours.get() == pytest.approx(-np.log(LEAST) / 2)
    assert river.get() == pytest.approx(0, abs=1e-14)  # what is mended
    assert figure_of("BrierScore", Task.MULTICLASS, [(1, Answer(0, sure))]) == 2.0
    assert figure_of("LogLoss", Task.BINARY, [(True, Answer(False, {False: 1.0}))]) == pytest.approx(-np.log(LEAST))


@pytest.mark.parametrize("bins", [5, 10, 20])
def test_the_calibration_error_is_that_of_bins_of_equal_width(bins):
    labels, shares = answers(2, 2_000)
    positive = np.array([row[1] for row in shares])
    name = f'{{ use = "ExpectedCalibrationError", bins = {bins} }}'
    scores = MetricSet(Shown.of(builders.gauge(f"[evaluation]\nmetric = {name}")))
    for y, p in zip(labels, positive, strict=True):
        scores.update(y == 1, Answer(bool(p > 0.5), {False: 1 - p, True: p}))

    at = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], positive)
    gaps = [abs(np.sum(positive[at == b] - np.array(labels)[at == b])) for b in range(bins)]

    assert scores.leading() == pytest.approx(sum(gaps) / 2_000, abs=1e-12)


def test_of_several_classes_the_calibration_error_is_that_of_the_most_probable_class():
    metric = CalibrationError()
    metric.update(0, {0: 0.55, 1: 0.45})
    metric.update(1, {0: 0.58, 1: 0.42})
    metric.update(2, {0: 0.05, 1: 0.05, 2: 0.9})

    assert metric.get() == pytest.approx((abs(0.55 + 0.58 - 1) + abs(0.9 - 1)) / 3)

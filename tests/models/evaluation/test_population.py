"""One metric over one population: River's own figure, and the interval that belongs to it."""

from __future__ import annotations

import math
import random

import pytest

from models.answer import Answer
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.metrics.defined import figure
from models.evaluation.metrics.forms import form_of
from models.evaluation.metrics.metrics import METRICS, make_metric, wants_probabilities
from models.evaluation.population import population_of
from models.evaluation.verdict.lead import Lead
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.gauge import Task
from tests import builders

NONE_KNOWN = {
    "ExpectedCalibrationError",
    *("AdjustedMutualInfo", "AdjustedRand", "Completeness", "FowlkesMallows", "Homogeneity", "MutualInfo"),
    *("NormalizedMutualInfo", "Rand", "RollingPRAUC", "RollingROCAUC", "VBeta", "R2"),
}
"""Metrics without an interval, and the figure says so."""


def answers(task: Task, n: int = 600) -> list[tuple[Label, Answer]]:
    rng = random.Random(n)
    made: list[tuple[Label, Answer]] = []
    for _ in range(n):
        if task is Task.REGRESSION:
            y = rng.uniform(1, 50)
            made.append((y, Answer(y + rng.gauss(0, 5), None)))
            continue
        classes: tuple[Label, ...] = (False, True) if task is Task.BINARY else (0, 1, 2)
        y = rng.choice(classes)
        shares = [rng.random() + 0.5 * (y == other) for other in classes]
        probabilities = {other: share / sum(shares) for other, share in zip(classes, shares, strict=True)}
        made.append((y, Answer(max(probabilities, key=probabilities.__getitem__), probabilities)))
    return made


CASES = [(task, name) for task, names in METRICS.items() for name in names]


@pytest.mark.parametrize(("task", "name"), CASES)
def test_the_value_is_rivers_and_the_interval_holds_it(task: Task, name: str):
    population, metric = population_of(name, task), make_metric(name, task)
    for y, answer in answers(task):
        population.extend([(y, answer)])
        metric.update(y, answer.probabilities if wants_probabilities(name, task) else answer.y_pred)

    found = population.figure()
    assert (found.value, found.n) == (figure(metric), 600)
    if name in NONE_KNOWN:
        assert (found.low, found.missing is None) == (None, False)
        return
    assert found.missing is None
    always = population.figure(any_time=True)
    assert always.low < found.low < found.value < found.high < always.high
    assert always.high - always.low < 3 * (found.high - found.low)


@pytest.mark.parametrize(("task", "name"), [case for case in CASES if form_of(make_metric(case[1], case[0]))])
def test_a_metric_that_is_a_mean_has_the_means_interval_in_its_own_units(task: Task, name: str):
    form = form_of(make_metric(name, task))
    assert form is not None
    population, mean = population_of(name, task), DependentMean()
    for y, answer in answers(task):
        population.extend([(y, answer)])
        alone = make_metric(name, task)  # of one answer the metric is a function of its loss
        alone.update(y, answer.probabilities if wants_probabilities(name, task) else answer.y_pred)
        mean.update(BACK[form.shape.name](alone.get()))

    low, high = sorted(TO[form.shape.name](end) for end in (mean.mean().low, mean.mean().high))
    found = population.figure()
    assert (found.effective_n, found.value) == pytest.approx((mean.mean().effective_n, TO[form.shape.name](mean.value)))
    if form.shape.name == "COMPLEMENT":
        low, high = (1 - mean.rate().high, 1 - mean.rate().low)
    assert (found.low, found.high) == pytest.approx((low, high))


TO = {"AS_IS": float, "COMPLEMENT": lambda x: 1 - x, "ROOT": math.sqrt, "PERCENT": lambda x: 100 * x}
BACK = {"AS_IS": float, "COMPLEMENT": lambda x: 1 - x, "ROOT": lambda x: x**2, "PERCENT": lambda x: x / 100}

RAREST = "1 more separate run of the rarest class"
POSITIVE = "1 more separate run of the positive class"


@pytest.mark.parametrize(
    ("name", "pairs", "missing"),
    [
        ("Accuracy", [], "100 more labels"),
        ("F1", [(True, True)] * 60, "40 more labels"),
        ("F1", [(True, True), (True, False), (False, False)] * 40, None),
        ("F1", [(True, True), (False, False)] * 100, "10 more separate errors"),
        ("F1", [(False, True), (False, False)] * 100, "10 more separate runs of the positive class"),
        ("Recall", [(True, False), (False, False)] * 100, "a value short of the end of its range"),
        (
            "CohenKappa",
            [(False, True), (False, False)] * 100 + [(True, True)],
            "9 more separate runs of the rarest class",
        ),
        ("CohenKappa", [*[(False, True), (False, False)] * 100, *[(True, True), (False, False)] * 9], RAREST),
        ("F1", [*[(False, True), (False, False)] * 100, *[(True, True), (False, False)] * 9], POSITIVE),
        ("R2", [(1.0, 2.0)] * 200, "a method: no interval is known for this metric where answers depend on each other"),
        ("MAE", [(1.0, 2.0 + n % 2) for n in range(60)], "40 more labels"),
        ("MAE", [(1.0, 2.0 + (n // 50) % 2) for n in range(400)], "88 more independent labels"),
    ],
)
def test_below_the_gate_it_says_what_is_missing(name: str, pairs: list[tuple[Label, Label]], missing: str | None):
    population = population_of(name, Task.REGRESSION if name in METRICS[Task.REGRESSION] else Task.BINARY)
    for y, y_pred in pairs:
        population.extend([(y, Answer(y_pred, None))])

    found = population.figure()
    assert (found.missing, found.low is None, found.high is None) == (missing, missing is not None, missing is not None)


def test_errors_too_small_to_be_squared_leave_no_interval():
    population = population_of("MAE", Task.REGRESSION)
    for n in range(200):
        population.extend([(0.0, Answer(1e-200 * (n % 2), None))])

    assert population.figure() == Figure(value=5e-201, n=200, missing="losses large enough to be squared")


def test_errors_too_large_to_be_squared_leave_no_interval():
    population = population_of("MAE", Task.REGRESSION)
    for n in range(200):
        population.extend([(0.0, Answer(1e200 * (n % 2), None))])

    assert population.figure() == Figure(value=5e199, n=200, missing="losses small enough to be squared")


def test_a_lead_is_surer_than_the_two_figures_apart():
    gauge, rng = builders.gauge("[evaluation]\nwindow_events = 500"), random.Random(4)
    lead, ours, theirs = Lead(gauge), population_of("Accuracy", Task.BINARY), population_of("Accuracy", Task.BINARY)
    for position in range(3_000):
        y = rng.random() < 0.5
        wrong = rng.random() < 0.3  # both are, and the baseline now and then alone
        served, baseline = Answer(y ^ wrong, None), Answer(y ^ (wrong or rng.random() < 0.1), None)
        for one, answer in ((ours, served), (theirs, baseline)):
            one.extend([(y, answer)])
        lead.extend([(y, served.y_pred, baseline.y_pred, position)])
    lead.extend([(True, None, True, 3_000)])

    found, apart = lead.figure(), (theirs.figure(any_time=True), ours.figure(any_time=True))
    assert found.value == pytest.approx(ours.figure().value - theirs.figure().value)
    assert found.low < 0.07 < found.high
    assert found.high - found.low < 0.5 * sum(one.high - one.low for one in apart)
    assert (lead.n, lead.recent().n) == (3_000, 3_000)


def test_a_regressions_lead_is_in_units_of_the_label():
    lead = Lead(builders.gauge(task="regression"))
    for n in range(400):
        lead.extend([(10.0, 10.0 + n % 3, 13.0 - n % 2, n)])

    assert lead.figure().value == pytest.approx(2.5 - 399 / 400)

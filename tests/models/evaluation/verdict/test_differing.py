"""How little the service and a baseline differ: by hand, against SciPy's Poisson, by simulation, and on real folds."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy.stats import chi2

from models.evaluation.intervals.loss_sums import LossSums
from models.evaluation.verdict.differing import differing
from models.learner import Learner
from schemas.evaluated import Figure, Verdict, VerdictKind
from tests import builders


def error(value: float, n: int = 2_000, effective_n: float | None = None) -> Figure:
    return Figure(value=value, n=n, effective_n=n if effective_n is None else effective_n)


def ahead(n: int, *at: int) -> LossSums:
    """Differences, of which those at some places are not 0."""
    return LossSums.of([float(place in at) for place in range(n)])


@pytest.mark.parametrize("runs", [0, 1, 3, 9])
def test_the_bound_is_the_exact_one_of_poisson_on_runs_that_are_single_labels(runs: int):
    found = differing(ahead(4_000, *range(0, 3_600, 400)[:runs]), error(0.2, 4_000), numeric=False)

    assert found is not None
    assert found.labels == runs
    assert found.most == pytest.approx(chi2.ppf(0.95, 2 * (runs + 1)) / 2 / 4_000)


def test_a_run_counts_once_and_as_long_as_it_is():
    found = differing(ahead(4_000, 100, 101, 102, 103, 2_000, 2_001), error(0.2, 4_000), numeric=False)

    assert found is not None
    assert (found.labels, found.most) == (6, pytest.approx(chi2.ppf(0.95, 6) / 2 * 3 / 4_000))


def test_where_errors_come_in_bursts_unseen_differences_would_too():
    single = differing(ahead(4_000), error(0.2, 4_000), numeric=False)
    bursts = differing(ahead(4_000), error(0.2, 4_000, effective_n=200.0), numeric=False)

    assert single is not None
    assert bursts is not None
    assert bursts.most == pytest.approx(20 * single.most)


@pytest.mark.parametrize(
    ("sums", "rate", "numeric"),
    [
        (ahead(99), 0.2, False),  # too few labels
        (ahead(4_000, *range(0, 4_000, 400)), 0.9, False),  # enough for an interval
        (ahead(4_000, 7, 900, 1_700), 0.005, False),  # 3 of 20 errors
        (ahead(4_000, 7), 0.0, False),  # the baseline never errs
        (ahead(4_000, 7), 0.2, True),  # of numbers any difference has an interval
        (ahead(4_000, *range(500, 900)), 0.9, False),  # as much as a few independent labels
    ],
)
def test_whoever_differs_on_more_than_a_few_or_has_few_labels_may_be_different(sums, rate, numeric):
    assert differing(sums, error(rate), numeric=numeric) is None


@pytest.mark.parametrize("length", [1, 5])
@pytest.mark.parametrize("runs", [1, 4])
def test_the_bound_is_seldom_too_small_where_errors_and_differences_come_in_runs(length: int, runs: int):
    rng, n, streams = np.random.default_rng(4), 8_000, 200
    share = runs * length / n
    shown = misled = 0
    for _ in range(streams):
        errors, differs = bursts(rng, n, 0.2, length, share)
        sums = LossSums.of(errors)
        found = differing(LossSums.of(differs), error(sums.mean, n, n / sums.inflation), numeric=False)
        if found is not None:
            shown += 1
            misled += found.most < share
    assert shown > 150
    assert misled / streams < 0.05 + 3 * (0.05 * 0.95 / streams) ** 0.5


def bursts(rng: np.random.Generator, n: int, rate: float, length: int, share: float) -> tuple[list[float], list[float]]:
    """Errors in runs of a mean length, and those of the runs that the other one does not have."""
    errors: list[float] = []
    differs: list[float] = []
    while len(errors) < n:
        right = rng.geometric(rate / (1 - rate) / length)
        wrong = rng.geometric(1 / length)
        differ = float(rng.random() < share / rate)
        errors += [0.0] * right + [1.0] * wrong
        differs += [0.0] * right + [differ] * wrong
    return errors[:n], differs[:n]


def verdict_of(y: list[str] | list[float], task: str, candidate: str, evaluation: str = "") -> tuple[Learner, Verdict]:
    rng = random.Random(5)
    gauge = builders.gauge(f"[evaluation]\nholdout = 0\n{evaluation}", task=task, candidates=[candidate])
    values = [builders.record(n, a=rng.gauss(0, 1), y=label) for n, label in enumerate(y)]
    learner, _ = builders.run(gauge, values)
    return learner, learner.board.verdict()


@pytest.mark.parametrize("metric", ["Accuracy", "F1"])
def test_on_a_rare_class_a_model_that_answers_the_commonest_is_no_different_from_it(metric: str):
    rng = random.Random(3)
    labels = ["bad" if rng.random() < 0.02 else "good" for _ in range(4_000)]

    learner, verdict = verdict_of(labels, "binary", "logistic_regression", f'metric = "{metric}"')

    assert (verdict.kind, verdict.baseline) == (VerdictKind.NO_DIFFERENT, "majority_class")
    assert verdict.words.startswith("No different from majority_class: of 3,999 labels the two differ in error on ")
    assert "always answering the commonest class would serve as well" in verdict.words
    assert learner.status().evaluated.verdict == verdict


@pytest.mark.parametrize("labels", [[0.0] * 400, [7.5] * 400])
@pytest.mark.parametrize("metric", ["MAE", "RMSE"])
def test_a_regression_of_labels_that_are_all_equal_is_no_different_from_their_mean(labels: list[float], metric: str):
    _, verdict = verdict_of(labels, "regression", "mean", f'metric = "{metric}"')

    assert verdict.kind is VerdictKind.NO_DIFFERENT
    assert "the two differ in error on none (at most " in verdict.words


def test_labels_too_small_to_be_squared_are_no_reason_to_be_sure():
    rng = random.Random(3)

    _, verdict = verdict_of([1e-300 * rng.random() for _ in range(400)], "regression", "no_change")

    assert verdict.words == "Too early to say: losses large enough to be squared."


def test_small_labels_are_told_with_a_power_of_ten():
    rng = random.Random(3)

    _, verdict = verdict_of([1e-120 * rng.random() for _ in range(400)], "regression", "no_change")

    assert verdict.lead is not None
    assert f" by {abs(verdict.lead.value or 0):.3g} in MAE (" in verdict.words
    assert "e-1" in verdict.words

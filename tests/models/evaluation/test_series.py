"""Scores against River's own metrics, rolling and whole, and against scikit-learn, on every prefix."""

from __future__ import annotations

import random
import statistics
from itertools import pairwise

import pytest
from river import metrics, utils
from scipy import stats
from sklearn import metrics as sk

from models.answer import NO_ANSWER, Answer
from models.evaluation.metrics.defined import figure
from models.evaluation.metrics.metric_set import Shown
from models.evaluation.series import SHOWN, SHOWN_COUNTED, HeldOutSeries, Series
from schemas.status import WindowFigure
from tests import builders

WINDOW = 15


def answers(task: str, seed: int, count: int = 80) -> list[tuple[object, Answer]]:
    """Labels and answers; every seventh answer is empty."""
    rng = random.Random(seed)
    pairs: list[tuple[object, Answer]] = []
    for n in range(count):
        if task == "regression":
            y, answer = rng.gauss(0, 5), Answer(rng.gauss(0, 5), None)
        elif task == "binary":
            p = rng.random()
            y, answer = rng.random() < 0.4, Answer(p > 0.5, {True: p, False: 1 - p})
        else:
            y, answer = rng.randrange(3), Answer(rng.randrange(3), {0: 1.0})
        pairs.append((y, NO_ANSWER if n % 7 == 0 else answer))
    return pairs


CASES = [
    ("binary", "Accuracy", metrics.Accuracy),
    ("binary", "F1", metrics.F1),
    ("binary", "LogLoss", metrics.LogLoss),
    ("multiclass", "MacroF1", metrics.MacroF1),
    ("multiclass", "CohenKappa", metrics.CohenKappa),
    ("regression", "MAE", metrics.MAE),
    ("regression", "RMSE", metrics.RMSE),
]


@pytest.mark.parametrize(("task", "name", "class_"), CASES)
def test_lifetime_and_window_are_rivers_on_every_prefix(task, name, class_):
    gauge = builders.gauge(f'[evaluation]\nmetric = "{name}"\nwindow_events = {WINDOW}', task=task)
    score = Series.of(gauge)
    whole, rolling = class_(), utils.Rolling(class_, window_size=WINDOW)
    scored = 0

    for y, answer in answers(task, seed=3):
        score.update(y, answer)
        if answer is not NO_ANSWER:
            scored += 1
            said = answer.probabilities if name == "LogLoss" else answer.y_pred
            whole.update(y, said)
            rolling.update(y, said)
        assert score.n == scored
        assert score.window_is_full is (scored >= WINDOW)
        assert score.figures() == {name: figure(whole) if scored else None}
        # River's rolling sums subtract what leaves, which rounds; ours are worked out anew.
        value = score.window_figures()[name]
        assert value == pytest.approx(rolling.get(), abs=1e-9) if scored > 3 else value == score.figures()[name]


@pytest.mark.parametrize(
    ("task", "name", "function"),
    [
        ("binary", "Accuracy", sk.accuracy_score),
        ("multiclass", "Accuracy", sk.accuracy_score),
        ("regression", "MAE", sk.mean_absolute_error),
        ("regression", "MSE", sk.mean_squared_error),
    ],
)
def test_lifetime_is_scikit_learns_on_every_prefix(task, name, function):
    score = Series.of(builders.gauge(f'[evaluation]\nmetric = "{name}"', task=task))
    truth, said = [], []

    for y, answer in answers(task, seed=11):
        score.update(y, answer)
        if answer is NO_ANSWER:
            continue
        truth.append(y)
        said.append(answer.y_pred)
        assert score.figures()[name] == pytest.approx(function(truth, said))


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_faded_error_is_its_formula(task):
    alpha = 0.9
    score = Series.of(builders.gauge(f"[evaluation]\nfading_factor = {alpha}", task=task))
    assert score.faded_error() is None
    losses = []

    for y, answer in answers(task, seed=5):
        score.update(y, answer)
        if answer is not NO_ANSWER:
            losses.append(abs(y - answer.y_pred) if task == "regression" else float(y != answer.y_pred))

    weights = [alpha**age for age in reversed(range(len(losses)))]
    expected = sum(w * loss for w, loss in zip(weights, losses, strict=True)) / sum(weights)
    assert score.faded_error() == pytest.approx(expected)


def test_every_metric_asked_for_has_a_figure_the_leading_one_first():
    score = Series.of(builders.gauge('[evaluation]\nmetric = "F1"\nalso = ["Accuracy", "F1", "LogLoss"]'))

    assert list(score.figures()) == ["F1", "Accuracy", "LogLoss"]


def test_a_held_out_score_says_how_many_labels_and_how_sure():
    score = HeldOutSeries(Shown.of(builders.gauge()))
    assert score.figures() == {"Accuracy": None, "labels": 0}

    for n in range(400):  # no two errors follow each other: as many as if they were independent
        score.update(n % 5 > 0, Answer(True, {True: 1.0}))
        if n == 9:
            early = score.figures()
    score.update(True, NO_ANSWER)

    figures = score.figures()
    assert (early["error"], early["error_low"], early["error_high"]) == (0.2, None, None)
    assert (figures["labels"], figures["error"]) == (400, 0.2)
    z = stats.t.ppf(0.975, 24)  # 25 blocks of 16
    wilson = stats.binomtest(80, 400).proportion_ci(2 * stats.norm.cdf(z) - 1, method="wilson")
    assert (figures["error_low"], figures["error_high"]) == pytest.approx(wilson)
    error = score.measured()["error"]
    assert (error.low, error.high, error.effective_n) == pytest.approx((*wilson, 400))
    accuracy = score.measured()["Accuracy"]
    assert (accuracy.low, accuracy.high) == pytest.approx((1 - error.high, 1 - error.low))


def test_a_regressions_held_out_score_has_no_share_of_errors():
    score = HeldOutSeries(Shown.of(builders.gauge(task="regression")))
    score.update(1.0, Answer(3.0, None))

    assert score.figures() == {"MAE": 2.0, "labels": 1}


@pytest.mark.parametrize(("metric", "most"), [("Accuracy", SHOWN_COUNTED), ("LogLoss", SHOWN)])
def test_of_a_long_window_the_newest_answers_are_shown(metric, most):
    gauge = builders.gauge(f'[evaluation]\nmetric = "{metric}"\nwindow_events = 100000')
    score, newest = Series.of(gauge), Series.of(gauge)
    given = [(y, answer) for y, answer in answers("binary", seed=9, count=7_000) if answer is not NO_ANSWER]
    for n, pair in enumerate(given):
        score.update(*pair)
        if n == 99:
            expected = pytest.approx(score.window_figures()[metric])
            assert score.shown_window() == WindowFigure(name=metric, value=expected, answers=100)
    for pair in given[-most:]:
        newest.update(*pair)

    expected = pytest.approx(newest.leading_figure())
    assert score.shown_window() == WindowFigure(name=metric, value=expected, answers=most)


def test_a_window_has_the_interval_of_its_panes():
    gauge = builders.gauge('[evaluation]\nmetric = "F1"\nalso = ["Accuracy", "LogLoss"]\nwindow_events = 400')
    score = Series.of(gauge)
    given = [pair for pair in answers("binary", seed=2, count=1_500) if pair[1] is not NO_ANSWER]
    for y, answer in given:
        score.update(y, answer)

    found = score.measured_window()
    assert {name: figure.value for name, figure in found.items()} == score.window_figures()
    losses = [float(y != answer.y_pred) for y, answer in given[-400:]]
    blocks = [sum(losses[at : at + 20]) / 20 for at in range(0, 400, 20)]
    p = sum(losses) / 400
    spread = p * (1 - p)
    r = sum(a * b for a, b in pairwise(losses)) / 399 - p * p
    r = min(max(r / spread * 400 / 410, 0), 0.97)
    inflation = max(1, (1 + r) / (1 - r), 20 * statistics.variance(blocks) / spread)
    assert found["Accuracy"].effective_n == pytest.approx(400 / inflation)
    assert found["F1"].effective_n == found["Accuracy"].effective_n
    assert all(figure.low < figure.value < figure.high for figure in found.values())
    assert score.measured_shown_window() == found
    assert score.measured_leading_shown_window() == found["F1"]


def test_a_series_that_forgets_nothing_has_the_whole_lifes_error():
    score = Series.of(builders.gauge("[evaluation]\nfading_factor = 1"))
    for y, answer in answers("binary", seed=2, count=500):
        score.update(y, answer)

    assert score.measured_faded_error() == score.error()
    assert score.error().low is not None

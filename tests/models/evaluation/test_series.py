"""Scores against River's own metrics, rolling and whole, and against scikit-learn, on every prefix."""

from __future__ import annotations

import random

import pytest
from river import metrics, utils
from sklearn import metrics as sk

from models.answer import NO_ANSWER, Answer
from models.evaluation.defined import figure
from models.evaluation.metric_set import Shown
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

    for y in [True] * 8 + [False] * 2:
        score.update(y, Answer(True, {True: 1.0}))
    score.update(True, NO_ANSWER)

    figures = score.figures()
    assert figures["labels"] == 10
    assert figures["error"] == 0.2
    # Wilson's interval for 2 of 10, as printed in Agresti and Coull (1998), The American Statistician 52.
    assert (figures["error_low"], figures["error_high"]) == pytest.approx((0.0567, 0.5098), abs=5e-5)


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

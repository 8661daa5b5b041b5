"""Metrics with parameters and of one class, from the gauge file to the figure."""

from __future__ import annotations

import pickle
import random

import pytest
from sklearn import metrics as sk

from models.answer import Answer
from models.check import problems
from models.evaluation.metrics.chosen import leading_of
from models.evaluation.metrics.cost import COST
from models.evaluation.metrics.metric_set import MetricSet, Shown
from models.evaluation.metrics.metrics import METRICS, OF_ONE_CLASS, WITH_PARAMETERS
from models.evaluation.metrics.parameters import PARAMETERS
from models.evaluation.population import population_of
from models.evaluation.series import Series
from schemas.gauge import Gauge, Task
from tests import builders

BETA = "beta of FBeta must be a number above 0, at most 1,000, got"


def gauge(metric: str, task: Task = Task.MULTICLASS, more: str = "") -> Gauge:
    return builders.gauge(f"[evaluation]\nmetric = {metric}\nwindow_events = 500\n{more}", task=task)


def answers(task: Task = Task.MULTICLASS, count: int = 500) -> list[tuple[object, Answer]]:
    rng = random.Random(11)
    codes = (False, True) if task is Task.BINARY else (0, 1, 2)
    found = []
    for _ in range(count):
        shares = [rng.random() for _ in codes]
        shares = {code: share / sum(shares) for code, share in zip(codes, shares, strict=True)}
        y = rng.choice(codes) if rng.random() < 0.5 else max(shares, key=shares.__getitem__)
        found.append((y, Answer(max(shares, key=shares.__getitem__), shares)))
    return found


def labels(of: list[tuple[object, Answer]]) -> tuple[list[object], list[object]]:
    return [y for y, _ in of], [answer.y_pred for _, answer in of]


MULTICLASS = {
    '{ use = "MacroFBeta", beta = 2 }': lambda y, said, p: sk.fbeta_score(y, said, beta=2, average="macro"),
    '{ use = "WeightedFBeta", beta = 0.5 }': lambda y, said, p: sk.fbeta_score(y, said, beta=0.5, average="weighted"),
    '{ use = "MicroFBeta", beta = 3 }': lambda y, said, p: sk.fbeta_score(y, said, beta=3, average="micro"),
    '{ use = "FBeta", beta = 2, class = "high" }': lambda y, said, p: sk.fbeta_score(
        y, said, beta=2, labels=[2], average="macro"
    ),
    '{ use = "Recall", class = "low" }': lambda y, said, p: sk.recall_score(y, said, labels=[0], average="macro"),
    '{ use = "Precision", class = "middle" }': lambda y, said, p: sk.precision_score(
        y, said, labels=[1], average="macro"
    ),
    '{ use = "MCC", class = "middle" }': lambda y, said, p: sk.matthews_corrcoef(
        [one == 1 for one in y], [one == 1 for one in said]
    ),
    '{ use = "ROCAUC", class = "high" }': lambda y, said, p: sk.roc_auc_score(
        [one == 2 for one in y], [one[2] for one in p]
    ),
    '{ use = "LogLoss", class = "low" }': lambda y, said, p: sk.log_loss(
        [one == 0 for one in y], [one[0] for one in p]
    ),
    '{ use = "VBeta", beta = 2 }': lambda y, said, p: sk.v_measure_score(y, said, beta=2),
    '{ use = "NormalizedMutualInfo", average_method = "geometric" }': lambda y, said, p: (
        sk.normalized_mutual_info_score(y, said, average_method="geometric")
    ),
    '{ use = "MultiFBeta", betas = { low = 1, middle = 1, high = 1 }, weights = { low = 2, middle = 2, high = 2 } }': (
        lambda y, said, p: sk.f1_score(y, said, average="macro")
    ),
}


@pytest.mark.parametrize("metric", MULTICLASS)
def test_over_a_life_a_window_and_a_population_the_figure_is_scikit_learns(metric):
    declared, given = gauge(metric), answers()
    name = declared.metric
    series, population = Series.of(declared), population_of(leading_of(declared), declared.task)
    for y, answer in given:
        series.update(y, answer)
        population.extend([(y, answer)])

    wanted = pytest.approx(MULTICLASS[metric](*labels(given), [answer.probabilities for _, answer in given]), abs=1e-12)

    assert series.figures() == {name: wanted}
    assert series.window_figures() == {name: wanted}
    assert series.leading_window_figure() == wanted
    assert population.figure().value == wanted
    assert problems(declared) == []


@pytest.mark.parametrize(("of", "positive"), [("bad", True), ("good", False)])
def test_a_binary_tasks_metric_may_be_of_either_class(of, positive):
    given = answers(Task.BINARY)
    scores = MetricSet(Shown.of(gauge(f'{{ use = "FBeta", beta = 2, class = "{of}" }}', Task.BINARY)))
    for y, answer in given:
        scores.update(y, answer)

    assert scores.leading() == pytest.approx(sk.fbeta_score(*labels(given), beta=2, pos_label=positive), abs=1e-12)


def test_a_metric_is_called_by_its_parameters_wherever_it_is_shown():
    declared = gauge('{ use = "MacroFBeta", beta = 2.0 }', more='also = [{ class = "low", use = "FBeta", beta = 0.5 }]')
    series = Series.of(declared)

    assert series.figures() == {"MacroFBeta(beta=2)": None, "FBeta(beta=0.5, class=low)": None}
    assert declared.metric == "MacroFBeta(beta=2)"
    assert series.shown().name == series.shown_window().name == "MacroFBeta(beta=2)"
    assert Shown.of(gauge('{ use = "MacroF1" }')) == Shown.of(gauge('"MacroF1"'))


def test_a_figure_of_one_class_is_not_defined_before_the_class_came():
    scores = MetricSet(Shown.of(gauge('{ use = "Recall", class = "low" }')))
    scores.update(1, Answer(0, None))
    assert scores.leading() is None
    scores.update(0, Answer(2, None))
    assert scores.leading() == 0.0


def test_what_a_metric_is_made_of_survives_a_pickle():
    declared = gauge('{ use = "ROCAUC", class = "high" }', more='also = [{ use = "MacroFBeta", beta = 2 }]')
    whole, halves = MetricSet(Shown.of(declared)), MetricSet(Shown.of(declared))
    for n, (y, answer) in enumerate(answers()):
        whole.update(y, answer)
        halves.update(y, answer)
        if n == 200:
            halves = pickle.loads(pickle.dumps(halves))

    assert halves.figures() == whole.figures()


@pytest.mark.parametrize(
    ("task", "metric", "what"),
    [
        (Task.BINARY, '"FBeta"', 'FBeta needs beta: { use = "FBeta", beta = 2 }'),
        (Task.BINARY, '{ use = "FBeta", class = "bad" }', 'FBeta needs beta: { use = "FBeta", beta = 2 }'),
        (
            Task.BINARY,
            '{ use = "FBeta", betta = 2 }',
            "FBeta takes no 'betta'; did you mean 'beta'? (it takes",
        ),
        (
            Task.BINARY,
            '{ use = "FBeta", beta = "2" }',
            f"{BETA} '2'",
        ),
        (
            Task.BINARY,
            '{ use = "FBeta", beta = true }',
            f"{BETA} True",
        ),
        (Task.BINARY, '{ use = "FBeta", beta = 0 }', f"{BETA} 0"),
        (
            Task.BINARY,
            '{ use = "FBeta", beta = nan }',
            f"{BETA} nan",
        ),
        (Task.BINARY, '{ use = "Accuracy", beta = 2 }', "Accuracy takes no 'beta' (it takes none)"),
        (
            Task.BINARY,
            '{ use = "Recal", class = "bad" }',
            "'Recal' is no metric for a binary task; did you mean 'Re",
        ),
        (
            Task.BINARY,
            '{ use = "Recall", class = "bda" }',
            "'bda' is no class of the label; did you mean 'bad'? (classes: good, bad)",
        ),
        (Task.BINARY, '{ use = "Recall", class = 1.5 }', "1.5 is no class of the label (classes: good, bad)"),
        (
            Task.BINARY,
            '{ use = "RollingROCAUC", window_size = 1 }',
            "window_size of RollingROCAUC must be a whole number from 10 to 100,000, got 1",
        ),
        (
            Task.MULTICLASS,
            '{ use = "MacroF1", class = "low" }',
            "MacroF1 is over all classes and takes no class; did you mean 'F1'?",
        ),
        (
            Task.MULTICLASS,
            '{ use = "Recall", klass = "low" }',
            'Recall is of one class: name it ({ use = "Recall", ',
        ),
        (
            Task.MULTICLASS,
            '{ use = "MultiFBeta", betas = { low = 1 }, weights = { low = 1, middle = 1, high = 1 } }',
            "betas of MultiFBeta must be a table with a number above 0 for every class, got {'low': 1}",
        ),
        (
            Task.MULTICLASS,
            '{ use = "NormalizedMutualInfo", average_method = "max" }',
            "average_method of NormalizedMutualInfo must be arithmetic or geometric, got 'max'",
        ),
        (Task.REGRESSION, '{ use = "MAE", class = "low" }', "MAE takes no 'class' (it takes none)"),
        (Task.REGRESSION, '{ use = "FBeta", beta = 2 }', "'FBeta' is no metric for a regression task"),
    ],
)
def test_what_is_wrong_with_a_metric_is_told_in_its_place(task, metric, what):
    rest = "MAE" if task is Task.REGRESSION else "Accuracy"
    leading = problems(builders.gauge(f"[evaluation]\nmetric = {metric}", task=task, candidates=["hoeffding_tree"]))
    beside = problems(
        builders.gauge(f'[evaluation]\nalso = ["{rest}", {metric}]', task=task, candidates=["hoeffding_tree"])
    )

    assert [where for where, _ in leading] == ["evaluation.metric"]
    assert [where for where, _ in beside] == ["evaluation.also.1"]
    for _, told in (*leading, *beside):
        assert told.startswith(what)


def test_every_metric_that_needs_parameters_is_in_the_table():
    needing = {use for task in Task for use in WITH_PARAMETERS[task] if use not in METRICS[task]}
    needing -= {COST}  # it takes its costs from [decision]

    assert needing <= PARAMETERS.keys()
    assert PARAMETERS.keys() <= set().union(*WITH_PARAMETERS.values())


def test_metrics_of_one_class_are_those_that_several_classes_have_not():
    assert {"Recall", "Precision", "F1", "FBeta", "ROCAUC", "PRAUC", "LogLoss", "MCC", "Jaccard"} <= OF_ONE_CLASS.keys()
    assert {"Accuracy", "MacroF1", "CohenKappa"}.isdisjoint(OF_ONE_CLASS)

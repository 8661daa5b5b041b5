"""Which figures there are: every metric on every small confusion, against its definition worked out in fractions.

The definitions below divide by what they divide by. Where that is 0 there is no figure; where there is one it is
River's, to the last bit. scikit-learn is the second oracle, by its warnings.
"""

from __future__ import annotations

import math
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import pytest
from river import metrics as rivers
from sklearn import metrics as sk
from sklearn.exceptions import UndefinedMetricWarning

from models.answer import Answer
from models.evaluation.metrics.alike import figure_of, figure_of_pairs
from models.evaluation.metrics.metric_set import MetricSet, Shown
from models.evaluation.metrics.metrics import METRICS, make_metric, wants_probabilities
from models.evaluation.series import HeldOutSeries, Series
from schemas.gauge import Task
from tests import builders

Pairs = list[tuple[int, int]]
Number = Fraction | float


class Confusion:
    """Labels and predictions, counted."""

    def __init__(self, pairs: Pairs) -> None:
        self.n = len(pairs)
        self.both = Counter(pairs)
        self.row = Counter(y for y, _ in pairs)
        self.col = Counter(y_pred for _, y_pred in pairs)
        self.classes = sorted(self.row.keys() | self.col.keys())

    def precision(self, c: int) -> Fraction:
        return Fraction(self.both[c, c], self.col[c])

    def recall(self, c: int) -> Fraction:
        return Fraction(self.both[c, c], self.row[c])

    def f1(self, c: int) -> Fraction:
        return Fraction(2 * self.both[c, c], self.row[c] + self.col[c])

    def jaccard(self, c: int) -> Fraction:
        return Fraction(self.both[c, c], self.row[c] + self.col[c] - self.both[c, c])

    def mean(self, of: Callable[[int], Fraction]) -> Fraction:
        return sum(map(of, self.classes), Fraction(0)) / len(self.classes)

    def weighted(self, of: Callable[[int], Fraction]) -> Fraction:
        return sum((self.row[c] * of(c) for c in self.row), Fraction(0)) / self.n

    @property
    def accuracy(self) -> Fraction:
        return Fraction(sum(self.both[c, c] for c in self.classes), self.n)

    def pairs(self, counts: Counter[int] | Counter[tuple[int, int]]) -> int:
        return sum(math.comb(count, 2) for count in counts.values())

    def entropy(self, counts: Counter[int]) -> float:
        return -sum(k / self.n * math.log(k / self.n) for k in counts.values()) + 0.0

    @property
    def information(self) -> float:
        return sum(
            k / self.n * math.log(Fraction(k * self.n, self.row[y] * self.col[p])) for (y, p), k in self.both.items()
        )


def _two(c: Confusion) -> None:
    if len(c.row) < 2:
        raise ZeroDivisionError


def _balanced(c: Confusion) -> Number:
    _two(c)
    return sum(map(c.recall, c.row), Fraction(0)) / len(c.row)


def _geometric(c: Confusion) -> Number:
    _two(c)
    return float(math.prod(map(c.recall, c.classes), start=Fraction(1))) ** (1 / len(c.classes))


def _kappa(c: Confusion) -> Number:
    chance = sum((Fraction(c.row[k] * c.col[k], c.n * c.n) for k in c.classes), Fraction(0))
    return (c.accuracy - chance) / (1 - chance)


def _mcc(c: Confusion) -> Number:
    tp, fp, fn = c.both[1, 1], c.both[0, 1], c.both[1, 0]
    tn = c.n - tp - fp - fn
    return (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def _adjusted_rand(c: Confusion) -> Number:
    labelled, predicted = c.pairs(c.row), c.pairs(c.col)
    chance = Fraction(labelled * predicted, math.comb(c.n, 2))
    return (c.pairs(c.both) - chance) / (Fraction(labelled + predicted, 2) - chance)


def _adjusted_information(c: Confusion) -> Number:
    _adjusted_rand(c)  # its denominator is 0 where this one's is: one class on both sides, or no two alike
    truth, said = [y for y, _ in c.both.elements()], [y_pred for _, y_pred in c.both.elements()]
    return float(sk.adjusted_mutual_info_score(truth, said))


def _rand(c: Confusion) -> Number:
    together = c.pairs(c.both)
    apart = math.comb(c.n, 2) - c.pairs(c.row) - c.pairs(c.col) + together
    return Fraction(together + apart, math.comb(c.n, 2))


def _v(c: Confusion) -> Number:
    return 2 * c.information / (c.entropy(c.row) + c.entropy(c.col))


DEFINITIONS: dict[str, Callable[[Confusion], Number]] = {
    "Accuracy": lambda c: c.accuracy,
    "Precision": lambda c: c.precision(1),
    "Recall": lambda c: c.recall(1),
    "F1": lambda c: c.f1(1),
    "Jaccard": lambda c: c.jaccard(1),
    **dict.fromkeys(("MicroPrecision", "MicroRecall", "MicroF1"), lambda c: c.accuracy),
    "MicroJaccard": lambda c: c.accuracy / (2 - c.accuracy),
    "MacroPrecision": lambda c: c.mean(c.precision),
    "MacroRecall": lambda c: c.mean(c.recall),
    "MacroF1": lambda c: c.mean(c.f1),
    "MacroJaccard": lambda c: c.mean(c.jaccard),
    "WeightedPrecision": lambda c: c.weighted(c.precision),
    "WeightedRecall": lambda c: c.accuracy,
    "WeightedF1": lambda c: c.weighted(c.f1),
    "WeightedJaccard": lambda c: c.weighted(c.jaccard),
    "BalancedAccuracy": _balanced,
    "GeometricMean": _geometric,
    "CohenKappa": _kappa,
    "MCC": _mcc,
    "AdjustedRand": _adjusted_rand,
    "AdjustedMutualInfo": _adjusted_information,
    "Rand": _rand,
    "FowlkesMallows": lambda c: c.pairs(c.both) / math.sqrt(c.pairs(c.row) * c.pairs(c.col)),
    "MutualInfo": lambda c: c.information,
    "NormalizedMutualInfo": _v,
    "VBeta": _v,
    "Homogeneity": lambda c: c.information / c.entropy(c.row),
    "Completeness": lambda c: c.information / c.entropy(c.col),
}
EVERY = [(task, name) for task in (Task.BINARY, Task.MULTICLASS) for name in DEFINITIONS if name in METRICS[task]]


def test_every_metric_of_labels_has_its_definition_here():
    for task in (Task.BINARY, Task.MULTICLASS):
        of_labels = {name for name in METRICS[task] if not wants_probabilities(name, task)}
        assert of_labels <= DEFINITIONS.keys()


def confusions(task: Task) -> Iterator[Pairs]:
    codes = (0, 1) if task is Task.BINARY else (0, 1, 2)
    for n in range(1, 5 if task is Task.BINARY else 4):
        yield from map(list, product(product(codes, codes), repeat=n))
    rng = random.Random(3)
    for _ in range(60):
        # Few classes among many answers, as a window of a rare class has them.
        few, others = (rng.sample(codes, rng.randint(1, len(codes))) for _ in range(2))
        yield [(rng.choice(few), rng.choice(others)) for _ in range(rng.randint(2, 30))]


def coded(task: Task, pairs: Pairs) -> list[tuple[object, object]]:
    return [(bool(y), bool(p)) for y, p in pairs] if task is Task.BINARY else [*pairs]


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_there_is_a_figure_where_the_definition_divides_by_something_and_it_is_rivers(task, name):
    seen: Counter[bool] = Counter()
    for pairs in confusions(task):
        given = coded(task, pairs)
        metric = make_metric(name, task)
        for y, y_pred in given:
            metric.update(y, y_pred)
        try:
            wanted: float | None = float(DEFINITIONS[name](Confusion(pairs)))
        except ZeroDivisionError:
            wanted = None

        value = figure_of(name, task, [(y, Answer(y_pred, None)) for y, y_pred in given])

        assert (value is None) is (wanted is None), pairs
        assert value is None or value == pytest.approx(metric.get(), abs=1e-12)
        # River bounds both parts of the adjusted information by the smallest float, which a few answers show.
        assert value is None or name == "AdjustedMutualInfo" or value == pytest.approx(wanted, abs=1e-9), pairs
        seen[value is None] += 1
    always = ("Accuracy", "Micro", "MacroF1", "MacroJaccard", "WeightedRecall", "WeightedF1", "WeightedJ", "MutualInfo")
    assert bool(seen[True]) is not name.startswith(always)
    assert seen[False]


SKLEARN = {
    "Precision": lambda y, p: sk.precision_score(y, p),
    "Recall": lambda y, p: sk.recall_score(y, p),
    "F1": lambda y, p: sk.f1_score(y, p),
    "Jaccard": lambda y, p: sk.jaccard_score(y, p),
    "MacroPrecision": lambda y, p: sk.precision_score(y, p, average="macro"),
    "MacroRecall": lambda y, p: sk.recall_score(y, p, average="macro"),
    "MacroF1": lambda y, p: sk.f1_score(y, p, average="macro"),
    "WeightedPrecision": lambda y, p: sk.precision_score(y, p, average="weighted"),
    "WeightedF1": lambda y, p: sk.f1_score(y, p, average="weighted"),
}


@pytest.mark.parametrize("name", SKLEARN)
def test_scikit_learn_warns_where_there_is_no_figure_and_nowhere_else(name):
    for pairs in confusions(Task.BINARY):
        truth, said = [y for y, _ in pairs], [y_pred for _, y_pred in pairs]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = SKLEARN[name](truth, said)
        warned = any(issubclass(warning.category, UndefinedMetricWarning) for warning in caught)

        counted = Counter(coded(Task.BINARY, pairs))

        assert figure_of_pairs(name, Task.BINARY, counted) == (None if warned else pytest.approx(value)), pairs


SCIKIT_LEARNS = {"ROCAUC": sk.roc_auc_score, "PRAUC": sk.average_precision_score}


@pytest.mark.parametrize("name", ["ROCAUC", "PRAUC", "RollingROCAUC", "RollingPRAUC"])
@pytest.mark.parametrize("labels", [(True,), (False,), (True, False)])
def test_an_area_needs_labels_of_both_classes(name, labels):
    rng = random.Random(2)
    answers = [(labels[n % len(labels)], rng.random()) for n in range(50)]
    given = [(y, Answer(p > 0.5, {True: p, False: 1 - p})) for y, p in answers]
    score = MetricSet(Shown.of(builders.gauge(f'[evaluation]\nmetric = "{name}"')))
    for y, answer in given:
        score.update(y, answer)

    value = None
    if len(labels) == 2 and name in SCIKIT_LEARNS:
        value = pytest.approx(SCIKIT_LEARNS[name](*zip(*answers, strict=True)), abs=1e-12)
    elif len(labels) == 2:
        bare = getattr(rivers, name)()
        for y, answer in given:
            bare.update(y, answer.probabilities)
        value = bare.get()

    assert score.leading() == value
    assert figure_of(name, Task.BINARY, given) == value


@pytest.mark.parametrize("name", ["RollingROCAUC", "RollingPRAUC"])
def test_a_rolling_area_ends_when_the_last_label_of_a_class_has_left_its_window(name):
    score = MetricSet(Shown.of(builders.gauge(f'[evaluation]\nmetric = "{name}"')))
    score.update(True, Answer(True, {True: 0.7, False: 0.3}))

    for _ in range(999):
        score.update(False, Answer(False, {True: 0.2, False: 0.8}))
    assert score.leading() == 1.0
    score.update(False, Answer(False, {True: 0.2, False: 0.8}))

    assert score.leading() is None


def test_an_area_of_nothing_is_nought_without_a_sign():
    given = [(True, Answer(False, {True: 0.2})), (False, Answer(True, {True: 0.9}))]

    assert math.copysign(1.0, figure_of("ROCAUC", Task.BINARY, given)) == 1.0


@pytest.mark.parametrize(
    ("name", "pairs", "value"),
    [
        ("R2", [(1.0, 2.0)], None),
        ("R2", [(0.1, 2.0)] * 50, None),
        ("R2", [(1.0, 2.0), (3.0, 2.0)], 0.0),
        ("MAPE", [(0.0, 2.0), (0.0, 0.0)], None),
        ("MAPE", [(0.0, 2.0), (4.0, 2.0)], 25.0),
        ("SMAPE", [(0.0, 0.0)], 0.0),
        ("MAE", [(1.0, 1.0)], 0.0),
        ("RMSLE", [(-3.0, -1.0)], 0.0),
    ],
)
def test_a_regressions_figure_is_there_when_something_is_divided(name, pairs, value):
    assert figure_of(name, Task.REGRESSION, [(y, Answer(p, None)) for y, p in pairs]) == value


def test_a_figure_that_overflows_is_none():
    given = [(0.0, Answer(1e160, None)), (1.0, Answer(-1e160, None))]

    assert figure_of("R2", Task.REGRESSION, given) is None


def test_lifetime_window_and_held_out_figures_go_by_the_same_rule():
    gauge = builders.gauge('[evaluation]\nmetric = "Recall"\nalso = ["ROCAUC", "Accuracy"]\nwindow_events = 10')
    score, held_out = Series.of(gauge), HeldOutSeries(Shown.of(gauge))
    answer = Answer(False, {True: 0.3, False: 0.7})
    score.update(True, answer)
    for _ in range(10):
        score.update(False, answer)
        held_out.update(False, answer)

    assert score.figures() == {"Recall": 0.0, "ROCAUC": 0.5, "Accuracy": 10 / 11}
    assert score.window_figures() == {"Recall": None, "ROCAUC": None, "Accuracy": 1.0}
    assert score.leading_window_figure() is None
    assert (score.shown_window().value, score.shown_window().answers) == (None, 10)
    assert {name: held_out.figures()[name] for name in ("Recall", "ROCAUC")} == {"Recall": None, "ROCAUC": None}

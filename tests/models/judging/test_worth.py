"""A metric of counts as a sum over answers."""

from __future__ import annotations

import random

import pytest
from river import metrics

from models.answer import Answer, class_codes
from models.evaluation.metrics.alike import counts_pairs
from models.evaluation.metrics.chosen import Metric, leading_of
from models.evaluation.metrics.metrics import METRICS, make_metric
from models.judging.worth import FEWEST, Worth
from schemas.gauge import Gauge, Task
from tests import builders


def made(metric: Metric, gauge: Gauge) -> Worth:
    return Worth(metric, gauge.task, class_codes(gauge))


YES, NO = Answer(True, None), Answer(False, None)


def answer(y_pred: object) -> Answer:
    return Answer(y_pred, None)


def rare(worth: Worth, n: int, seed: int = 1) -> None:
    """Events of which one in ten is positive, answered alike by both."""
    rng = random.Random(seed)
    for _ in range(n):
        y = rng.random() < 0.1
        said = answer(y if rng.random() < 0.8 else not y)
        worth(y, said, said)


def test_before_twenty_labels_of_the_rarer_class_nothing_is_judged():
    worth = made("F1", builders.gauge())
    given = [worth(n % 10 == 0, YES, NO) for n in range(10 * FEWEST)]

    assert set(given[: 10 * (FEWEST - 1)]) == {None}
    assert worth(False, YES, NO) is not None


def test_an_answer_is_worth_the_derivative_of_f1():
    # F1 = 2 TP / (TP + FP + TP + FN): one more hit instead of a miss adds (2 - F1) / D, a false alarm takes F1 / D.
    worth = made("F1", builders.gauge())
    rare(worth, 4_000)
    metric = metrics.F1()
    for (y, said), times in worth._counted().items():
        metric.update(y, said, times)
    f1 = metric.get()

    assert worth(True, NO, YES) == 1.0
    assert worth(True, YES, NO) == -1.0
    assert worth(False, NO, YES) == pytest.approx(-f1 / (2 - f1), rel=0.15)
    assert worth(True, YES, YES) == worth(False, NO, NO) == 0.0


NAMED = sorted(name for name in METRICS[Task.BINARY] if counts_pairs(make_metric(name, Task.BINARY)))


@pytest.mark.parametrize(("name", "task"), [*((name, "binary") for name in NAMED), ("MacroF1", "multiclass")])
def test_the_mean_difference_is_the_gain_in_the_metric(name, task):
    # The oracle: River's own metric of either version over the same events.
    gauge = builders.gauge(task=task)
    worth = made(name, gauge)
    rng = random.Random(3)
    both = [make_metric(name, gauge.task) for _ in range(2)]
    classes = [False, True] if task == "binary" else [0, 1, 2]
    total = n = 0
    for event in range(6_000):
        y = rng.choices(classes, [6, 3, 1][: len(classes)])[0]
        said = [y if rng.random() < right else rng.choice(classes) for right in (0.6, 0.7)]
        d = worth(y, *map(answer, said))
        if event < 2_000:  # until the counts are settled
            continue
        for metric, one in zip(both, said, strict=True):
            metric.update(y, one)
        total, n = total + d, n + 1

    assert total / n * worth.scale == pytest.approx(both[1].get() - both[0].get(), rel=0.1)
    assert worth.gain() == pytest.approx(both[1].get() - both[0].get(), rel=0.3)


def test_a_metric_of_one_class_sees_the_others_as_one():
    choice = '[evaluation]\nmetric = { use = "Recall", class = "low" }'
    gauge = builders.gauge(choice, task="multiclass")
    worth = made(leading_of(gauge), gauge)
    for n in range(200):
        said = answer(n % 3)
        worth(n % 3, said, said)

    assert worth(0, answer(1), answer(0)) == 1.0
    assert worth(1, answer(2), answer(0)) == worth(1, answer(1), answer(2)) == 0.0


def test_a_worse_f1_never_leads_however_many_errors_it_avoids():
    # One in a hundred is positive. The champion finds a third at the price of four false alarms a hit: an F1 of .25.
    # The challenger says no: it makes fewer errors, and its F1 is 0.
    worth = made("F1", builders.gauge())
    rng = random.Random(5)
    given = []
    for _ in range(20_000):
        y = rng.random() < 0.01
        champion = answer(rng.random() < (1 / 3 if y else 0.0133))
        given.append((worth(y, champion, NO), champion.y_pred != y, y))

    judged = [d for d, _, _ in given if d is not None]
    assert sum(judged) < 0
    assert sum(wrong for _, wrong, _ in given) > sum(y for _, _, y in given)  # it errs more often than the challenger
    assert worth.gain() < -0.15


def test_its_state_is_counts_of_pairs_of_classes():
    worth = made("MacroF1", builders.gauge(task="multiclass"))
    rng = random.Random(1)
    for _ in range(3_000):
        worth(rng.randrange(3), answer(rng.randrange(3)), answer(rng.randrange(3)))

    assert max(map(len, (worth._champion, worth._challenger, worth._worths))) == 9

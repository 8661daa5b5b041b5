"""Counts of labels and predictions, against scikit-learn's, and with far more classes than can be counted apart."""

from __future__ import annotations

import random

import pytest
from sklearn.metrics import confusion_matrix

from models.answer import NO_ANSWER, Answer
from models.evaluation.errors.confused import COUNTED, SHOWN, Confused, confusion


def pairs(classes: int, n: int, seed: int = 1) -> list[tuple[int, int]]:
    rng = random.Random(seed)
    labels = [min(int(rng.expovariate(4 / classes)), classes - 1) for _ in range(n)]
    return [(y, y if rng.random() < 0.6 else rng.randrange(classes)) for y in labels]


def counted(found: list[tuple[int, int]]) -> Confused:
    made = Confused()
    for y, y_pred in found:
        made.update(y, Answer(y_pred, None))
    return made


@pytest.mark.parametrize("classes", [2, 5, 20])
def test_the_matrix_is_scikit_learns(classes):
    found = pairs(classes, 3_000)
    names = [f"c{code}" for code in range(classes)]

    shown = counted(found).shown(names)

    expected = confusion_matrix(*zip(*found, strict=True), labels=range(classes))
    assert [[shown.counts.get(y, {}).get(y_pred, 0) for y_pred in names] for y in names] == expected.tolist()
    assert (shown.n, shown.others) == (3_000, 0)


def test_a_class_is_written_as_a_json_key():
    answers = [(True, Answer(False, None)), (True, Answer(True, None)), (True, Answer(True, None))]

    assert confusion(answers, [False, True]).counts == {"true": {"true": 2, "false": 1}}
    assert confusion(answers, [0, 1]).counts == {"1": {"1": 2, "0": 1}}


def test_an_empty_answer_is_no_prediction():
    assert confusion([(True, NO_ANSWER)], ["ok", "bad"]).n == 0


def test_of_many_pairs_the_most_frequent_are_shown_and_the_others_counted():
    found = pairs(40, 20_000)

    shown = counted(found).shown([f"c{code}" for code in range(40)])

    times = sorted((found.count(pair) for pair in set(found)), reverse=True)
    assert sorted((n for row in shown.counts.values() for n in row.values()), reverse=True) == times[:SHOWN]
    assert shown.others == sum(times[SHOWN:])


def test_with_ten_thousand_classes_it_stays_bounded_and_loses_no_label():
    found = pairs(10_000, 30_000)
    made = Confused()
    for number, (y, y_pred) in enumerate(found):
        made.update(y, Answer(y_pred, None))
        if number % 100 == 0:
            made.update(1, Answer(2, None))

    shown = made.shown([f"c{code}" for code in range(10_000)])

    assert len(made._counts) <= COUNTED
    assert [*made.broken()] == []
    assert sum(n for row in shown.counts.values() for n in row.values()) + shown.others == shown.n == 30_300
    assert shown.counts["c1"]["c2"] >= 300  # what comes again and again is never among the rare

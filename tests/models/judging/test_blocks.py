"""Two versions compared by how they rank events, block by block."""

from __future__ import annotations

import random

import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from models.answer import Answer
from models.judging.blocks import SCALE, Blocks
from models.judging.judged import IN_BLOCK
from schemas.gauge import Task


def answer(share: float) -> Answer:
    return Answer(share >= 0.5, {True: share, False: 1 - share})


@pytest.mark.parametrize(("name", "oracle"), [("ROCAUC", roc_auc_score), ("PRAUC", average_precision_score)])
def test_a_blocks_difference_is_scikit_learns_in_units_of_what_is_usual(name, oracle):
    blocks = Blocks(name, Task.BINARY)
    rng = random.Random(1)
    labels, scores = [], ([], [])
    sizes, gains = [], []
    for _ in range(3_000):
        y = rng.random() < 0.2
        pair = [min(max(rng.gauss(0.5 + (0.1 if y else -0.1), 0.2), 0.0), 1.0) for _ in range(2)]
        d = blocks(y, *map(answer, pair))
        labels.append(y)
        for kept, score in zip(scores, pair, strict=True):
            kept.append(score)
        if min(sum(labels), len(labels) - sum(labels)) < IN_BLOCK:
            assert d is None
            continue
        gap = oracle(labels, scores[1]) - oracle(labels, scores[0])
        if sizes:
            s = SCALE * sum(sizes) / len(sizes)
            assert d == pytest.approx(min(max(gap / s, -1), 1))
        else:
            assert d is None  # it only says how large differences are
        sizes.append(abs(gap))
        gains.append(gap)
        labels, scores = [], ([], [])

    assert len(sizes) > 50
    assert blocks.gain() == pytest.approx(sum(gains) / len(gains))


def test_without_probabilities_nothing_is_judged():
    blocks = Blocks("ROCAUC", Task.BINARY)

    assert {blocks(n % 2 == 0, Answer(True, None), answer(0.5)) for n in range(100)} == {None}


def test_a_block_of_a_rare_class_is_bounded():
    blocks = Blocks("ROCAUC", Task.BINARY)
    rng = random.Random(1)
    for _ in range(20_000):
        blocks(False, answer(rng.random()), answer(rng.random()))

    assert max(len(counts) for counts in blocks._of_champion._by_class) <= 1_024

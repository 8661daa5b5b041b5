"""Counts by block: nothing is lost, and neighbours stay neighbours."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from models.evaluation.intervals.block_counts import BlockCounts


@pytest.mark.parametrize("count", [0, 1, 31, 32, 1_000, 4_097])
def test_blocks_are_stretches_of_the_stream_in_order(count: int):
    rng = random.Random(count)
    pairs = [(rng.randrange(3), rng.randrange(3)) for _ in range(count)]
    counts = BlockCounts()
    for y, said in pairs:
        counts.add(y, said)

    length = counts.length
    assert counts.blocks == [Counter(pairs[at * length : (at + 1) * length]) for at in range(len(counts.blocks))]
    assert len(counts.blocks) == count // length < 32
    assert list(counts.total().items()) == list(Counter(pairs).items())  # in order of first sight, too
    assert counts.n == count


def test_a_window_is_cut_into_panes_of_equal_length():
    counts = BlockCounts.of([(n % 2, 0) for n in range(1_010)])

    assert (counts.length, [sum(block.values()) for block in counts.blocks], counts.n) == (50, [50] * 20, 1_010)


def test_runs_of_each_label_are_counted():
    counts = BlockCounts()
    for y in (1, 1, 0, 1, 2, 2, 1):
        counts.add(y, 1)

    assert counts.runs == {1: 3, 0: 1, 2: 1}

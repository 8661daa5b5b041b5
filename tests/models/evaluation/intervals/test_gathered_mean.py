"""What waits is counted as if it had not waited."""

from __future__ import annotations

import random

import pytest

from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.gathered_mean import GatheredMean


@pytest.mark.parametrize("read_every", [1, 7, 64, 1_000])
def test_it_comes_to_the_same_whenever_it_is_read(read_every: int):
    rng, gathered, plain = random.Random(1), GatheredMean(), DependentMean()
    for n in range(1, 1_001):
        x = rng.random() * (rng.random() < 0.5)
        gathered.update(x)
        plain.update(x)
        assert gathered.n == n
        if n % read_every == 0:
            assert gathered.sums == plain.sums

"""Wilson's interval against SciPy's."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from models.evaluation.intervals.interval import wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (8, 10), (0, 50), (50, 50), (3, 200), (5_000, 10_000)])
def test_it_is_scipys(successes, n):
    low, high = wilson(successes, n)

    expected = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= successes / n <= high <= 1


def test_another_confidence_has_another_width():
    expected = binomtest(3, 20).proportion_ci(0.99, method="wilson")

    assert wilson(3, 20, z=2.5758293035489004) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 5), (6, 5), (1, -1)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ValueError, match=f"got {successes} of {n}"):
        wilson(successes, n)

"""The fading mean against its formula."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.intervals.fading import FadingMean


@given(alpha=st.floats(0.01, 1.0), values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_it_is_the_closed_form(alpha, values):
    mean = FadingMean(alpha=alpha)
    for value in values:
        mean.update(value)

    n = len(values)
    weights = [alpha ** (n - i) for i in range(1, n + 1)]
    expected = sum(w * e for w, e in zip(weights, values, strict=True)) / sum(weights)
    assert mean.get() == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_without_fading_it_is_the_plain_mean():
    mean = FadingMean(alpha=1.0)
    for value in (1, 2, 6):
        mean.update(value)

    assert mean.get() == 3.0


def test_before_the_first_value_there_is_none():
    assert FadingMean(alpha=0.9).get() is None


def test_a_mean_of_zero_is_not_none():
    mean = FadingMean(alpha=0.9)
    mean.update(0.0)

    assert mean.get() == 0.0


@pytest.mark.parametrize("alpha", [0, -0.1, 1.0001, float("nan")])
def test_alpha_is_a_share(alpha):
    with pytest.raises(ValueError, match=r"alpha must be in \(0, 1\]"):
        FadingMean(alpha=alpha)

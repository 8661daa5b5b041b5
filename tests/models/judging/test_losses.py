"""Losses against their closed forms."""

from __future__ import annotations

import random
from math import inf, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.judging.losses import AbsoluteErrorScale, PairedErrorScale, log_loss


@pytest.mark.parametrize("p", [1.0, 0.9, 0.5, 0.1, 0.0011])
def test_log_loss_is_the_logarithm_over_ln_1000(p: float):
    assert log_loss(2, {2: p}) == pytest.approx(-log(p) / log(1000))


@pytest.mark.parametrize(
    ("probabilities", "loss"),
    [({0: 0.001, 1: 0.999}, 1.0), ({0: 1e-300}, 1.0), ({0: 0.0}, 1.0), ({1: 1.0}, 1.0), ({0: 1 + 1e-12}, 0.0)],
)
def test_log_loss_is_clipped_to_0_and_1(probabilities: dict[int, float], loss: float):
    assert log_loss(0, probabilities) == loss


@pytest.mark.parametrize("p", [nan, inf, -0.1])
def test_log_loss_refuses_what_is_no_probability(p: float):
    with pytest.raises(ValueError, match="probability of 'a' must be in"):
        log_loss("a", {"a": p})


def test_absolute_error_is_held_against_four_mean_earlier_errors():
    scale = AbsoluteErrorScale()
    errors = [2.0, -4.0, 1.0, 100.0, 3.0]

    losses = [scale.loss(error) for error in errors]

    means = [2.0, 3.0, 7 / 3, 107 / 4]
    assert losses[0] == 0.25
    assert losses[1:] == pytest.approx([min(1, abs(e) / (4 * m)) for e, m in zip(errors[1:], means, strict=True)])


def test_loss_is_independent_of_the_labels_unit():
    rng = random.Random(0)
    errors = [rng.gauss(0, 1) for _ in range(200)]
    small, large = AbsoluteErrorScale(), AbsoluteErrorScale()

    assert [small.loss(e) for e in errors] == [large.loss(1024 * e) for e in errors]


def test_losses_of_a_model_that_got_better_do_not_creep_up_again():
    # With a plain running mean they would: from 1/8 back to 1/4, which a drift detector must call drift.
    scale = AbsoluteErrorScale()
    for _ in range(1_000):
        scale.loss(1.0)

    losses = [scale.loss(0.5) for _ in range(5_000)]

    assert losses == [0.125] * 5_000


def test_one_wild_error_does_not_blind_the_scale():
    scale = AbsoluteErrorScale()
    for _ in range(100):
        scale.loss(1.0)

    assert scale.loss(1e10) == 1.0
    assert scale.loss(1.0) == pytest.approx(1 / (4 * 104 / 101))


def test_a_perfect_start_does_not_blind_the_scale():
    scale = AbsoluteErrorScale()

    assert [scale.loss(0.0) for _ in range(50)] == [0.25, *[0.0] * 49]
    assert scale.loss(3.0) == 1.0
    for _ in range(300):
        scale.loss(3.0)

    assert scale.loss(3.0) < 0.5


def test_reset_forgets_the_scale():
    scale = AbsoluteErrorScale()
    for _ in range(100):
        scale.loss(7.0)

    scale.reset()

    assert scale.scale is None
    assert scale.loss(1e6) == 0.25


def test_paired_errors_are_held_against_four_means_of_the_smaller():
    scale = PairedErrorScale()
    pairs = [(3.0, 2.0), (-3.0, 1.0), (0.0, 60.0), (5.0, -5.0), (2.0, 1.0)]

    assert scale.difference(*pairs[0]) is None
    differences = [scale.difference(*pair) for pair in pairs[1:]]

    assert differences == pytest.approx([2 / (4 * 2), -1.0, 0.0, 1 / (4 * 8 / 4)])


def test_paired_errors_of_which_one_is_always_0_give_the_sign():
    scale = PairedErrorScale()

    assert [scale.difference(5.0, 0.0), scale.difference(1.0, 0.0), scale.difference(0.0, 1e-9)] == [None, 1.0, -1.0]


@given(st.lists(st.tuples(st.floats(-1e200, 1e200), st.floats(-1e200, 1e200))))
def test_every_finite_error_gives_a_loss_within_bounds(pairs: list[tuple[float, float]]):
    single, paired, swapped = AbsoluteErrorScale(), PairedErrorScale(), PairedErrorScale()

    for champion, challenger in pairs:
        assert 0 <= single.loss(champion) <= 1
        d, opposite = paired.difference(champion, challenger), swapped.difference(challenger, champion)
        if d is None:
            assert opposite is None
        else:
            assert -1 <= d <= 1
            assert opposite == -d


@pytest.mark.parametrize("error", [nan, inf, -inf])
def test_errors_that_are_not_finite_are_refused_and_nothing_changes(error: float):
    single, paired = AbsoluteErrorScale(), PairedErrorScale()
    single.loss(2.0)
    paired.difference(2.0, 3.0)

    for refused in (
        lambda: single.loss(error),
        lambda: paired.difference(1.0, error),
        lambda: paired.difference(error, 1.0),
    ):
        with pytest.raises(ValueError, match="error must be finite, got"):
            refused()

    assert (single.scale, paired.scale) == (8.0, 8.0)

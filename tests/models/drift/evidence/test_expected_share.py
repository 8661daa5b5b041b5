"""The share of a rise that was foretold parts harder inputs from another concept.

The worlds are logistic, so the truth is known: the model has the weights of the first half of each.
"""

from __future__ import annotations

import pickle

import numpy as np
import numpy.typing as npt
import pytest

from models.drift.evidence.expected_share import CONCEPT_SHARE, COVARIATE_SHARE, ExpectedShare
from models.judging.losses import log_loss

CHANGE = 6_000
AFTER = 300
WEIGHTS = np.array([1.2, -0.8, 0.6, 0.4, 0.0])
Numbers = npt.NDArray[np.float64]


def world(kind: str, seed: int) -> tuple[Numbers, Numbers]:
    """Log odds that the model answers, and labels."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((CHANGE + AFTER, 5))
    if kind == "harder":
        x[CHANGE:] *= 0.3
    odds = true_odds = x @ WEIGHTS
    if kind == "flipped":
        true_odds = np.concatenate([odds[:CHANGE], x[CHANGE:] @ (WEIGHTS * [-1, 1, 1, 1, 1])])
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-true_odds))).astype(float)
    if kind == "noise":
        wrong = rng.random(AFTER) < 0.15
        y[CHANGE:] = np.where(wrong, 1 - y[CHANGE:], y[CHANGE:])
    return odds, y


def share(kind: str, seed: int, *, log: bool, sureness: float = 1.0, keep: bool = False) -> float | None:
    odds, y = world(kind, seed)
    expected = ExpectedShare(log_loss=log)
    for p, true in zip((1 / (1 + np.exp(-sureness * odds))).tolist(), (y > 0).tolist(), strict=True):
        probabilities = {False: 1 - p, True: p}
        loss = log_loss(true, probabilities) if log else float((p > 0.5) is not true)
        expected.update(probabilities, p > 0.5, loss)
        if keep:
            expected = pickle.loads(pickle.dumps(expected)) if expected._labels == 7 else expected
    return expected.share()


@pytest.mark.parametrize("sureness", [1.0, 1.7])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_makes_events_harder_is_foretold(seed: int, sureness: float) -> None:
    found = share("harder", seed, log=True, sureness=sureness)

    assert found is not None
    assert COVARIATE_SHARE < found < 1.5


@pytest.mark.parametrize("kind", ["flipped", "noise"])
@pytest.mark.parametrize("log", [True, False])
def test_what_makes_the_model_wrong_is_not(kind: str, log: bool) -> None:
    for seed in (1, 2):
        found = share(kind, seed, log=log)

        assert found is not None
        assert -CONCEPT_SHARE < found < CONCEPT_SHARE


def test_without_probabilities_or_a_reference_there_is_none() -> None:
    silent, young = ExpectedShare(log_loss=False), ExpectedShare(log_loss=False)
    for n in range(3_000):
        silent.update(None, True, float(n % 3 == 0))
    for n in range(1_000):
        young.update({True: 0.7, False: 0.3}, True, float(n % 3 == 0))

    assert silent.share() is None
    assert young.share() is None


def fed(expected: ExpectedShare, labels: int, wrong: int) -> None:
    """Labels of which so many in ten are wrong, while three are expected to be."""
    for n in range(labels):
        expected.update({True: 0.7, False: 0.3}, True, float(n % 10 < wrong))


def test_another_model_begins_anew() -> None:
    expected = ExpectedShare(log_loss=False)
    fed(expected, 4_000, 3)
    fed(expected, 200, 9)
    assert expected.share() == pytest.approx(0.0, abs=0.01)

    expected.model_replaced()
    fed(expected, 1_500, 3)
    fed(expected, 200, 9)

    assert expected.share() is None


def test_the_share_of_an_alarm_settles_after_200_labels_and_a_reference_begins() -> None:
    expected = ExpectedShare(log_loss=False)
    fed(expected, 4_000, 3)
    fed(expected, 60, 9)
    expected.alarmed()
    assert expected.of_alarm == expected.share() is not None
    fed(expected, 200, 9)
    settled = expected.of_alarm
    assert settled == pytest.approx(0.0, abs=0.01)
    assert expected.share() is None

    fed(expected, 1_000, 9)
    assert expected.of_alarm == settled

    expected.model_replaced()
    assert expected.of_alarm == settled


def test_a_share_that_is_not_settled_is_when_the_model_is_replaced() -> None:
    expected = ExpectedShare(log_loss=False)
    fed(expected, 4_000, 3)
    fed(expected, 100, 9)
    expected.alarmed()
    at_once = expected.of_alarm

    expected.model_replaced()

    assert expected.of_alarm == at_once is not None


def test_it_continues_the_same_after_a_restore() -> None:
    assert share("noise", 4, log=True, keep=True) == share("noise", 4, log=True)

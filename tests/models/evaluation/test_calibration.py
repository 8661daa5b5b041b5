"""Calibration of answers whose probabilities are known to be right, or wrong in a known way."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from models.answer import NO_ANSWER, Answer
from models.asked import Asked, Lineup
from models.evaluation.calibration import Calibration
from models.evaluation.intervals.loss_sums import Kind, LossSums
from models.evaluation.metrics.forms import NO_INTERVAL
from schemas.evaluated import CalibrationFigures
from schemas.gauge import Task
from tests import builders

ASKED = Asked(1, {}, {}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id="e")


def calibration(window: int = 1_000, task: Task = Task.BINARY) -> Calibration:
    made = Calibration.of(builders.gauge(f"[evaluation]\nwindow_events = {window}", task=task))
    assert made is not None
    return made


def told(measure: Calibration, y: object, share: float) -> None:
    measure.extend([(ASKED._replace(answers={"0-1": Answer(share > 0.5, {False: 1 - share, True: share})}), y, 1)])


def simulated(n: int, seed: int, *, off: float = 1.0, persistence: float = 0.0) -> CalibrationFigures:
    """Probabilities p of labels that come with p, told as p with its log-odds times ``off``.

    With persistence both the probability and the label's luck stay what they were for a while.
    """
    rng, measure = random.Random(seed), calibration()
    p, luck = rng.random(), rng.random()
    for _ in range(n):
        if rng.random() >= persistence:
            p, luck = rng.random(), rng.random()
        odds = (p / (1 - p)) ** off
        told(measure, luck < p, odds / (1 + odds))
    assert [*measure.broken()] == []
    found = measure.figures()
    assert found is not None
    return found


def test_calibrated_probabilities_have_no_bias_and_rows_that_hold_their_mean():
    rows = held = biased = 0
    for seed in range(60):
        found = simulated(2_000, seed)
        biased += not found.bias.low < 0 < found.bias.high
        for row in found.lifetime.rows:
            if row.observed_low is not None:
                rows += 1
                held += row.observed_low <= row.predicted <= row.observed_high
        assert found.lifetime.calibration_error.value < 0.06
        assert found.lifetime.brier.value == pytest.approx(1 / 6, abs=0.02)  # the mean of p (1 - p)

    assert biased <= 8  # 3 are expected
    assert held / rows > 0.94


def test_rows_of_labels_that_come_in_bursts_are_no_narrower_than_they_should_be():
    found = [simulated(2_000, seed, persistence=0.9) for seed in range(60)]
    rows = [row for one in found for row in one.lifetime.rows if row.observed_low is not None]

    held = sum(row.observed_low <= row.predicted <= row.observed_high for row in rows)

    assert len(rows) > 250
    assert held / len(rows) > 0.9


def test_overconfidence_is_found_at_both_ends():
    found = simulated(20_000, 3, off=3.0)
    rows = {round(row.low, 3): row for row in found.lifetime.rows}

    assert rows[0.03].observed_low > rows[0.03].predicted
    assert rows[0.9].observed_high < rows[0.9].predicted
    assert found.lifetime.calibration_error.value == pytest.approx(0.13, abs=0.02)
    assert abs(found.bias.value) < 0.02  # the ends cancel


def test_what_is_recent_forgets_and_a_lifetime_does_not():
    measure = calibration(window=100)
    for _ in range(200):
        told(measure, True, 0.0)
    for _ in range(107):
        told(measure, True, 1.0)

    found = measure.figures()

    assert (found.lifetime.n, found.recent.n) == (307, 102)
    assert found.lifetime.brier.value == pytest.approx(200 / 307)
    assert found.recent.brier.value == 0.0
    assert found.lifetime.log_loss.value == pytest.approx(200 / 307 * 34.5388, abs=1e-3)
    assert [(row.low, row.high, row.n) for row in found.lifetime.rows] == [(0.0, 0.001, 200), (0.999, 1.0, 107)]


@pytest.mark.parametrize("persistence", [0.0, 0.7])
def test_log_loss_and_brier_score_have_intervals_that_hold_what_right_probabilities_come_to(persistence: float):
    shown, held = Counter(), Counter()
    for seed in range(60):
        found = simulated(2_000, seed, persistence=persistence)
        for over, one in (("lifetime", found.lifetime), ("recent", found.recent)):
            for score, figure, truth in (("log loss", one.log_loss, 1 / 2), ("Brier score", one.brier, 1 / 6)):
                assert figure.n == one.n
                if figure.low is not None:
                    shown[score, over] += 1
                    held[score, over] += figure.low <= truth <= figure.high

    assert all(shown[of, "lifetime"] == 60 for of in ("log loss", "Brier score"))
    assert all(share > 0.88 for share in (held[of] / n for of, n in shown.items()))  # of 60; 0.95 is expected
    assert found.lifetime.calibration_error.missing == NO_INTERVAL


def test_what_is_recent_has_the_interval_of_the_newest_losses_alone():
    rng, measure, losses = random.Random(2), calibration(window=400), []
    for _ in range(1_000):
        p = rng.random()
        y = rng.random() < p
        told(measure, y, p)
        losses.append((p - y) ** 2)

    found = measure.figures().recent.brier

    newest = losses[-400:]
    sums = LossSums.of(newest)
    assert (found.n, found.value) == (400, pytest.approx(sums.mean))
    expected = sums.figure(Kind.SIZE)
    assert (found.low, found.high) == (pytest.approx(expected.low, rel=1e-3), pytest.approx(expected.high, rel=1e-3))


def test_labels_come_to_the_same_in_any_portions():
    rng, one, many = random.Random(3), calibration(window=100), calibration(window=100)
    labelled = []
    for _ in range(1_234):
        p = rng.random()
        labelled.append(
            (ASKED._replace(answers={"0-1": Answer(p > 0.5, {False: 1 - p, True: p})}), rng.random() < p, 1)
        )

    for each in labelled:
        one.extend([each])
    many.extend(labelled[:700])
    many.extend(labelled[700:])

    assert one.figures() == many.figures()


def test_an_edge_is_of_the_row_below_it():
    measure = calibration()
    for share in (0.1, 0.1001, 0.0, 1.0):
        told(measure, False, share)

    assert [(row.high, row.n) for row in measure.figures().lifetime.rows] == [(0.001, 1), (0.1, 1), (0.2, 1), (1.0, 1)]


def test_of_several_classes_the_predicted_ones_probability_is_held_against_being_right():
    measure = calibration(task=Task.MULTICLASS)
    measure.extend([(ASKED._replace(answers={"0-1": Answer(0, {0: 0.7, 1: 0.2, 2: 0.1})}), 2, 1)])
    measure.extend([(ASKED._replace(answers={"0-1": Answer(0, {0: 0.75, 1: 0.25})}), 0, 1)])

    found = measure.figures().lifetime

    assert [(row.low, row.n, row.predicted, row.observed) for row in found.rows] == [
        (0.6, 1, 0.7, 0.0),
        (0.7, 1, 0.75, 1.0),
    ]
    assert found.brier.value == pytest.approx((0.49 + 0.04 + 0.81 + 0.0625 + 0.0625) / 2)
    assert found.brier_by_class == pytest.approx(
        {"low": (0.49 + 0.0625) / 2, "middle": (0.04 + 0.0625) / 2, "high": 0.81 / 2}
    )


def test_where_no_answer_has_probabilities_there_is_nothing_to_show():
    measure = calibration()
    measure.extend([(ASKED._replace(answers={"0-1": Answer(True, None)}), True, 1)])
    measure.extend([(ASKED._replace(answers={"0-1": NO_ANSWER}), True, 1)])

    assert measure.figures() is None
    assert Calibration.of(builders.gauge(task="regression", candidates=["mean"])) is None

"""The worst errors of late are kept, and old ones go."""

from __future__ import annotations

import random
from math import log

import pytest

from models.answer import NO_ANSWER, Answer
from models.asked import Asked, Lineup
from models.evaluation.errors.worst import KEPT, WorstErrors
from schemas.evaluated import WorstError
from schemas.events import Label
from tests import builders


def worst(text: str = "", task: str = "binary") -> WorstErrors:
    return WorstErrors(builders.gauge(text, task=task))


def asked(position: int) -> Asked:
    return Asked(position, {"a": 7.0}, {}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id=f"pump {position}")


def sure(p: float, y_pred: bool = False) -> Answer:
    return Answer(y_pred, {True: p, False: 1 - p})


def told(kept: WorstErrors, position: int, y: Label, served: Answer) -> None:
    kept.extend([(asked(position)._replace(answers={"0-1": served}), y, position)])


def test_the_worst_come_first_with_what_is_needed_to_look_them_up():
    kept = worst()
    told(kept, 3, True, sure(0.25))
    told(kept, 5, True, sure(0.125))
    told(kept, 6, False, sure(0.125))

    assert kept.shown() == (
        WorstError(id="pump 5", position=5, version="0-1", label="bad", y_pred="good", loss=-log(0.125)),
        WorstError(id="pump 3", position=3, version="0-1", label="bad", y_pred="good", loss=-log(0.25)),
    )


def test_they_are_the_largest_losses_of_the_window():
    kept, rng = worst(), random.Random(1)
    shares = [rng.random() / 2 for _ in range(1_000)]
    for position, p in enumerate(shares):
        told(kept, position, True, sure(p))

    assert [one.loss for one in kept.shown()] == pytest.approx([-log(p) for p in sorted(shares)[:KEPT]])
    assert [*kept.broken()] == []


def test_an_old_error_goes_after_two_windows_at_the_latest():
    kept = worst("[evaluation]\nwindow_events = 100")
    told(kept, 0, True, sure(0.001))
    told(kept, 1, True, sure(0.01))
    positions = []
    for position in range(2, 400):
        told(kept, position, False, sure(0.4))
        positions.append([one.position for one in kept.shown()])

    assert positions[97] == [0, 1]  # the window of 100 labels is over
    assert positions[197] == [0, 1]
    assert positions[198] == []


def test_a_model_without_probabilities_is_charged_one_for_each_error():
    kept = worst()
    for position in range(30):
        told(kept, position, True, Answer(False, None))

    assert [one.position for one in kept.shown()] == [*range(29, 9, -1)]  # the newest of equals
    assert {one.loss for one in kept.shown()} == {1.0}


def test_a_sure_miss_has_the_largest_log_loss_there_is():
    kept = worst()
    told(kept, 0, True, Answer(False, {False: 1.0}))

    assert kept.shown()[0].loss == pytest.approx(34.538776394910684)


def test_a_regressions_loss_is_the_absolute_error():
    kept = worst(task="regression")
    for position, (y, y_pred) in enumerate([(1.0, 4.0), (1.0, 1.0), (9.0, 2.0)]):
        told(kept, position, y, Answer(y_pred, None))
    told(kept, 3, 5.0, NO_ANSWER)

    assert [(one.position, one.label, one.y_pred, one.loss) for one in kept.shown()] == [
        (2, 9.0, 2.0, 7.0),
        (0, 1.0, 4.0, 3.0),
    ]

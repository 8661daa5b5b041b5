"""An error alarm shows how much of the rise the answers themselves had foretold."""

from __future__ import annotations

import pytest

from models.answer import Answer
from models.asked import Asked, Lineup
from models.counts import Counts
from models.drift.episodes import Episodes
from models.drift.error_monitor import ErrorMonitor
from models.names import Names
from models.turn import Turn
from schemas.alerts import DriftKind
from schemas.records import AlertStatus, DriftAlert
from tests import builders

SURE, UNSURE = 0.9, 0.5
"""What the model gives the class that it answers."""


def alerts(p_after: float, wrong_after: int, *, probabilities: bool = True) -> list[DriftAlert]:
    """Of a model that is wrong once in ten as it says, until it says ``p_after`` and is wrong so often in ten."""
    gauge = builders.gauge()
    monitor = ErrorMonitor(gauge, Episodes(gauge, Names(0, 0), Counts()))
    found: list[DriftAlert] = []
    for n in range(7_000):
        p, wrong = (SURE, 1) if n < 4_000 else (p_after, wrong_after)
        answer = Answer(True, {True: p, False: 1 - p} if probabilities else None)
        asked = Asked(n, {}, {"0-1": answer}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id=str(n))
        turn = Turn(n, None)
        monitor.label(asked, 7 * n % 10 >= wrong, "0-1", turn)
        found += [effect for effect in turn.effects if isinstance(effect, DriftAlert)]
    return found


def test_a_rise_that_was_not_foretold_is_another_concept() -> None:
    opened, *_, closed = alerts(SURE, 5)

    assert (opened.drift, opened.status, closed.status) == (DriftKind.CONCEPT, AlertStatus.OPENED, AlertStatus.CLOSED)
    assert opened.expected_share == pytest.approx(0.0, abs=0.05)
    assert closed.expected_share == pytest.approx(0.0, abs=0.05)
    assert "a new version is worth a trial" in (opened.advice or "")


def test_a_rise_that_was_foretold_stays_concept_and_says_so() -> None:
    opened, *_, closed = alerts(UNSURE, 5)

    assert opened.drift is closed.drift is DriftKind.CONCEPT
    assert closed.expected_share == pytest.approx(1.0, abs=0.1)
    assert "the events are harder" in (closed.advice or "")


def test_without_probabilities_there_is_no_share() -> None:
    opened, *_ = alerts(SURE, 5, probabilities=False)

    assert opened.expected_share is None


@pytest.mark.parametrize(("history", "alarms"), [(0, True), (7_000, False)])
def test_alarms_are_held_back_until_as_many_labels_have_come(history, alarms) -> None:
    gauge = builders.gauge(f"[drift]\nhistory_labels = {history}")
    monitor = ErrorMonitor(gauge, Episodes(gauge, Names(0, 0), Counts()))
    notes = []
    for n in range(7_000):
        answer = Answer(7 * n % 10 >= (1 if n < 4_000 else 6), None)
        asked = Asked(n, {}, {"0-1": answer}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id=str(n))
        turn = Turn(n, None)
        monitor.label(asked, True, "0-1", turn)
        notes += [one.chance.note for one in turn.effects if isinstance(one, DriftAlert) and one.chance]

    assert bool(notes) is alarms
    assert all(note is not None and note.startswith("until 20,000 labels") for note in notes)


def test_another_history_holds_at_the_next_label() -> None:
    gauge = builders.gauge("[drift]\nhistory_labels = 10")
    monitor = ErrorMonitor(gauge, Episodes(gauge, Names(0, 0), Counts()))

    monitor.adopt(builders.gauge())

    monitor._labels = 1
    assert monitor._may_open

"""Scoring: from an event to the answer that is published for it, and to the one that would be.

`Scoring.ask` is the learner's own: it leaves traces, and its answers wait for the label. `Scoring.foresee` answers the
same without side effects, for whoever wants a score and has no record in the log.
"""

from __future__ import annotations

from typing import NamedTuple

from models.asked import Asked
from models.evaluation.board import Board
from models.evaluation.holdout import HeldOutShare
from models.groups import Groups
from models.rendering import Rendering
from models.retraining.panel import Panel
from models.turn import Turn
from models.vocabulary import Vocabulary
from schemas.events import EventReceived, Features, LabelledEvent
from schemas.gauge import Gauge
from schemas.records import Doubt, Prediction


class Scored(NamedTuple):
    """What a prediction says of one event; see `schemas.records.Prediction`."""

    y_pred: str | int | float | bool | None
    probabilities: dict[str, float] | None
    version: str
    held_out: bool
    doubt: Doubt | None = None


class Scoring:
    """The way of an event through hold-out, coding, models and rendering."""

    def __init__(self, gauge: Gauge, panel: Panel, board: Board) -> None:
        self.vocabulary = Vocabulary(gauge)
        self.groups = Groups(gauge)
        self._panel = panel
        self._board = board
        self._share = HeldOutShare(gauge.name, gauge.evaluation.holdout)
        self._rendering = Rendering(gauge)

    def ask(self, event_id: str, event: LabelledEvent | EventReceived, turn: Turn) -> Asked:
        """Ask every live version and baseline once, and emit the answer of the one that answers as the prediction."""
        panel = self._panel
        held_out = self._share.has(event_id)
        uncertainty, doubt, issued = self._board.uncertainty, None, None
        rule = None if uncertainty is None else uncertainty.of_event(event.x, self.vocabulary)
        x = self.vocabulary.encode(event.x, learn=not held_out)
        turn.vocabulary = self.vocabulary
        answers = panel.ask(x, turn)
        lineup = panel.roster.lineup
        who = lineup.answering
        y_pred, probabilities = self._rendering.render(answers[who])
        if uncertainty is not None:
            doubt, issued = uncertainty.issue(answers[who], rule)
        turn.emit(
            Prediction(turn.position, event_id, event.time, event.key, y_pred, probabilities, who, held_out, doubt)
        )
        aside = self.groups.of(event.aside, learn=not held_out)
        asked = Asked(
            turn.position, x, answers, self._board.ask(), lineup, held_out, event_id, aside, issued, panel.events
        )
        self._board.predicted(asked, turn)
        return asked

    def foresee(self, event_id: str, x: Features) -> Scored:
        """What `ask` would emit if this event came next, digit for digit; nothing has changed afterwards."""
        held_out = self._share.has(event_id)
        coded = self.vocabulary.foresee(x, learn=not held_out)
        version, answer = self._panel.foresee(coded)
        uncertainty, doubt = self._board.uncertainty, None
        if uncertainty is not None:
            doubt, _ = uncertainty.issue(answer, uncertainty.of_event(x, self.vocabulary))
        return Scored(*self._rendering.render(answer), version, held_out, doubt)

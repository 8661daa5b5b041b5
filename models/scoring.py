"""Scoring: from an event to the answer that is published for it."""

from __future__ import annotations

from models.asked import Asked
from models.evaluation.board import Board
from models.evaluation.holdout import HeldOutShare
from models.rendering import Rendering
from models.retraining.panel import Panel
from models.turn import Turn
from models.vocabulary import Vocabulary
from schemas.events import EventReceived, LabelledEvent
from schemas.gauge import Gauge
from schemas.records import Prediction


class Scoring:
    """Asks every live version and baseline once; emits the champion's answer as the prediction."""

    def __init__(self, gauge: Gauge, panel: Panel, board: Board) -> None:
        self.vocabulary = Vocabulary(gauge)
        self._panel = panel
        self._board = board
        self._share = HeldOutShare(gauge.name, gauge.evaluation.holdout)
        self._rendering = Rendering(gauge)

    def ask(self, event_id: str, event: LabelledEvent | EventReceived, turn: Turn) -> Asked:
        """Predict an event."""
        panel = self._panel
        held_out = self._share.has(event_id)
        x = self.vocabulary.encode(event.x, learn=not held_out)
        answers = panel.ask(x, turn)
        lineup = panel.lineup
        champion = lineup.champion
        y_pred, probabilities = self._rendering.render(answers[champion])
        turn.emit(Prediction(turn.position, event_id, event.time, event.key, y_pred, probabilities, champion, held_out))
        return Asked(turn.position, x, answers, self._board.ask(), lineup, held_out)

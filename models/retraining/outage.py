"""The alert that no model is left: an episode that opens when a baseline stands in and closes when a model leads again.

It is no drift of the world: its kind is ``models``.
"""

from __future__ import annotations

from models.drift.episodes import Episodes
from models.drift.grounds import Grounds
from models.evaluation.board import Board
from models.retraining.conduct import PATIENCE
from models.retraining.stand_in import StandIn
from models.turn import Turn
from schemas.alerts import DriftKind, Severity
from schemas.records import AlertStatus


class Outages:
    """The stand-in of the episode that is open; reports episodes."""

    def __init__(self, board: Board, episodes: Episodes) -> None:
        self._board = board
        self._episodes = episodes
        self._open: StandIn | None = None

    def look(self, stand_in: StandIn | None, champion: str, turn: Turn) -> None:
        """Report what the change of the champion began or ended; ``stand_in`` is ``None`` while a model leads."""
        former, self._open = self._open, stand_in
        subject = stand_in or former
        if subject is None or former is stand_in:
            return
        cause = "a model leads again" if stand_in is None else f"every model keeps failing; {subject.candidate} answers"
        shown = self._board.baselines[subject.candidate] if stand_in else self._board.served
        grounds = Grounds(
            cause=cause,
            severity=Severity.MINOR if stand_in is None else Severity.CRITICAL,
            detector="failures",
            statistic=float(subject.failed_times),
            threshold=float(PATIENCE),
            version=champion,
            first=turn.position if subject.failed_since is None else subject.failed_since,
            loss_before=subject.loss_before,
            loss_now=shown.faded_error(),
        )
        status = AlertStatus.CLOSED if stand_in is None else AlertStatus.OPENED
        self._episodes.report(DriftKind.MODELS, None, status, grounds, turn)

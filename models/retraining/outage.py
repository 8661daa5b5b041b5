"""The alert that no model is left: an episode that opens when a baseline stands in and closes when a model leads again.

It is no drift of the world: its kind is ``models``.
"""

from __future__ import annotations

from models.counts import Counts
from models.evaluation.board import Board
from models.names import Names
from models.retraining.conduct import PATIENCE
from models.retraining.stand_in import StandIn
from models.turn import Turn
from schemas.alerts import DriftKind, Severity
from schemas.records import AlertStatus, DriftAlert


class Outages:
    """The episodes so far, and the stand-in of the one that is open; emits alerts."""

    def __init__(self, board: Board, names: Names, counts: Counts) -> None:
        self.episodes = 0
        self._board = board
        self._names = names
        self.counts = counts
        self._open: StandIn | None = None

    def look(self, stand_in: StandIn | None, champion: str, turn: Turn) -> None:
        """Report what the change of the champion began or ended; ``stand_in`` is ``None`` while a model leads."""
        former, self._open = self._open, stand_in
        subject = stand_in or former
        if subject is None or former is stand_in:
            return
        self.episodes += stand_in is not None
        cause = "a model leads again" if stand_in is None else f"every model keeps failing; {subject.candidate} answers"
        shown = self._board.baselines[subject.candidate] if stand_in else self._board.served
        turn.emit(
            DriftAlert(
                position=turn.position,
                time=turn.time,
                episode=self._names.of(f"models-{self.episodes}"),
                status=AlertStatus.CLOSED if stand_in is None else AlertStatus.OPENED,
                cause=cause,
                severity=Severity.MINOR if stand_in is None else Severity.CRITICAL,
                drift=DriftKind.MODELS,
                detector="failures",
                statistic=float(subject.failed_times),
                threshold=float(PATIENCE),
                loss_before=subject.loss_before,
                loss_now=shown.faded_error(),
                version=champion,
                first=turn.position if subject.failed_since is None else subject.failed_since,
                last=turn.position,
                labels=self.counts.labels,
                coverage=self.counts.coverage,
            )
        )

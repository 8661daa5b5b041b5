"""The alert that no model is left: an episode that opens when a baseline stands in and closes when a model leads again.

It is no drift of the world: its kind is ``models``.
"""

from __future__ import annotations

from datetime import datetime

from models.evaluation.board import Board
from models.retraining.conduct import PATIENCE
from models.retraining.stand_in import StandIn
from schemas.records import AlertStatus, DriftAlert


class Outages:
    """The episodes so far, and the stand-in of the one that is open."""

    def __init__(self) -> None:
        self.episodes = 0
        self._open: StandIn | None = None

    def look(
        self,
        stand_in: StandIn | None,
        champion: str,
        board: Board,
        *,
        place: str,
        position: int,
        time: datetime | None,
        labels: int,
        coverage: float,
    ) -> DriftAlert | None:
        """What to report after the champion has changed; ``stand_in`` is ``None`` while a declared model leads."""
        former, self._open = self._open, stand_in
        subject = stand_in or former
        if subject is None or former is stand_in:
            return None
        self.episodes += stand_in is not None
        cause = "a model leads again" if stand_in is None else f"every model keeps failing; {subject.candidate} answers"
        return DriftAlert(
            position=position,
            time=time,
            episode=f"{place}-models-{self.episodes}",
            status=AlertStatus.CLOSED if stand_in is None else AlertStatus.OPENED,
            cause=cause,
            severity="minor" if stand_in is None else "critical",
            drift="models",
            detector="failures",
            statistic=float(subject.failed_times),
            threshold=float(PATIENCE),
            loss_before=subject.loss_before,
            loss_now=board.baselines[subject.candidate].faded_error() if stand_in else board.served.faded_error(),
            version=champion,
            first=position if subject.failed_since is None else subject.failed_since,
            last=position,
            labels=labels,
            coverage=coverage,
        )

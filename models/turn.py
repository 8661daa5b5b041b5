"""One input's turn: where in the log it stands, and what follows from it.

Every wing of the core is handed the turn and emits its own records on it, in the order in which things happen.
"""

from __future__ import annotations

from datetime import datetime

from schemas.records import Effect


class Turn:
    """Position and event time of the input that is being handled, and the effects so far.

    ``time`` is ``None`` where the input has none. A turn is over when `Learner.handle` returns; nothing keeps one.
    """

    __slots__ = ("effects", "position", "time")

    def __init__(self, position: int, time: datetime | None) -> None:
        self.position = position
        self.time = time
        self.effects: list[Effect] = []

    def emit(self, effect: Effect) -> None:
        """Add an effect behind those that were emitted before."""
        self.effects.append(effect)

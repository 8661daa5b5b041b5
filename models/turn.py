"""One input's turn: where in the log it stands, and what follows from it.

Every wing of the core is handed the turn and emits its own records on it, in the order in which things happen.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from schemas.commands import Command
from schemas.records import Effect

if TYPE_CHECKING:
    from models.drift.finding import Finding
    from models.vocabulary import Vocabulary


class Turn:
    """Position and event time of the input that is being handled, the effects so far, and what monitors have found.

    ``time`` is ``None`` where the input has none. ``waits_since`` is the position of the oldest event that still waits
    for its label. ``warned`` says whether the watch on the error is at its warning level, ``None`` if it did not look.
    ``vocabulary`` tells what the codes of categories stand for, once an event was asked. ``command`` is the operator's
    that is being obeyed: what happens meanwhile happens at that word. A turn is over when `Learner.handle` returns;
    nothing keeps one.
    """

    __slots__ = ("command", "effects", "findings", "position", "time", "vocabulary", "waits_since", "warned")

    def __init__(self, position: int, time: datetime | None) -> None:
        self.position = position
        self.time = time
        self.effects: list[Effect] = []
        self.findings: list[Finding] = []
        self.warned: bool | None = None
        self.vocabulary: Vocabulary | None = None
        self.waits_since: int | None = None
        self.command: Command | None = None

    def emit(self, effect: Effect) -> None:
        """Add an effect behind those that were emitted before."""
        self.effects.append(effect)

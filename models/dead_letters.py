"""Records refused for good: each is counted by its reason and becomes a dead letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from models.counts import Counts
from models.turn import Turn
from schemas.events import CommandReceived, EventReceived, Input, LabelledEvent, LabelReceived, Reason, Rejected
from schemas.records import DeadLetter


class DeadLetters:
    """Emits dead letters; ``counts`` says how many there were for each reason."""

    def __init__(self) -> None:
        self.counts: Counter[Reason] = Counter()

    def broken(self, counts: Counts) -> Iterator[str]:
        """What cannot be, in words."""
        refused = sum(self.counts.values())
        if not counts.predictions <= counts.events <= counts.predictions + refused:
            yield f"{counts.events} events came, {counts.predictions} were predicted and {refused} records refused"

    def rejected(self, record: Rejected, turn: Turn) -> None:
        """Refuse a record that could not be decoded."""
        self._emit(record.reason, record.detail, record, turn.position, record.of_label, turn)

    def refuse(
        self,
        reason: Reason,
        detail: str,
        refused: LabelledEvent | EventReceived | LabelReceived | CommandReceived,
        turn: Turn,
        source: int | None = None,
    ) -> None:
        """Refuse a record that could be decoded; ``source`` is its position if it is not the turn's."""
        position = turn.position if source is None else source
        self._emit(reason, detail, refused, position, isinstance(refused, LabelReceived), turn)

    def _emit(self, reason: Reason, detail: str, refused: Input, source: int, of_label: bool, turn: Turn) -> None:
        self.counts[reason] += 1
        turn.emit(
            DeadLetter(turn.position, turn.time, source, reason, detail, refused.key, refused.raw, of_label)
        )  # fmt: skip

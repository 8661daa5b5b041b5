"""The waiting rooms of one learner: events that wait for their labels, and labels that wait for their events."""

from __future__ import annotations

from collections.abc import Iterator

from models.asked import Asked
from models.counts import Counts
from models.dead_letters import DeadLetters
from models.labels.waiting import EARLY_BYTES, EarlyLabel, EarlyLabels, WaitingRoom
from models.turn import Turn
from schemas.events import EventReceived, Label, LabelledEvent, LabelReceived, Reason
from schemas.gauge import Arrival, LabelSection
from schemas.status import Waiting


class LabelRoom:
    """Brings events and labels together, and emits the dead letter of each that comes twice or in vain.

    Where labels come with their events, no event waits and no id is compared.
    """

    def __init__(self, label: LabelSection, dead_letters: DeadLetters) -> None:
        self.expired = 0
        """Events whose label never came."""
        self._come_later = label.arrival is Arrival.LATER
        self._early_horizon = label.early_horizon_events
        self._dead_letters = dead_letters
        self._clock = 0
        self._pending: WaitingRoom[Asked] = WaitingRoom(label.horizon_events)
        self._early = EarlyLabels(label.early_horizon_events)

    def admits(self, event_id: str, event: LabelledEvent | EventReceived, turn: Turn) -> bool:
        """Whether an event may be predicted; one whose id still waits is refused, and counts for no clock."""
        if self._come_later and event_id in self._pending:
            detail = (
                f"an event with id '{event_id}' is still waiting for its label; an id may come again when the label "
                "has come, or after label.horizon_events records"
            )
            self._dead_letters.refuse(Reason.DUPLICATE_ID, detail, event, turn)
            return False
        self._clock += 1
        return True

    def wait(self, event_id: str, asked: Asked) -> Label | None:
        """The label that came before this event; if none did, the event waits for it from now on."""
        if not self._come_later:
            return None
        early = self._early.take(event_id)
        if early is not None:
            return early.label.y
        self._pending.put(event_id, asked, clock=self._clock)
        return None

    def event_of(self, label: LabelReceived, turn: Turn) -> Asked | None:
        """The event that waited for this label; if none did, the label waits for it from now on."""
        if label.id in self._early:
            detail = f"a label for id '{label.id}' is already waiting for its event"
            self._dead_letters.refuse(Reason.DUPLICATE_LABEL, detail, label, turn)
            return None
        self._clock += 1
        asked = self._pending.take(label.id)
        if asked is None:
            self._early.put(label.id, EarlyLabel(turn.position, label), clock=self._clock)
            for early in self._early.crowded_out():
                self._orphan(early, f"and it was the oldest of more than {EARLY_BYTES:,} bytes of labels", turn)
        return asked

    @property
    def waits_since(self) -> int | None:
        """The position of the oldest event that waits for its label."""
        oldest = self._pending.oldest
        return None if oldest is None else oldest.position

    def expire(self, turn: Turn) -> None:
        """Let go what has waited for as many records as its horizon."""
        if not self._come_later:
            return
        if expired := self._pending.expire(self._clock):
            self.expired += len(expired)
        for early in self._early.expire(self._clock):
            why = f"and none came within {self._early_horizon} records (label.early_horizon_events)"
            self._orphan(early, why, turn)

    def broken(self, counts: Counts) -> Iterator[str]:
        """What cannot be, in words."""
        both = sorted(set(self._pending).intersection(self._early))
        if both and self._come_later:
            yield f"event and label of {both[0]} wait for each other"
        if self._come_later:
            yield from self._pending.broken(self._clock)
            yield from self._early.broken(self._clock)
        known = counts.labels + len(self._pending) + self.expired
        if known != counts.predictions if self._come_later else known > counts.predictions:
            yield f"of {counts.predictions} predictions {known} have their label, wait for it or have waited in vain"

    def status(self) -> Waiting:
        """Who waits."""
        return Waiting(
            pending=len(self._pending), early=len(self._early), early_bytes=self._early.size, expired=self.expired
        )

    def _orphan(self, early: EarlyLabel, why: str, turn: Turn) -> None:
        detail = f"no event with id '{early.label.id}' was waiting for a label, {why}"
        self._dead_letters.refuse(Reason.ORPHAN_LABEL, detail, early.label, turn, early.position)

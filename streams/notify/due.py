"""Which steps of which episodes a receiver is told: decided here, from what it was told before.

It is told when an episode is opened, when it gets worse than the receiver has heard, and when what it has heard of is
closed. An episode that becomes bad enough later is told then. What a receiver did not take it has not heard of.
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.gauge import Receiver
from schemas.record_table import KIND_OF
from schemas.records import AlertStatus, DriftAlert
from streams.notify.told import Begun, Outcome, Record, Told
from streams.view.published import Place, Published, place_of


class Due:
    """What one receiver has heard.

    It holds the open episodes that it has heard of, and where it stands in each partition.
    """

    def __init__(self, receiver: Receiver, records: Iterable[Record] = ()) -> None:
        self._kinds = frozenset(receiver.kinds)
        self._least = receiver.severity.rank
        self._begun: dict[int, Begun] = {}
        self._heard: dict[str, int] = {}
        self._newest: dict[int, Place] = {}
        self.offsets: dict[int, int] = {}
        """The next offset of the alerts, by partition."""
        begun = [one for one in records if isinstance(one, Begun)]
        told = [one for one in records if isinstance(one, Told)]
        in_order: list[Record] = [*begun, *sorted(told, key=lambda one: (one.partition, one.offset))]
        for one in in_order:
            self.take(one)

    def take(self, record: Record) -> None:
        """What was recorded of this receiver: where it began, or the next step."""
        if isinstance(record, Begun):
            self._begun[record.partition] = record
            self.offsets.setdefault(record.partition, record.offset)
            return
        self.offsets[record.partition] = record.offset + 1
        self._newest[record.partition] = place_of(record.id, KIND_OF[DriftAlert])
        if record.outcome is not Outcome.DELIVERED:
            return
        if record.status is AlertStatus.CLOSED:
            self._heard.pop(record.episode, None)
        else:
            self._heard[record.episode] = record.severity.rank

    def is_due(self, published: Published, alert: DriftAlert) -> bool:
        """Whether the receiver is to be told of this record of the alerts."""
        newest = self._newest.get(published.partition)
        if newest is not None and published.place <= newest:
            return False  # delivered to the topic twice, at least once as it is
        begun = self._begun[published.partition]
        if published.offset < begun.since and alert.episode not in begun.episodes:
            return False
        heard = self._heard.get(alert.episode)
        if alert.status is AlertStatus.CLOSED:
            return heard is not None
        return alert.drift in self._kinds and alert.severity.rank >= (self._least if heard is None else heard + 1)

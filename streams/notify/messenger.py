"""One receiver's life: it begins with what is open, follows the alerts, and is told each step that is due."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from schemas.gauge import Gauge, Receiver
from schemas.records import DriftAlert
from streams.here import logs
from streams.here.failures import StateRefusedError
from streams.notify.due import Due
from streams.notify.messages import message
from streams.notify.told import Begun, Book, Record, Told
from streams.notify.webhook import Webhook
from streams.view.episodes import Episode
from streams.view.follower import Follower
from streams.view.published import Foreign, KafkaRecord, Published, read_back
from streams.view.view import View

KINDS: Final = ("alert",)

_log = logs.Log("notify")


class _Alerts:
    """Every alert, as often as it is there; a `streams.view.follower.Fold`."""

    def take(self, record: KafkaRecord) -> Published | None:
        read = read_back(record)
        if isinstance(read, Foreign):
            _log.warning("a record of the alerts' topic cannot be read", **read._asdict())
            return None
        return read if isinstance(read.effect, DriftAlert) else None


class Setting(NamedTuple):
    """What all receivers of a gauge have in common."""

    gauge: Gauge
    settings: Mapping[str, Any]
    book: Book


class Messenger:
    """Tells one receiver.

    Parameters
    ----------
    name, receiver
        Whom.
    setting
        The gauge, its broker, and where it is written down.
    webhook
        How to reach the receiver.
    records
        What is recorded of this receiver.
    """

    def __init__(
        self, name: str, receiver: Receiver, setting: Setting, webhook: Webhook, records: list[Record]
    ) -> None:
        self.name = name
        self.webhook = webhook
        self.outcomes: Counter[str] = Counter()
        """Steps by their outcome, since this process began."""
        self._receiver = receiver
        self._setting = setting
        self._due = Due(receiver, records)
        self._follower: Follower | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it has come to the end that the alerts had when it began."""
        return self._follower is not None and self._follower.has_read_the_past

    async def run(self) -> None:
        """Tell until cancelled; an attempt that is being made when that happens is waited for, and recorded.

        Raises
        ------
        StateRefusedError
            If what is recorded does not fit the topic, or another process tells this gauge's receivers.
        WorkerError
            If the broker cannot be reached, or refuses.
        """
        gauge, settings, _ = self._setting
        await self._begin()
        begin = {(gauge.topics.alerts, partition): offset for partition, offset in self._due.offsets.items()}
        follower = self._follower = Follower(gauge, settings, _Alerts(), kinds=KINDS, begin=begin)
        async with aclosing(follower.each()) as alerts:
            async for published in alerts:
                assert isinstance(published.effect, DriftAlert)
                if self._due.is_due(published, published.effect):
                    await self._to_its_end(published, published.effect)

    async def _to_its_end(self, published: Published, alert: DriftAlert) -> None:
        telling = asyncio.create_task(self._tell(published, alert))
        try:
            await asyncio.shield(telling)
        except asyncio.CancelledError:
            self.webhook.leave()
            await asyncio.gather(telling, return_exceptions=True)
            raise

    async def _tell(self, published: Published, alert: DriftAlert) -> None:
        gauge, _, book = self._setting
        found = await self.webhook.deliver(message(self._receiver.form, gauge.name, gauge.notify, published, alert))
        told = Told(
            receiver=self.name,
            id=published.id,
            partition=published.partition,
            offset=published.offset,
            episode=alert.episode,
            status=alert.status,
            severity=alert.severity,
            kind=alert.drift,
            outcome=found.outcome,
            attempts=found.attempts,
            code=found.code,
            at=datetime.now(UTC),
        )
        await book.write([told])
        self._due.take(told)
        self.outcomes[found.outcome] += 1
        _log.info(
            "alert told", receiver=self.name, episode=alert.episode, status=alert.status, severity=alert.severity,
            outcome=found.outcome, attempts=found.attempts,
        )  # fmt: skip

    async def _begin(self) -> None:
        """Find where to go on; in partitions where nothing is recorded, begin with what is open."""
        gauge, settings, book = self._setting
        view = View()
        look = Follower(gauge, settings, view, kinds=KINDS)
        await look.read_to_end()
        ends = {partition: offset for (_, partition), offset in look.offsets.items()}
        for partition, offset in self._due.offsets.items():
            if offset > ends.get(partition, 0):
                raise StateRefusedError(
                    f"topic {gauge.topics.alerts}/{partition} ends at {ends.get(partition, 0)}, and receiver "
                    f"{self.name} was told up to {offset}: the topic was made anew. Name another topic in "
                    f"topics.notified, and receivers begin with what is open now"
                )
        new = [partition for partition in ends if partition not in self._due.offsets]
        open_in = {partition: open_episodes(view, partition) for partition in new}
        records = [
            Begun(
                receiver=self.name,
                partition=partition,
                offset=min([ends[partition], *(one.first_offset for one in open_in[partition])]),
                since=ends[partition],
                episodes=sorted(one.name for one in open_in[partition]),
                at=datetime.now(UTC),
            )
            for partition in new
        ]
        if records:
            await book.write(records)
            for record in records:
                self._due.take(record)
            opened = sum(map(len, open_in.values()))
            _log.info("receiver begins", receiver=self.name, partitions=len(new), open_episodes=opened)


def open_episodes(view: View, partition: int) -> list[Episode]:
    """Those of a partition that go on."""
    return [one for one in view.episodes.open() if one.partition == partition]

"""From an effect of the core to a record on an output topic: key, value, headers, timestamp.

Records are CloudEvents in binary mode (CloudEvents 1.0.2, Kafka protocol binding): attributes are ``ce_`` headers, the
value is the data. ``ce_id`` is ``topic:partition:offset:kind:n`` of the input record that was handled: a repeated fold
repeats it. Dead letters carry Kafka Connect's error headers as well.

The Kafka timestamp of an output is its input record's, not event time: a broker refuses times far in the future
(``message.timestamp.after.max.ms``) and lets retention delete old ones at once, and neither depends on our data then.
Where the output topic is stricter than the input's, see `streams.delivery.stamps`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeAlias

from schemas.events import Reason
from schemas.gauge import Gauge
from schemas.record_table import KINDS, Kind
from schemas.records import DeadLetter, Effect, Prediction

Header: TypeAlias = tuple[str, bytes]

DETAIL_BYTES: Final = 2_000
"""The longest message of a dead letter, in bytes; the rest can be read from the original record."""

OVERHEAD_BYTES: Final = 8_192
"""Room kept for headers and framing, above all of ours together: gauge and topic names, the id, the message."""


_FOUND_BY_THE_LEARNER: Final = frozenset(
    {Reason.DUPLICATE_ID, Reason.DUPLICATE_LABEL, Reason.ORPHAN_LABEL, Reason.COMMAND_REFUSED}
)
"""Reasons that need the state to be seen; all others are found while decoding."""


class Output(NamedTuple):
    """One record to publish to ``topic``, to the partition of its input. ``timestamp`` in milliseconds or None."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[Header]
    timestamp: int | None


class _Address(NamedTuple):
    """What all records of a kind have in common; ``key`` is the attribute that is theirs, if they have one."""

    topic: str
    name: bytes
    key: str | None
    headers: tuple[Header, ...]


class Envelope:
    """Seals the effects of one input partition.

    Parameters
    ----------
    gauge
        Names the topics and the source.
    partition
        The input partition.
    max_message_bytes
        What the dead letters' topic takes at most; longer ones carry a prefix of the value, its length and SHA-256.
    epoch
        How often the gauge was started over; from 1 on part of the ids, which so never return with other content.
    """

    def __init__(self, gauge: Gauge, partition: int, max_message_bytes: int, *, epoch: int = 0) -> None:
        topics = gauge.topics
        place = f"{partition}.{epoch}" if epoch else str(partition)
        self._prefix = f"{topics.input}:{place}:".encode()
        self._room = max(max_message_bytes - OVERHEAD_BYTES, 0)
        source = ("ce_source", f"/rivergauge/{gauge.name}".encode())
        self._addresses = {
            kind.record: _Address(getattr(topics, kind.topic), kind.name.encode(), kind.key, _headers(kind, source))
            for kind in KINDS
        }
        self._predictions, _, _, self._prediction_headers = self._addresses[Prediction]
        self._connect: list[Header] = [
            ("__connect.errors.topic", topics.input.encode()),
            ("__connect.errors.partition", b"%d" % partition),
            ("__connect.errors.connector.name", gauge.name.encode()),
            ("__connect.errors.task.id", b"%d" % partition),
        ]
        self._sealers: dict[type, Callable[..., Output]] = {
            **dict.fromkeys(self._addresses, self._other),
            Prediction: self._prediction,
            DeadLetter: self._dead_letter,
        }

    def seal(self, effect: Effect, offset: int, n: int, timestamp: int | None) -> Output:
        """Make the record for ``effect``.

        Parameters
        ----------
        offset
            Position of the input record that was handled.
        n
            How many effects of this kind came before it at this position.
        timestamp
            The input record's timestamp in milliseconds, or None.
        """
        return self._sealers[type(effect)](effect, offset, n, timestamp)

    def _prediction(self, effect: Prediction, offset: int, n: int, timestamp: int | None) -> Output:
        headers = [
            *self._prediction_headers,
            ("ce_id", b"%s%d:prediction:%d" % (self._prefix, offset, n)),
            ("ce_subject", effect.id.encode()),
        ]
        if effect.time is not None:
            headers.append(("ce_time", rfc3339(effect.time)))
        key = effect.key
        if key is not None and len(key) > self._room:
            key = None  # a megabyte of key is refused by the broker; the event's id still names it
        return Output(self._predictions, key, effect.body(), headers, timestamp)

    def _other(self, effect: Effect, offset: int, n: int, timestamp: int | None) -> Output:
        address = self._addresses[type(effect)]
        key = None if address.key is None else getattr(effect, address.key)
        if key is not None and len(key) > self._room:
            key = None
        return Output(address.topic, key, effect.body(), self._attributes(effect, offset, n), timestamp)

    def _dead_letter(self, effect: DeadLetter, offset: int, n: int, timestamp: int | None) -> Output:
        headers = self._attributes(effect, offset, n)
        headers.append(("ce_reason", effect.reason.encode()))
        headers.append(("rivergauge_record", effect.record.encode()))
        headers += self._connect
        headers += [
            ("__connect.errors.offset", b"%d" % effect.source),
            ("__connect.errors.stage", b"TASK_PUT" if effect.reason in _FOUND_BY_THE_LEARNER else b"VALUE_CONVERTER"),
            ("__connect.errors.class.name", b"rivergauge"),
            ("__connect.errors.exception.class.name", f"rivergauge.{effect.reason}".encode()),
            ("__connect.errors.exception.message", _clip(effect.detail.encode(errors="replace"), DETAIL_BYTES)),
        ]
        key, value = effect.key, effect.body()
        if key is not None and len(key) > self._room:
            headers += _digest("key", key)
            key = key[: self._room]
        room = self._room - (len(key) if key is not None else 0)
        if value is not None and len(value) > room:
            headers += _digest("value", value)
            value = value[:room]
        return Output(self._addresses[DeadLetter].topic, key, value, headers, timestamp)

    def _attributes(self, effect: Effect, offset: int, n: int) -> list[Header]:
        address = self._addresses[type(effect)]
        headers = [*address.headers, ("ce_id", b"%s%d:%s:%d" % (self._prefix, offset, address.name, n))]
        if effect.time is not None:
            headers.append(("ce_time", rfc3339(effect.time)))
        return headers


def rfc3339(time: datetime) -> bytes:
    """Event time as CloudEvents wants it, in UTC; a time without a zone is UTC already.

    >>> rfc3339(datetime(2026, 1, 2, 3, 4, 5))
    b'2026-01-02T03:04:05Z'
    """
    if time.tzinfo is not None and time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    # Cheaper than isoformat, which asks the zone for its name first.
    day = (time.year, time.month, time.day, time.hour, time.minute, time.second)
    if time.microsecond:
        return b"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ" % (*day, time.microsecond)
    return b"%04d-%02d-%02dT%02d:%02d:%02dZ" % day


def _headers(kind: Kind, source: Header) -> tuple[Header, ...]:
    content = () if kind.content_type is None else (("content-type", kind.content_type.encode()),)
    return (*content, ("ce_specversion", b"1.0"), ("ce_type", kind.ce_type.encode()), source)


def _clip(text: bytes, limit: int) -> bytes:
    return text if len(text) <= limit else text[:limit].decode(errors="ignore").encode()


def _digest(what: str, content: bytes) -> list[Header]:
    return [
        (f"rivergauge_{what}_length", b"%d" % len(content)),
        (f"rivergauge_{what}_sha256", hashlib.sha256(content).hexdigest().encode()),
    ]

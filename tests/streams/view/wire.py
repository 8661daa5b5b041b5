"""Effects as records on output topics, as a consumer gives them."""

from __future__ import annotations

from typing import NamedTuple

from schemas.records import Effect
from streams.delivery.envelope import Envelope
from tests import builders


class Wire(NamedTuple):
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def on_the_wire(
    effect: Effect, *, partition: int = 0, epoch: int = 0, n: int = 0, offset: int = 0, timestamp: int | None = None
) -> Wire:
    """An effect published of a partition of the pumps' gauge, by default a second per position."""
    envelope = Envelope(builders.gauge(), partition, 1_000_000, epoch=epoch)
    sealed = envelope.seal(effect, effect.position, n, None)
    at = 1_000 * effect.position if timestamp is None else timestamp
    return Wire(sealed.topic, partition, offset, at, sealed.key, sealed.value, sealed.headers)

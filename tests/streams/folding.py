"""What the tests of folds and shards fold: rows of a log, a decoder that refuses all, a core that answers simply."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from models.learner import Learner
from schemas.events import Reason, Rejected
from schemas.log import Headers, Record
from schemas.records import DeadLetter, Effect, Prediction
from schemas.status import Status
from streams.delivery.envelope import Envelope
from streams.engine.chunk import Chunk
from streams.partition.core_kind import Way
from streams.partition.fold import Fold
from streams.partition.news import Oddities
from tests import builders


class Row(NamedTuple):
    offset: int
    value: bytes | None = b"{}"
    key: bytes | None = None
    timestamp: int = 1_000
    headers: Headers = ()
    topic: str = "pumps"
    partition: int = 0


class Decoder:
    def decode(self, record: Record) -> Rejected:
        return Rejected(Reason.NOT_JSON, "", record.key, record.value)


class Core:
    """Answers each record with a prediction and as many dead letters as the record's value is long, less two."""

    leader = "0-1"

    def __init__(self, next_offset: int = 0) -> None:
        self.next_offset = next_offset
        self.seen: list[int] = []

    def handle(self, event: Any, position: int) -> list[Effect]:
        if event.raw == b"boom":
            raise ZeroDivisionError("division by zero")
        self.seen.append(position)
        self.next_offset = position + 1
        prediction = Prediction(position, str(position), None, event.key, 1.0, None, "0-1", False)
        dead = DeadLetter(position, None, position, event.reason, "", None, b"")
        return [prediction, *[dead] * (len(event.raw or b"{}") - 2)]

    def status(self) -> Status:
        return Learner(builders.gauge()).status()


def fold(core: Any = None, clock: Callable[[], float] = lambda: 0.0, **more: Any) -> Fold:
    core = core if core is not None else Core()
    way = Way(Decoder().decode, Envelope(builders.gauge(), 0, 10**6).seal, lambda: Oddities({}, {}))
    return Fold(0, core=core, way=way, clock=clock, **{"begin": 0, **more})


def chunk(*offsets: int, start: int | None = None) -> Chunk:
    return Chunk(0, 1, offsets[0] if start is None else start, [Row(offset) for offset in offsets])


def ids(outputs: Any) -> list[str]:
    return [dict(output.headers)["ce_id"].decode() for output in outputs]


def ticking(step: float) -> Callable[[], float]:
    ticks = count()
    return lambda: next(ticks) * step

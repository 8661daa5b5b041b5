"""One input partition: decode, call the core, seal its effects, publish them in order.

Rules. Records are folded in stretches of a few milliseconds of work, and the event loop is given back after each, so
that HTTP, heartbeats and signals live however large a fetched chunk is. Between reading and changing the learner there
is no ``await``. Slices are published strictly in order; while one is being published the next grows, and goes out when
the first is acknowledged: a slow broker makes slices longer, an idle one leaves none waiting. Whatever raises ends the
shard: there is no way to go on that would not lose an event.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter, time
from typing import Any, Final, NamedTuple, Protocol

from schemas.events import Input
from schemas.records import Effect, Kind
from streams.chunk import Chunk, Record
from streams.envelope import Envelope, Output
from streams.failures import DefectError, LogRefusedError
from streams.latency import Latency

STRETCH_S: Final = 0.003
TURNS: Final = 4
"""Turns of the event loop after each stretch: fetching a chunk and publishing a slice take several each, and with one
turn per stretch they would take several stretches."""

SLICE_RECORDS: Final = 5_000
"""Folding waits for the broker when the next slice has come from so many records."""

WAITING_CHUNKS: Final = 2


class Slice(NamedTuple):
    """What a stretch of the log led to: outputs in order, and the position after it.

    ``stamps`` are the input records' timestamps in milliseconds, for the latency they will have had when published.
    """

    outputs: list[Output]
    next_offset: int
    stamps: list[int]


def joined(slices: Sequence[Slice]) -> Slice:
    """One slice of several that follow each other."""
    if len(slices) == 1:
        return slices[0]
    outputs = [output for piece in slices for output in piece.outputs]
    return Slice(outputs, slices[-1].next_offset, [stamp for piece in slices for stamp in piece.stamps])


class Core(Protocol):
    """The part of `models.learner.Learner` that a shard uses."""

    next_offset: int

    def handle(self, event: Input, position: int) -> list[Effect]:
        """Fold one input into the state; its effects in order."""

    def summary(self) -> dict[str, Any]:
        """Figures for monitoring."""


class Decode(Protocol):
    """The part of `models.intake.Decoder` that a shard uses."""

    def decode(self, value: bytes | None, key: bytes | None) -> Input:
        """Never raises for bad data."""


class Publisher(Protocol):
    """Where slices go. Returns when the broker has acknowledged all of the slice."""

    async def publish(self, piece: Slice) -> None:
        """Publish one slice; called for one slice of a shard at a time."""


class Shard:
    """Folds one partition, from the learner's position on, for as long as `run` runs.

    Parameters
    ----------
    partition
        The input partition, for messages.
    core, decoder, envelope, publisher
        The parts of the pipeline.
    clock, wall
        Monotonic seconds, to bound slices; seconds since 1970, to measure latency.
    """

    def __init__(
        self,
        partition: int,
        *,
        core: Core,
        decoder: Decode,
        envelope: Envelope,
        publisher: Publisher,
        clock: Callable[[], float] = perf_counter,
        wall: Callable[[], float] = time,
    ) -> None:
        self.partition = partition
        self.core = core
        self.latency = Latency()
        self.published = core.next_offset
        self._decode = decoder.decode
        self._seal = envelope.seal
        self._publisher = publisher
        self._clock = clock
        self._wall = wall
        self._chunks: deque[Chunk] = deque()
        self._news = asyncio.Event()
        self._room_for_chunks = asyncio.Event()
        self._room_for_chunks.set()
        self._revision = 0
        self._stopping = False
        self._growing: list[Slice] = []
        self._grown_records = 0
        self._room: asyncio.Future[None] | None = None
        self._publishing: asyncio.Task[None] | None = None

    @property
    def next_offset(self) -> int:
        """The learner's position: everything below is folded."""
        return self.core.next_offset

    @property
    def has_room(self) -> bool:
        """Whether the reader should fetch more for this shard."""
        return self._room_for_chunks.is_set()

    async def room(self) -> None:
        """Wait until the shard `has_room`."""
        await self._room_for_chunks.wait()

    def deliver(self, chunk: Chunk) -> None:
        """Hand over a chunk; never refused, but see `has_room`. After `stop`, chunks are ignored."""
        if not self._stopping:
            self._chunks.append(chunk)
            self._news.set()
            if len(self._chunks) >= WAITING_CHUNKS:
                self._room_for_chunks.clear()

    def discard(self) -> None:
        """Forget the chunks that are waiting and the rest of the one at work; the reader will fetch them again."""
        self._revision += 1
        self._chunks.clear()
        self._room_for_chunks.set()

    def stop(self) -> None:
        """Let `run` end when the slice at work is published."""
        self._stopping = True
        self.discard()
        self._news.set()

    async def run(self) -> None:
        """Fold and publish until stopped.

        Raises
        ------
        LogRefusedError
            If a chunk begins above the learner's position.
        DefectError
            If the core or the envelope raises.
        WorkerError
            If the publisher gives up.
        """
        try:
            while (chunk := await self._next_chunk()) is not None:
                await self._take(chunk)
            await self._published_all()
        finally:
            if self._publishing is not None:
                self._publishing.cancel()

    async def _take(self, chunk: Chunk) -> None:
        if chunk.start > self.next_offset:
            raise LogRefusedError(
                f"partition {self.partition}: the learner stands at {self.next_offset}, the next chunk begins at "
                f"{chunk.start}: {chunk.start - self.next_offset} records would never be learned"
            )
        revision = self._revision
        for stretch in self.fold(chunk.records):
            if self._grown_records >= SLICE_RECORDS:
                await self._room_again()
            self._growing.append(stretch)
            self._grown_records += len(stretch.stamps)
            if self._publishing is None or self._publishing.done():
                await self._published_all()
                self._publishing = asyncio.create_task(self._publish_growing(), name=f"publish-{self.partition}")
                self._publishing.add_done_callback(lambda _: self._news.set())
            for _ in range(TURNS):
                await asyncio.sleep(0)
            if revision != self._revision:
                break

    def fold(self, records: Sequence[Record]) -> Iterator[Slice]:
        """Fold records, a stretch each time the next is asked for. Records below the learner's position are skipped."""
        done, count = 0, len(records)
        while done < count:
            outputs: list[Output] = []
            stamps: list[int] = []
            done = self._fold_stretch(records, done, outputs, stamps)
            if stamps:
                yield Slice(outputs, self.core.next_offset, stamps)

    def _fold_stretch(self, records: Sequence[Record], at: int, outputs: list[Output], stamps: list[int]) -> int:
        core, decode, seal, clock = self.core, self._decode, self._seal, self._clock
        handle = core.handle
        until = clock() + STRETCH_S
        end = len(records)
        next_offset = core.next_offset
        while at < end:
            record = records[at]
            at += 1
            offset = record.offset
            if offset < next_offset:
                continue
            try:
                effects = handle(decode(record.value, record.key), offset)
                timestamp = record.timestamp
                stamp = timestamp if timestamp >= 0 else None
                if len(effects) == 1:
                    outputs.append(seal(effects[0], offset, 0, stamp))
                elif effects:
                    seen: dict[Kind, int] = {}
                    for effect in effects:
                        n = seen.get(effect.kind, 0)
                        seen[effect.kind] = n + 1
                        outputs.append(seal(effect, offset, n, stamp))
            except Exception as error:
                raise DefectError(
                    f"a defect at partition {self.partition}, offset {offset}: {type(error).__name__}: {error}; "
                    "nothing after this record was learned, a restart will come to it again"
                ) from error
            stamps.append(timestamp)
            if clock() >= until:
                break
        return at

    async def _publish_growing(self) -> None:
        while self._growing:
            piece = joined(self._growing)
            self._growing = []
            self._grown_records = 0
            if self._room is not None and not self._room.done():
                self._room.set_result(None)
            if piece.outputs:
                await self._publisher.publish(piece)
            self.published = piece.next_offset
            self.latency.observe(piece.stamps, self._wall() * 1_000)

    async def _room_again(self) -> None:
        """Wait until the grown slice is on its way."""
        assert self._publishing is not None, "a slice grows only while another is published"
        self._room = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._room, self._publishing}, return_when=asyncio.FIRST_COMPLETED)
        if self._publishing.done():
            await self._published_all()

    async def _published_all(self) -> None:
        if self._publishing is not None:
            await asyncio.shield(self._publishing)
            self._publishing = None

    async def _next_chunk(self) -> Chunk | None:
        """Wait for a chunk, or the end; notice at once if what is being published fails meanwhile."""
        while not self._chunks and not self._stopping:
            if self._publishing is not None and self._publishing.done():
                await self._published_all()
            self._news.clear()
            await self._news.wait()
        if self._stopping:
            return None
        self._room_for_chunks.set()
        return self._chunks.popleft()

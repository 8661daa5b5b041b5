"""A shard between a fake core and a fake publisher: order, slices, what stops it. The clock is an argument."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, NamedTuple

import pytest

from schemas.events import Reason, Rejected
from schemas.records import DeadLetter, Effect, Prediction
from streams import shard as module
from streams.chunk import Chunk
from streams.envelope import Envelope
from streams.failures import BrokerRefusedError, DefectError, LogRefusedError
from streams.shard import STRETCH_S, Shard, Slice, joined
from tests import builders


class Row(NamedTuple):
    offset: int
    value: bytes = b"{}"
    key: bytes | None = None
    timestamp: int = 1_000


class Decoder:
    def decode(self, value: bytes | None, key: bytes | None) -> Rejected:
        return Rejected(Reason.NOT_JSON, "", key, value)


class Core:
    """Answers each record with a prediction and as many dead letters as the record's value is long, less two."""

    def __init__(self) -> None:
        self.next_offset = 0
        self.seen: list[int] = []

    def handle(self, event: Any, position: int) -> list[Effect]:
        if event.raw == b"boom":
            raise ZeroDivisionError("division by zero")
        self.seen.append(position)
        self.next_offset = position + 1
        prediction = Prediction(position, str(position), None, event.key, 1.0, None, "0-1", False)
        dead = DeadLetter(position, None, position, Reason.NOT_JSON, "", None, b"")
        return [prediction, *[dead] * (len(event.raw) - 2)]

    def summary(self) -> dict[str, Any]:
        return {}


class Publisher:
    """Keeps slices; each waits for a permit if ``permits`` is given."""

    def __init__(self, permits: asyncio.Semaphore | None = None) -> None:
        self.begun: list[Slice] = []
        self.done: list[Slice] = []
        self.permits = permits

    async def publish(self, piece: Slice) -> None:
        self.begun.append(piece)
        if self.permits is not None:
            await self.permits.acquire()
        self.done.append(piece)


def shard(core: Core | None = None, publisher: Any = None, clock: Any = lambda: 0.0) -> Shard:
    return Shard(
        0,
        core=core if core is not None else Core(),
        decoder=Decoder(),
        envelope=Envelope(builders.gauge(), 0, 10**6),
        publisher=publisher if publisher is not None else Publisher(),
        clock=clock,
        wall=lambda: 2.0,
    )


def chunk(*offsets: int, start: int | None = None) -> Chunk:
    return Chunk(0, 1, offsets[0] if start is None else start, [Row(offset) for offset in offsets])


def ids(piece: Slice) -> list[str]:
    return [dict(output.headers)["ce_id"].decode() for output in piece.outputs]


def ticking(step: float) -> Any:
    ticks = count()
    return lambda: next(ticks) * step


async def until(condition: Any) -> None:
    """Let other tasks run until it holds; a test that waits in vain ends with its timeout here."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


# -- folding ----------------------------------------------------------------------------------------------------------


def test_a_fold_without_pressure_is_one_stretch():
    core = Core()

    [piece] = shard(core).fold([Row(0), Row(1), Row(4)])

    assert core.seen == [0, 1, 4]
    assert ids(piece) == [f"pumps:0:{offset}:prediction:0" for offset in (0, 1, 4)]
    assert piece.next_offset == 5
    assert piece.stamps == [1_000] * 3


def test_a_stretch_ends_after_its_milliseconds_of_work():
    step = STRETCH_S * 0.6  # looked at once before the stretch and once per record: two records reach the end

    pieces = list(shard(clock=ticking(step)).fold([Row(offset) for offset in range(5)]))

    assert [piece.next_offset for piece in pieces] == [2, 4, 5]


def test_stretches_do_not_change_what_is_said():
    rows = [Row(offset, b"x" * (2 + offset % 3)) for offset in range(50)]

    whole = [id for piece in shard().fold(rows) for id in ids(piece)]
    stretched = [id for piece in shard(clock=ticking(STRETCH_S)).fold(rows) for id in ids(piece)]

    assert stretched == whole


def test_records_below_the_position_are_skipped_without_a_stretch():
    core = Core()
    core.next_offset = 3

    pieces = list(shard(core).fold([Row(1), Row(2)])) + list(shard(core).fold([Row(2), Row(3)]))

    assert core.seen == [3]
    assert len(pieces) == 1


def test_effects_of_one_kind_at_one_position_are_numbered_from_0():
    [piece] = shard().fold([Row(7, b"xxxx")])

    assert ids(piece) == ["pumps:0:7:prediction:0", "pumps:0:7:dead_letter:0", "pumps:0:7:dead_letter:1"]


def test_outputs_have_the_input_records_timestamp_and_none_where_it_has_none():
    [piece] = shard().fold([Row(0, timestamp=5), Row(1, timestamp=-1)])

    assert [output.timestamp for output in piece.outputs] == [5, None]


def test_a_core_that_raises_is_a_defect_that_names_the_record():
    with pytest.raises(DefectError, match=r"partition 0, offset 1: ZeroDivisionError: division by zero"):
        list(shard().fold([Row(0), Row(1, b"boom")]))


class Unspeakable(Core):
    """Says something that no topic is for."""

    def handle(self, event: Any, position: int) -> list[Effect]:
        return [*super().handle(event, position)[:position], object()]


@pytest.mark.parametrize("offset", [0, 1])  # alone, and behind another effect
def test_an_effect_that_cannot_be_sealed_is_a_defect_that_names_the_record(offset: int):
    with pytest.raises(DefectError, match=rf"partition 0, offset {offset}: (Key|Attribute)Error: .*object"):
        list(shard(Unspeakable()).fold([Row(offset)]))


# -- running ----------------------------------------------------------------------------------------------------------


async def test_slices_are_published_in_order_and_stopping_publishes_the_last():
    publisher = Publisher()
    subject = shard(publisher=publisher, clock=ticking(STRETCH_S))
    running = asyncio.create_task(subject.run())
    subject.deliver(chunk(0, 1, 2))
    subject.deliver(chunk(3))
    await until(lambda: subject.next_offset == 4)

    subject.stop()
    await running

    assert [id for piece in publisher.done for id in ids(piece)] == [f"pumps:0:{n}:prediction:0" for n in range(4)]
    assert subject.published == publisher.done[-1].next_offset == 4


async def test_while_one_slice_is_published_the_next_grows():
    permits = asyncio.Semaphore(0)
    publisher = Publisher(permits)
    subject = shard(publisher=publisher, clock=ticking(STRETCH_S))
    running = asyncio.create_task(subject.run())
    subject.deliver(chunk(0, 1, 2, 3))
    await until(lambda: subject.next_offset == 4)

    assert [piece.next_offset for piece in publisher.begun] == [1]

    permits.release()
    await until(lambda: len(publisher.begun) == 2)
    assert [piece.next_offset for piece in publisher.begun] == [1, 4]
    permits.release()
    subject.stop()
    await running


async def test_folding_waits_for_a_broker_that_is_too_slow(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "SLICE_RECORDS", 2)
    permits = asyncio.Semaphore(0)
    publisher = Publisher(permits)
    core = Core()
    subject = shard(core, publisher, clock=ticking(STRETCH_S))
    running = asyncio.create_task(subject.run())
    subject.deliver(chunk(*range(8)))
    await until(lambda: len(core.seen) >= 4)
    for _ in range(20):
        await asyncio.sleep(0)

    assert core.seen == [0, 1, 2, 3]  # one on its way, two grown, one folded that finds no room

    for _ in range(8):
        permits.release()
    await until(lambda: subject.published == 8)
    assert [piece.next_offset for piece in publisher.done][:2] == [1, 3]
    subject.stop()
    await running


def test_joined_slices_are_one_after_the_other():
    pieces = list(shard(clock=ticking(STRETCH_S)).fold([Row(0, timestamp=5), Row(1, timestamp=6)]))

    whole = joined(pieces)

    assert whole == Slice([*pieces[0].outputs, *pieces[1].outputs], 2, [5, 6])


async def test_the_event_loop_is_given_back_between_slices():
    subject = shard(clock=ticking(STRETCH_S))
    running = asyncio.create_task(subject.run())
    subject.deliver(chunk(*range(50)))
    seen = []

    while subject.next_offset < 50:
        seen.append(subject.next_offset)
        await asyncio.sleep(0)

    assert len(set(seen)) > 20
    subject.stop()
    await running


async def test_a_chunk_above_the_position_is_refused():
    subject = shard()
    subject.deliver(chunk(5, 6))

    with pytest.raises(LogRefusedError, match="stands at 0, the next chunk begins at 5: 5 records"):
        await subject.run()


async def test_a_gap_inside_the_log_is_no_gap_in_reading():
    core = Core()
    subject = shard(core)
    running = asyncio.create_task(subject.run())

    subject.deliver(chunk(5, 6, start=0))  # the reader stood at 0; below 5 are only transaction markers
    await until(lambda: core.seen == [5, 6])

    subject.stop()
    await running


async def test_discarded_chunks_are_not_folded_and_may_come_again():
    core = Core()
    subject = shard(core, clock=ticking(STRETCH_S))
    running = asyncio.create_task(subject.run())
    subject.deliver(chunk(0, 1, 2, 3))
    subject.deliver(chunk(4, 5))
    await until(lambda: core.seen == [0, 1])

    subject.discard()
    for _ in range(20):
        await asyncio.sleep(0)
    assert core.seen == [0, 1]

    subject.deliver(chunk(2, 3, 4, 5))
    await until(lambda: subject.published == 6)
    assert core.seen == [0, 1, 2, 3, 4, 5]
    subject.stop()
    await running


async def test_a_shard_has_room_until_two_chunks_wait():
    subject = shard()
    subject.deliver(chunk(0))
    assert subject.has_room
    subject.deliver(chunk(1))
    assert not subject.has_room

    running = asyncio.create_task(subject.run())
    async with asyncio.timeout(5):
        await subject.room()

    subject.stop()
    await running


async def test_discarding_makes_room():
    subject = shard()
    subject.deliver(chunk(0))
    subject.deliver(chunk(1))

    subject.discard()

    assert subject.has_room


async def test_a_failed_publish_ends_the_shard_even_if_no_chunk_follows():
    class Refusing:
        async def publish(self, piece: Slice) -> None:
            await asyncio.sleep(0)
            raise BrokerRefusedError("no")

    subject = shard(publisher=Refusing())
    subject.deliver(chunk(0))

    with pytest.raises(BrokerRefusedError):
        await asyncio.wait_for(subject.run(), 5)


async def test_a_defect_is_raised_by_run():
    subject = shard()
    subject.deliver(Chunk(0, 1, 0, [Row(0, b"boom")]))

    with pytest.raises(DefectError):
        await subject.run()


async def test_latency_is_from_the_records_timestamp_to_the_acknowledgement():
    subject = shard()  # records are stamped 1.0 s, the wall clock shows 2.0 s
    running = asyncio.create_task(subject.run())
    subject.deliver(chunk(0, 1))
    await until(lambda: subject.published == 2)
    subject.stop()
    await running

    buckets = dict(subject.latency.cumulative())
    assert (buckets["0.5"], buckets["1.0"], buckets["+Inf"]) == (0, 2, 2)
    assert subject.latency.sum_s == 2.0

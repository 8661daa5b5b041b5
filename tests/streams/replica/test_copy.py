"""One partition's copy: real learners, snapshots in memory, a log in memory. Oracle: a learner that folded it alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from models.learner import Learner
from schemas.gauge import Gauge
from streams.engine.chunk import Bounds, Chunk
from streams.orders.orders import Accept, Order, Replay, Reset, Skip
from streams.partition.fit import Fit
from streams.partition.learning import learning
from streams.replica.copy import Copy
from streams.replica.kept import Kept
from streams.snapshots.failures import SnapshotStoreError
from streams.snapshots.identity import Identity
from streams.snapshots.stores.store import Blob
from tests import builders
from tests.streams.folding import Row
from tests.streams.partition.test_restore import (
    GAUGE,
    HERE,
    KEY,
    OTHER_GAUGE,
    VALUES,
    identity,
    kept,
    learned,
    origin,
)
from tests.streams.snapshots.memory import MemoryStore

EVENT = builders.record("new", a=3.0)


class ReadOnlyStore(MemoryStore):
    """Fails a test that writes; is away while ``away``."""

    away = False

    async def put(self, identity: Identity, blob: Blob) -> None:
        raise AssertionError("a replica wrote a snapshot")

    async def list(self, partition: int) -> list[Identity]:
        if self.away:
            raise SnapshotStoreError("the disc is away")
        return await super().list(partition)

    async def set_aside(self, identity: Identity) -> str | None:
        raise AssertionError("a replica set a snapshot aside")

    async def delete(self, identity: Identity) -> None:
        raise AssertionError("a replica deleted a snapshot")

    async def clean(self, partition: int) -> None:
        raise AssertionError("a replica cleaned up")


class Log:
    """A `streams.replica.reader.Reader` of one partition; ``markers`` lie behind its last record."""

    def __init__(self, values: Sequence[bytes], begin: int = 0, markers: int = 0) -> None:
        self.rows = [Row(offset, value) for offset, value in enumerate(values)]
        self.begin, self.markers = begin, markers
        self.at: int | None = None
        self.handed_out = 0

    @property
    def end(self) -> int:
        return len(self.rows) + self.markers

    @property
    def reading(self) -> tuple[int, ...]:
        return () if self.at is None else (0,)

    async def bounds(self, partition: int) -> Bounds:
        return Bounds(self.begin, self.end)

    def seek(self, partition: int, offset: int) -> None:
        self.at = offset

    def pause(self, partition: int) -> None:
        self.at = None

    def chunk(self, most: int) -> Chunk | None:
        at = self.at
        rows = [] if at is None else self.rows[at : at + most]
        if not rows or at is None:
            return None
        self.at = at + len(rows)
        self.handed_out += len(rows)
        return Chunk(0, 0, at, rows)


class Case:
    """A copy between its snapshots and its log."""

    def __init__(
        self, log: Log, snapshots: dict[Identity, bytes] | None = None, *, serve: dict[str, Any] | None = None,
        make: Any = None,
    ) -> None:  # fmt: skip
        self.log, self.store, self.orders = log, ReadOnlyStore(), list[Order]()
        self.store.kept.update(snapshots or {})
        self.gauge: Gauge = GAUGE.model_copy(update={"serve": GAUGE.serve.model_copy(update=serve or {})})
        fit = Fit("pumps/0", 1, HERE)
        kind = learning(self.gauge, 0, 10**6, make or (lambda epoch: Learner(self.gauge, epoch=epoch)))
        state = Kept(0, store=self.store, key=lambda: KEY, fit=fit, kind=kind)
        self.copy = Copy(self.gauge, 0, origin=HERE.digest, kept=state, fit=fit, kind=kind)

    async def settle(self, most: int = 1_000) -> Copy:
        """Look, and take all that there is to read."""
        self.copy.reach.saw(self.log.end)
        await self.copy.look(self.orders, self.log)  # type: ignore[arg-type]
        while (chunk := self.log.chunk(most)) is not None:
            await self.copy.take(chunk, self.log)  # type: ignore[arg-type]
        if self.log.reading:
            self.copy.read_to(self.log.end)
        return self.copy


def answer(learner: Learner | None) -> Any:
    assert learner is not None
    [event] = builders.decoded(GAUGE, [EVENT])
    return learner.score(event)  # type: ignore[arg-type]


@pytest.mark.parametrize("most", [1, 7, 1_000])
async def test_a_copy_folds_on_from_the_newest_snapshot(most):
    case = Case(Log(VALUES, markers=1), {identity(20): kept(20), identity(40): kept(40)})

    copy = await case.settle(most)

    assert (copy.durable, copy.core.next_offset, copy.position, copy.lag, copy.refusal()) == (40, 60, 61, 0, None)
    assert copy.core.status() == learned(60).status()
    assert answer(copy.core) == answer(learned(60))
    assert copy.as_of == datetime(2024, 1, 1, tzinfo=UTC)
    assert case.log.handed_out == 21, "from the record that the snapshot saw last, which is compared"


async def test_it_is_ready_once_it_has_come_to_the_end_that_its_log_had():
    case = Case(Log(VALUES), {identity(40): kept(40)})
    case.copy.reach.saw(60)
    await case.copy.look([], case.log)  # type: ignore[arg-type]

    assert (case.copy.refusal(), case.copy.missing()) == (None, "at 40 of 60")
    case.log.rows.append(Row(60, VALUES[0]))
    assert (await case.settle()).missing() is None


async def test_without_a_snapshot_it_folds_from_where_the_log_begins():
    copy = await Case(Log(VALUES)).settle()

    assert (copy.durable, copy.position) == (0, 60)
    assert copy.core.status() == learned(60).status()


async def test_a_log_whose_begin_is_gone_is_refused_and_told():
    copy = await Case(Log(VALUES, begin=5)).settle()

    assert copy.core is None
    assert "5 records are gone and would never be learned" in copy.refusal()


async def test_following_snapshots_alone_it_stands_where_they_stand_and_goes_to_newer_ones():
    case = Case(Log(VALUES), {identity(20): kept(20)}, serve={"follow": "snapshots", "max_lag": 30})

    copy = await case.settle()
    assert (copy.position, copy.lag, copy.core.status()) == (20, 40, learned(20).status())
    assert copy.refusal() == "its state is 40 offsets behind its log, and serve.max_lag is 30"
    assert copy.as_of == datetime(2024, 1, 1, tzinfo=UTC), "of the record that the snapshot saw last"

    case.store.kept[identity(50)] = kept(50)
    copy = await case.settle()
    assert (copy.position, copy.lag, copy.refusal(), copy.core.status()) == (50, 10, None, learned(50).status())


async def test_following_snapshots_alone_it_is_at_the_end_where_only_markers_follow():
    case = Case(Log(VALUES, markers=3), {identity(60): kept(60)}, serve={"follow": "snapshots"})

    copy = await case.settle()

    assert (copy.core.next_offset, copy.position, copy.lag) == (60, 63, 0)


OTHERS = {
    "signed with another key": lambda: kept(50, key=b"other" * 8),
    "damaged": lambda: kept(50)[:-40] + b"\0" * 40,
    "another's in its place": lambda: kept(50, partition=1),
    "no snapshot at all": lambda: b"nothing",
}


@pytest.mark.parametrize("bad", OTHERS)
async def test_a_snapshot_that_is_not_genuine_is_passed_over_for_the_one_before(bad):
    case = Case(Log(VALUES), {identity(30): kept(30)}, serve={"follow": "snapshots"})
    await case.settle()
    case.store.kept[identity(50)] = OTHERS[bad]()

    for _ in range(2):
        copy = await case.settle()
        assert (copy.position, copy.refusal()) == (30, None)
    assert copy.core.status() == learned(30).status()
    case.store.kept[identity(55)] = kept(55)
    assert (await case.settle()).position == 55


async def test_a_snapshot_that_another_gauge_file_made_ends_the_fold_and_the_older_state_is_kept():
    case = Case(Log(VALUES[:40]), {identity(30): kept(30)})
    await case.settle()
    case.store.kept[identity(35)] = kept(35, by=origin(OTHER_GAUGE))
    case.log.rows += Log(VALUES).rows[40:]

    copy = await case.settle()
    assert (copy.position, copy.core.status(), copy.refusal()) == (40, learned(40).status(), None)

    case.log.rows += [Row(offset, VALUES[0]) for offset in range(60, 20_000)]
    copy = await case.settle()
    assert copy.position == 40
    assert copy.refusal().startswith("its state is 19,960 offsets behind its log")
    assert "made by another gauge file or other libraries" in copy.refusal()


async def test_what_an_operator_accepted_is_gone_on_with_from_where_it_was_accepted():
    case = Case(Log(VALUES), {identity(30): kept(30, by=origin(libraries={"river": "0"}))})
    assert "river 0 then, 1 now" in (await case.settle()).refusal()

    case.orders.append(
        Accept(partition=0, epoch=0, of=origin(libraries={"river": "0"}).digest, to=HERE.digest, position=30)
    )

    copy = await case.settle()
    assert (copy.position, copy.refusal(), copy.core.status()) == (60, None, learned(60).status())


async def test_a_reset_begins_anew_as_another_epoch():
    case = Case(Log(VALUES), {identity(30): kept(30)})
    assert (await case.settle()).core.leader == "0-1"
    case.orders.append(Reset(partition=0, epoch=1, begin=10, outputs_end=60, replay=Replay.SILENT))

    copy = await case.settle()

    alone = Learner(GAUGE, epoch=1)
    builders.fold(alone, builders.decoded(GAUGE, VALUES[10:]), start=10)
    assert (copy.position, copy.core.leader, copy.core.status()) == (60, "0.1-1", alone.status())


async def test_a_record_that_was_folded_and_is_skipped_later_is_not_in_the_state_any_more():
    case = Case(Log(VALUES), {identity(30): kept(30)})
    before = (await case.settle()).core.status()
    case.orders.append(Skip(partition=0, epoch=0, offset=45))

    copy = await case.settle()

    assert copy.position == 60
    assert (before.labels, copy.core.status().labels) == (60, 59)
    assert copy.core.status().dead_letters == {"skipped": 1}


async def test_a_record_at_which_the_fold_fails_is_not_tried_again_before_it_is_skipped():
    made: list[Learner] = []

    def make(epoch: int) -> Learner:
        learner, handle = Learner(GAUGE, epoch=epoch), Learner.handle

        def fails(event: Any, position: int) -> Any:
            if position == 45 and getattr(event, "x", None) is not None:
                raise builders.BrokenError("of 45")
            return handle(learner, event, position)

        learner.handle = fails  # type: ignore[method-assign]
        made.append(learner)
        return learner

    case = Case(Log(VALUES), make=make)

    for _ in range(3):
        copy = await case.settle()
        assert copy.core is None
        assert "a defect at partition 0, offset 45" in copy.refusal()
    assert len(made) == 1
    case.orders.append(Skip(partition=0, epoch=0, offset=45))
    assert (await case.settle()).position == 60


async def test_a_fold_that_is_too_far_behind_goes_on_from_a_newer_snapshot_and_one_that_keeps_up_does_not():
    case = Case(Log(VALUES[:10]), serve={"max_lag": 15})
    await case.settle()
    first = case.copy.core
    case.log.rows = Log(VALUES).rows
    case.store.kept[identity(25)] = kept(25)
    await case.copy.look([], case.log)  # type: ignore[arg-type]
    assert (case.copy.core, case.copy.position) == (first, 10), "15 offsets are allowed"
    case.store.kept[identity(26)] = kept(26)
    await case.copy.look([], case.log)  # type: ignore[arg-type]
    assert case.copy.durable == 26

    assert (await case.settle()).core.status() == learned(60).status()


async def test_a_state_whose_log_is_gone_goes_on_from_a_newer_snapshot():
    case = Case(Log(VALUES), {identity(20): kept(20)}, serve={"follow": "snapshots"})
    await case.settle()
    case.log.begin = 40
    case.copy.lost(case.log)  # type: ignore[arg-type]
    assert case.copy.refusal() == "its log does not hold offset 20 any more, or not yet"

    assert "20 records are gone" in (await case.settle()).refusal()
    case.store.kept[identity(45)] = kept(45)
    copy = await case.settle()
    assert (copy.position, copy.refusal()) == (45, None)


async def test_while_the_store_is_away_the_state_is_folded_on():
    case = Case(Log(VALUES[:40]), {identity(30): kept(30)})
    await case.settle()
    case.store.away = True
    case.log.rows = Log(VALUES).rows

    copy = await case.settle()

    assert (copy.position, copy.refusal()) == (60, None)


async def test_a_topic_that_was_made_anew_is_noticed_at_the_record_that_the_snapshot_saw_last():
    others = [builders.record(n, a=9.0, y="good") for n in range(60)]
    case = Case(Log(others), {identity(30): kept(30)})

    for _ in range(2):
        copy = await case.settle()
        assert copy.core is None
        assert "the record at offset 29 is not the one that the snapshot saw there" in copy.refusal()

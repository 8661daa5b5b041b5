"""From what is committed and kept to a learner that may go on, or a refusal that says what can be done.

Real learners, real snapshots, a store and a ledger in memory. Where a learner comes back it is told from a new one by
its status, which an uninterrupted twin must share.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from models.learner import Learner
from schemas.gauge import Gauge
from streams.delivery.ledger import Mark
from streams.engine.chunk import Bounds
from streams.here.failures import DoubtError, FencedError, LogRefusedError, StateRefusedError, WorkerError
from streams.orders.orders import Orders
from streams.partition.continuity import Continuity
from streams.partition.learning import learning
from streams.partition.restore import Restored, Restorer
from streams.snapshots.failures import SnapshotStoreError
from streams.snapshots.fingerprint import fingerprint
from streams.snapshots.format import encode, verify
from streams.snapshots.identity import Identity
from streams.snapshots.keeper import Maker
from streams.snapshots.origin import Origin
from streams.snapshots.payload.pickler import dump
from tests import builders
from tests.streams.delivery.memory import MemoryLedger, Partition
from tests.streams.snapshots.memory import MemoryStore
from tests.streams.snapshots.payloads import of

KEY = bytes(range(32))
GAUGE = builders.gauge('[label]\narrival = "with_event"')
OTHER_GAUGE = builders.gauge('[label]\narrival = "with_event"\n[retraining]\nmargin = 0.1')
VALUES = [builders.record(n, a=float(n % 5), y="bad" if n % 5 > 2 else "good") for n in range(60)]


def origin(gauge: Gauge = GAUGE, **more: Any) -> Origin:
    return Origin(gauge, **{"libraries": {"river": "1"}, "build": "b", "cpu": "c", **more})


HERE = origin()
WHOLE = Bounds(0, 60)


def learned(position: int, gauge: Gauge = GAUGE, epoch: int = 0) -> Learner:
    learner = Learner(gauge, epoch=epoch)
    builders.fold(learner, builders.decoded(gauge, VALUES[:position]))
    return learner


def kept(
    position: int,
    *,
    epoch: int = 0,
    by: Origin = HERE,
    key: bytes = KEY,
    partition: int = 0,
    partitions: int = 1,
) -> bytes:
    """A snapshot's bytes."""
    learner = learned(position, by.gauge, epoch)
    store: Any = None
    parts = Maker(by, store, key, None, partitions)  # type: ignore[arg-type]
    about = parts.about(learner, partition=partition, epoch=epoch, last=None)
    last = fingerprint(position - 1, None, VALUES[position - 1]) if position else None
    return encode(about.model_copy(update={"last": last}), dump(learner), key)


def identity(position: int, epoch: int = 0) -> Identity:
    return Identity(gauge="pumps", topic="pumps", partition=0, epoch=epoch, position=position)


def mark(snapshot: int, published: int, epoch: int = 0, by: Origin = HERE, partitions: int = 1, since: int = 0) -> Mark:
    return Mark(snapshot, published, epoch, by.digest, partitions, since)


class Log:
    """What is asked about the log."""

    def __init__(self, bounds: Bounds, orders: Orders, outputs: bool) -> None:
        self.at, self.ordered, self.outputs = bounds, orders, outputs
        self.asked = 0

    async def bounds(self) -> Bounds:
        self.asked += 1
        return self.at

    async def orders(self) -> Orders:
        return self.ordered

    async def begin(self, epoch: int, offset: int) -> None:
        assert epoch == self.ordered.epoch
        self.ordered = replace(self.ordered, begin=offset)

    async def has_outputs(self) -> bool:
        return self.outputs


class Case:
    """A restart: what the world looks like, and what a restorer makes of it."""

    def __init__(
        self,
        committed: Mark | None = None,
        snapshots: dict[Identity, bytes] | None = None,
        *,
        bounds: Bounds = WHOLE,
        orders: Orders | None = None,
        outputs: bool = False,
        transactional: bool = True,
        partitions: int = 1,
        faults: Sequence[Exception] = (),
    ) -> None:
        self.partition = Partition()
        self.partition.mark = committed
        self.ledger = MemoryLedger(self.partition, transactional=transactional, faults=faults)
        self.store = MemoryStore()
        self.store.kept.update(snapshots or {})
        self.points: list[str] = []
        self.log = Log(bounds, orders if orders is not None else Orders(), outputs)
        self.restorer = Restorer(
            "pumps",
            0,
            partitions,
            store=self.store,
            key=KEY,
            origin=HERE,
            log=self.log,
            ledger=self.ledger,
            kind=learning(GAUGE, 0, 10**6, lambda epoch: Learner(GAUGE, epoch=epoch)),
            at=self.points.append,
        )

    async def restore(self) -> Restored:
        restored = await self.restorer.restore(await self.ledger.open())
        assert restored.mark == (self.partition.mark if self.ledger.transactional else restored.mark)
        return restored


def seek_of(restored: Restored) -> int:
    """Where a shard would begin to read."""
    continuity = Continuity(0)
    continuity.expect(restored.last)
    return continuity.seek_of(restored.mark.snapshot)


def run(case: Case) -> Restored:
    return asyncio.run(case.restore())


def refused(case: Case, error: type[WorkerError], what: str) -> None:
    """Refused with its reason, and nothing was committed."""
    with pytest.raises(error, match=what):
        run(case)
    assert case.partition.marks == []


def damaged(blob: bytes) -> bytes:
    return blob[:-40] + bytes([blob[-40] ^ 1]) + blob[-39:]


# -- going on ---------------------------------------------------------------------------------------------------------


def test_where_nothing_ever_was_a_new_learner_begins_and_that_is_committed():
    case = Case()

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published, seek_of(restored), restored.last) == (0, 0, 0, None)
    assert restored.core.next_offset == 0
    assert case.partition.marks == [mark(0, 0)]
    assert case.points == ["before correction", "after correction"]


def test_the_committed_snapshot_is_gone_on_with_and_nothing_is_corrected():
    case = Case(mark(40, 57), {identity(position): kept(position) for position in (20, 40)})

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published, seek_of(restored)) == (40, 57, 39)
    assert restored.last == fingerprint(39, None, VALUES[39])
    assert restored.core.status() == learned(40).status()
    assert restored.known == [identity(40), identity(20)]
    assert (case.partition.marks, case.points) == ([], [])
    assert (restored.bounds, case.log.asked) == (WHOLE, 1)


def test_a_snapshot_newer_than_the_commit_and_not_beyond_the_outputs_is_used():
    case = Case(mark(20, 57), {identity(position): kept(position) for position in (20, 40)})

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published) == (40, 57)
    assert case.partition.marks == [mark(40, 57)]


def test_a_snapshot_beyond_the_outputs_is_not_used():
    # A worker that was replaced, and did not know it yet, may have written it.
    case = Case(mark(20, 39), {identity(position): kept(position) for position in (20, 40)})

    assert run(case).mark.snapshot == 20
    assert identity(40) in case.store.kept  # another may be about to commit it: nothing goes before a commit of ours


def test_a_damaged_snapshot_is_passed_over_for_the_one_before_and_the_commit_is_corrected():
    case = Case(mark(40, 57), {identity(20): kept(20), identity(40): damaged(kept(40))})

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published, seek_of(restored)) == (20, 57, 19)
    assert restored.core.status() == learned(20).status()
    assert case.partition.marks == [mark(20, 57)]
    assert case.points == ["before correction", "after correction"]


@pytest.mark.parametrize(
    "blob",
    [b"", b"no snapshot", damaged(kept(40)), kept(40)[:-1], kept(40, key=b"x" * 32), kept(40, partition=1), kept(30)],
    ids=["empty", "foreign", "damaged", "cut", "other key", "other partition", "renamed"],
)
def test_whatever_is_wrong_with_the_newest_the_one_before_is_used(blob: bytes):
    case = Case(mark(40, 57), {identity(20): kept(20), identity(40): blob})

    assert run(case).mark.snapshot == 20


def forged(position: int) -> bytes:
    """What somebody who has the key can write."""
    header = verify(kept(position), KEY).header
    return encode(header.about(), of(b"\x80\x05\x8c\x0emodels.learner\x8c\x07Learner\x93}b."), KEY)


@pytest.mark.parametrize("blob", [forged(40), encode(verify(kept(40), KEY).header.about(), of(b"\x80\x05N."), KEY)])
def test_a_snapshot_that_was_tampered_with_is_kept_as_evidence_and_the_one_before_is_used(blob: bytes, caplog):
    case = Case(mark(40, 57), {identity(20): kept(20), identity(40): blob})

    restored = run(case)

    assert restored.mark.snapshot == 20
    assert case.store.refused == [blob]
    assert "snapshot passed over" in caplog.text
    assert "kept_as=" in caplog.text


def test_a_snapshot_that_is_only_damaged_stays_where_it_is():
    case = Case(mark(40, 57), {identity(20): kept(20), identity(40): damaged(kept(40))})

    run(case)

    assert case.store.refused == []
    assert identity(40) in case.store.kept


def test_a_snapshot_that_went_while_it_was_looked_for_is_passed_over():
    case = Case(mark(40, 57), {identity(20): kept(20)})
    plain = case.store.list

    async def list_one_more(partition: int) -> list[Identity]:
        return [identity(40), *await plain(partition)]

    case.store.list = list_one_more  # type: ignore[method-assign]

    assert run(case).mark.snapshot == 20


@pytest.mark.parametrize("snapshots", [{}, {identity(20): damaged(kept(20)), identity(40): damaged(kept(40))}])
def test_without_a_usable_snapshot_the_whole_log_is_learned_silently(snapshots: dict[Identity, bytes]):
    case = Case(mark(40, 57), snapshots)

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published, seek_of(restored), restored.last) == (0, 57, 0, None)
    assert restored.core.next_offset == 0
    assert case.partition.marks == [mark(0, 57)]


def test_the_last_record_is_not_compared_where_the_log_begins_behind_it():
    case = Case(mark(40, 57), {identity(40): kept(40)}, bounds=Bounds(40, 60))

    restored = run(case)

    assert (seek_of(restored), restored.last) == (40, None)


def test_at_least_once_goes_on_from_its_own_newest_snapshot_and_commits_nothing():
    case = Case(None, {identity(p): kept(p) for p in (20, 40)}, outputs=True, transactional=False)

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published, seek_of(restored)) == (40, 40, 39)
    assert case.partition.marks == []


@pytest.mark.parametrize("error", [DoubtError("away"), FencedError("another's")])
def test_a_correction_that_fails_is_no_restore(error: Exception):
    case = Case(mark(40, 57), {identity(20): kept(20)}, faults=[error])

    with pytest.raises(type(error)):
        run(case)

    assert case.partition.mark == mark(40, 57)
    assert case.points == ["before correction"]


def test_a_store_that_cannot_be_read_is_no_empty_store():
    case = Case(mark(40, 57))

    async def broken(partition: int) -> list[Identity]:
        raise SnapshotStoreError("disc")

    case.store.list = broken  # type: ignore[method-assign]

    with pytest.raises(SnapshotStoreError):
        run(case)
    assert case.partition.marks == []


# -- a log whose first records are gone before anything was promised ---------------------------------------------------


@pytest.mark.parametrize("transactional", [True, False])
def test_a_gauge_that_never_ran_begins_where_the_log_begins_and_says_so(
    transactional: bool, caplog: pytest.LogCaptureFixture
):
    case = Case(bounds=Bounds(30, 60), transactional=transactional)

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published, seek_of(restored), restored.last) == (30, 30, 30, None)
    assert case.partition.marks == ([mark(30, 30)] if transactional else [])
    assert "begins where the log begins" in caplog.text
    assert "begins=30" in caplog.text


def test_where_it_began_is_kept_before_it_is_committed():
    case = Case(bounds=Bounds(30, 60), faults=[DoubtError("away")])

    with pytest.raises(DoubtError):
        run(case)

    assert case.log.ordered.begin == 30
    assert run(case).mark.snapshot == 30


@pytest.mark.parametrize("transactional", [True, False])
def test_a_restart_without_a_snapshot_folds_from_where_the_first_start_began(transactional: bool):
    case = Case(mark(30, 57) if transactional else None, bounds=Bounds(30, 60), outputs=True)
    case.ledger.transactional = transactional
    case.log.ordered = Orders(begin=30)

    restored = run(case)

    assert (restored.mark.snapshot, seek_of(restored)) == (30, 30)
    assert restored.mark.published == (57 if transactional else 30)


@pytest.mark.parametrize("transactional", [True, False])
def test_a_restart_without_a_snapshot_is_refused_once_the_log_begins_later_than_the_first_start_did(
    transactional: bool,
):
    case = Case(mark(30, 57) if transactional else None, bounds=Bounds(31, 60), outputs=True)
    case.ledger.transactional = transactional
    case.log.ordered = Orders(begin=30)

    refused(case, LogRefusedError, "begins at offset 31, and no snapshot can be used: 1 records are gone")


def test_a_log_that_loses_more_before_anything_is_published_is_begun_later_still():
    case = Case(mark(30, 30), bounds=Bounds(41, 60))
    case.log.ordered = Orders(begin=30)

    assert run(case).mark == mark(41, 41)
    assert case.log.ordered.begin == 41


def test_a_new_epoch_that_has_published_nothing_begins_where_the_log_does_by_then():
    case = Case(mark(30, 30, epoch=1), bounds=Bounds(41, 60), orders=Orders(epoch=1, begin=30), outputs=True)

    assert run(case).mark == mark(41, 41, epoch=1)
    assert case.log.ordered == Orders(epoch=1, begin=41)


def test_a_new_epoch_that_has_published_is_refused_like_any_other():
    case = Case(mark(30, 35, epoch=1), bounds=Bounds(41, 60), orders=Orders(epoch=1, begin=30), outputs=True)

    refused(case, LogRefusedError, "begins at offset 41, and no snapshot can be used")


# -- an epoch that learns silently up to where the outputs of those before it end --------------------------------------

SILENT = Orders(epoch=1, begin=10, outputs_end=50, silent_below=50)


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize("committed", [mark(40, 50), mark(10, 50, epoch=1)], ids=["before-its-commit", "after-it"])
def test_an_epoch_that_learns_silently_publishes_from_where_the_outputs_end(committed: Mark, transactional: bool):
    case = Case(committed if transactional else None, orders=SILENT, outputs=True, transactional=transactional)

    restored = run(case)

    assert (restored.mark, seek_of(restored)) == (mark(10, 50, epoch=1), 10)
    assert restored.core.next_offset == 0


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize(("position", "published"), [(20, 50), (57, 57)])
def test_its_snapshots_are_silent_up_to_the_same_record(position: int, published: int, transactional: bool):
    committed = mark(position, published, epoch=1) if transactional else None
    there = {identity(position, 1): kept(position, epoch=1)}
    case = Case(committed, there, orders=SILENT, outputs=True, transactional=transactional)

    assert run(case).mark == mark(position, published, epoch=1)


def test_what_it_has_published_of_its_own_stays_published_without_any_snapshot():
    assert run(Case(mark(40, 57, epoch=1), orders=SILENT)).mark == mark(10, 57, epoch=1)


def test_as_long_as_it_is_silent_another_gauge_file_may_run_it():
    by = origin(OTHER_GAUGE)

    assert run(Case(mark(10, 50, 1, by=by), orders=SILENT)).mark == mark(10, 50, epoch=1)
    refused(Case(mark(10, 51, 1, by=by), orders=SILENT), StateRefusedError, "outputs up to 51 were made by another")


def test_as_long_as_it_is_silent_it_may_begin_where_the_log_does_by_then_and_stays_silent():
    case = Case(mark(10, 50, epoch=1), bounds=Bounds(21, 60), orders=SILENT, outputs=True)

    assert run(case).mark == mark(21, 50, epoch=1)
    assert case.log.ordered == replace(SILENT, begin=21)


# -- refusals ---------------------------------------------------------------------------------------------------------

WAYS = "rivergauge reset"


def test_a_log_that_ends_below_what_is_published_is_refused():
    refused(
        Case(mark(20, 57), {identity(20): kept(20)}, bounds=Bounds(0, 56)),
        LogRefusedError,
        f"published up to 57, but the log ends at 56: .*{WAYS}",
    )


def test_a_snapshot_newer_than_the_log_is_refused_and_no_older_one_used():
    # Only without transactions: with them the mark tells it first.
    refused(
        Case(None, {identity(p): kept(p) for p in (20, 40)}, bounds=Bounds(0, 39), transactional=False),
        LogRefusedError,
        f"snapshot at 40 is newer than the log, which ends at 39: .*{WAYS}",
    )


def test_a_log_truncated_below_the_snapshot_is_refused():
    refused(
        Case(mark(40, 57), {identity(40): kept(40)}, bounds=Bounds(41, 60)),
        LogRefusedError,
        f"begins at offset 41, and the newest usable snapshot stands at 40: 1 records are gone .*retention.*{WAYS}",
    )


def test_a_truncated_log_without_a_usable_snapshot_is_refused():
    refused(
        Case(mark(40, 57), {identity(40): damaged(kept(40))}, bounds=Bounds(5, 60)),
        LogRefusedError,
        "begins at offset 5, and no snapshot can be used: 5 records are gone",
    )


@pytest.mark.parametrize("transactional", [True, False])
def test_a_truncated_log_is_refused_where_outputs_exist_and_no_snapshot(transactional: bool):
    committed = mark(0, 57) if transactional else None
    refused(
        Case(committed, bounds=Bounds(5, 60), outputs=True, transactional=transactional),
        LogRefusedError,
        "begins at offset 5, and no snapshot can be used: 5 records are gone",
    )


def test_a_truncated_log_is_refused_where_the_only_snapshot_is_damaged():
    # Without transactions, and with no output yet: the state was a promise all the same.
    refused(
        Case(None, {identity(40): damaged(kept(40))}, bounds=Bounds(5, 60), transactional=False),
        LogRefusedError,
        "begins at offset 5, and no snapshot can be used",
    )


@pytest.mark.parametrize("epoch", [0, 1])
def test_no_committed_offset_although_snapshots_exist_is_refused(epoch: int):
    refused(
        Case(None, {identity(20, epoch): kept(20, epoch=epoch)}, orders=Orders(epoch=epoch)),
        StateRefusedError,
        f"no offset is committed although snapshots exist, the newest at 20: .*offsets.retention.minutes.*{WAYS}",
    )


def test_a_log_made_anew_of_which_kafka_has_forgotten_the_commits_is_named():
    refused(
        Case(None, {identity(20): kept(20)}, bounds=Bounds(0, 5), outputs=True),
        LogRefusedError,
        f"ends at offset 5, no offset is committed, and snapshots exist, the newest at 20: .* made anew.*{WAYS}",
    )


def test_no_committed_offset_although_outputs_exist_is_refused():
    refused(Case(outputs=True), StateRefusedError, f"no offset is committed although outputs exist: .*{WAYS}")


@pytest.mark.parametrize(("then", "now"), [(1, 2), (3, 2)])
def test_another_number_of_partitions_is_refused(then: int, now: int):
    what = f"had {then} partitions and has {now} now"
    refused(Case(mark(20, 20, partitions=then), {identity(20): kept(20)}, partitions=now), StateRefusedError, what)
    snapshots = {identity(20): kept(20, partitions=then)}
    refused(Case(None, snapshots, transactional=False, partitions=now), StateRefusedError, what)


OTHERS = {
    "gauge file": (origin(OTHER_GAUGE), f"gauge file {OTHER_GAUGE.digest} then, {GAUGE.digest} now"),
    "library": (origin(libraries={"river": "0"}), "river 0 then, 1 now"),
    "no library": (origin(libraries={}), "river none then, 1 now"),
    "build": (origin(build="a"), "build a then, b now"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_snapshot_of_another_origin_is_refused_and_no_older_one_used(other: str):
    by, what = OTHERS[other]
    refused(
        Case(None, {identity(20): kept(20), identity(40): kept(40, by=by)}, transactional=False),
        StateRefusedError,
        f"snapshot at 40 was made by another gauge file or other libraries: {re.escape(what)}; .*accept",
    )


@pytest.mark.parametrize("other", OTHERS)
def test_outputs_of_another_origin_are_refused_also_without_a_snapshot(other: str):
    by, _what = OTHERS[other]
    refused(Case(mark(20, 20, by=by)), StateRefusedError, "outputs up to 20 were made by another gauge file or other")


# -- another build, where nothing is to be replayed --------------------------------------------------------------------

BEFORE = origin(build="a", libraries={"river": "0"})
"""What ran before the upgrade."""


@pytest.mark.parametrize("other", ["library", "no library", "build"])
def test_another_build_goes_on_where_the_one_before_was_stopped_in_order(other: str):
    by, _what = OTHERS[other]
    case = Case(mark(40, 40, by=by), {identity(p): kept(p, by=by) for p in (20, 40)})

    restored = run(case)

    assert restored.core.status() == learned(40).status()
    assert case.partition.marks == [mark(40, 40, since=40)], "the correction says who makes the outputs from here on"


def test_a_new_build_that_crashed_after_its_first_commit_replays_what_it_has_made_itself():
    case = Case(mark(40, 57, since=40), {identity(p): kept(p, by=BEFORE) for p in (20, 40)})

    restored = run(case)

    assert (restored.mark, restored.core.next_offset) == (mark(40, 57, since=40), 40)
    assert case.partition.marks == []


def test_its_own_snapshot_damaged_the_one_it_took_over_with_is_used():
    snapshots = {identity(40): kept(40, by=BEFORE), identity(50): damaged(kept(50))}
    case = Case(mark(50, 57, since=40), snapshots)

    assert run(case).mark == mark(40, 57, since=40)


@pytest.mark.parametrize("by", [BEFORE, HERE], ids=["by the one before", "by ours, before it was rolled back"])
@pytest.mark.parametrize("taken_over", [True, False])
def test_no_state_from_before_it_took_over_is_used(by: Origin, taken_over: bool):
    snapshots = {identity(20): kept(20, by=by), identity(40): damaged(kept(40, by=BEFORE))}
    committed = mark(40, 57, since=40) if taken_over else mark(40, 40, by=BEFORE)

    refused(Case(committed, snapshots), StateRefusedError, "no snapshot at or above 40 can be used: .*reset")


def test_another_build_is_refused_where_something_is_to_be_replayed():
    case = Case(mark(40, 57, by=BEFORE), {identity(40): kept(40, by=BEFORE)})

    refused(case, StateRefusedError, r"newest state is at 40, .* start what made them once more, stop it in order")


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (origin(OTHER_GAUGE), "rivergauge accept"),
        (origin(build="a", start="a1b2"), "run --from a1b2 then, nothing now"),
    ],
    ids=["another gauge file", "another beginning"],
)
def test_what_is_no_upgrade_stays_refused(by: Origin, words: str):
    refused(Case(mark(40, 40, by=by), {identity(40): kept(40, by=by)}), StateRefusedError, words)


def test_a_state_of_another_shape_is_refused_and_no_older_one_used():
    payload = dump(learned(40))
    shape = {**payload.shape, "models.learner:Learner": ["next_offset"]}
    other = encode(verify(kept(40, by=BEFORE), KEY).header.about(), payload._replace(shape=shape), KEY)
    case = Case(mark(40, 40, by=BEFORE), {identity(20): kept(20), identity(40): other})

    refused(
        case,
        StateRefusedError,
        r"another shape: .* models\.learner\.Learner without .*run the build that made it \(a\)",
    )


def test_an_upgrade_of_an_upgrade_moves_where_the_outputs_were_taken_over():
    by = origin(build="later")
    case = Case(mark(50, 50, by=by, since=40), {identity(50): kept(50, by=by)})

    assert run(case).mark == mark(50, 50, since=50)


def test_another_cpu_is_no_other_origin(caplog: pytest.LogCaptureFixture):
    by = origin(cpu="another")

    assert run(Case(mark(20, 20, by=by), {identity(20): kept(20, by=by)})).mark.snapshot == 20
    assert "snapshot of another kind of CPU" in caplog.text


def test_a_commit_of_an_epoch_that_the_control_topic_does_not_know_is_refused():
    refused(
        Case(mark(20, 20, epoch=2), orders=Orders(epoch=1)), StateRefusedError, "committed in epoch 2, but .* 1 only"
    )


def test_a_worker_that_was_overtaken_while_it_looked_is_fenced_and_refuses_nothing():
    case = Case(outputs=True)
    plain = case.restorer._log.has_outputs

    async def overtaken() -> bool:
        case.partition.mark = mark(0, 9)
        return await plain()

    case.restorer._log.has_outputs = overtaken

    with pytest.raises(FencedError):
        run(case)


@pytest.mark.parametrize("snapshots", [{}, {identity(40): kept(40)}, {identity(40, 1): kept(40, epoch=1)}])
def test_a_later_epoch_without_a_commit_is_refused_too(snapshots: dict[Identity, bytes]):
    # A reset commits where its epoch begins: no commit means that it was lost since.
    refused(
        Case(None, snapshots, orders=Orders(epoch=1, begin=30), outputs=True),
        StateRefusedError,
        "no offset is committed although .* rivergauge reset starts over",
    )


def test_where_an_epoch_begins_nothing_is_said_yet_so_whatever_runs_may_begin_it():
    case = Case(mark(30, 30, 1, by=origin(OTHER_GAUGE)), orders=Orders(epoch=1, begin=30), outputs=True)

    assert run(case).mark == mark(30, 30, 1)
    assert case.partition.marks == [mark(30, 30, 1)]


# -- orders -----------------------------------------------------------------------------------------------------------


def test_a_new_epoch_begins_where_it_was_ordered_to_with_a_new_learner():
    skips = frozenset({31})
    case = Case(mark(20, 50), {identity(20): kept(20)}, orders=Orders(epoch=1, begin=30, skips=skips), outputs=True)

    restored = run(case)

    assert (restored.mark.epoch, restored.mark.snapshot, restored.mark.published, seek_of(restored)) == (1, 30, 30, 30)
    assert (restored.core.next_offset, restored.core.names.prefix, restored.skips) == (0, "0.1", skips)
    assert case.partition.marks == [mark(30, 30, epoch=1)]


def test_a_new_epoch_needs_no_log_below_its_begin_and_no_origin_of_before():
    by = origin(OTHER_GAUGE)
    case = Case(mark(20, 50, by=by), bounds=Bounds(30, 60), orders=Orders(epoch=1, begin=30), outputs=True)

    assert run(case).mark.snapshot == 30


def test_an_epoch_goes_on_from_its_own_snapshots_only():
    snapshots = {identity(40): kept(40), identity(20, 1): kept(20, epoch=1)}
    case = Case(mark(20, 50, epoch=1), snapshots, orders=Orders(epoch=1, begin=10))

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published, restored.core.names.prefix) == (20, 50, "0.1")


def test_an_epoch_that_begins_beyond_the_log_is_refused():
    refused(
        Case(mark(20, 50), orders=Orders(epoch=1, begin=61)),
        LogRefusedError,
        "ends at offset 60, .* epoch begins at 61",
    )


def test_a_reset_to_a_version_begins_with_the_snapshot_that_was_put_there():
    case = Case(
        mark(40, 50), {identity(20, 1): kept(20, epoch=1)}, orders=Orders(epoch=1, begin=20, floor=20), outputs=True
    )

    restored = run(case)

    assert (restored.mark.epoch, restored.mark.snapshot, restored.mark.published, restored.core.next_offset) == (
        1,
        20,
        20,
        20,
    )


@pytest.mark.parametrize(
    "there", [{}, {identity(20, 1): damaged(kept(20, epoch=1))}, {identity(19, 1): kept(19, epoch=1)}]
)
def test_where_a_floor_was_ordered_nothing_below_it_is_used(there: dict[Identity, bytes]):
    refused(
        Case(mark(40, 50), there, orders=Orders(epoch=1, begin=20, floor=20), outputs=True),
        StateRefusedError,
        f"no snapshot at or above 20 can be used, .*{WAYS}",
    )


def test_an_accepted_origin_is_gone_on_with_and_the_commit_is_ours():
    by = origin(OTHER_GAUGE)
    orders = Orders(accepted=frozenset({by.digest}), floor=40)
    case = Case(mark(40, 57, by=by), {identity(40): kept(40, by=by)}, orders=orders)

    restored = run(case)

    assert (restored.mark.snapshot, restored.mark.published, restored.core.next_offset) == (40, 57, 40)
    assert restored.core.gauge is GAUGE
    assert case.partition.marks == [mark(40, 57)]


def test_a_state_is_accepted_whoever_took_it_over_without_publishing_anything():
    by, next_build = origin(OTHER_GAUGE), origin(OTHER_GAUGE, build="a")
    orders = Orders(accepted=frozenset({by.digest}), floor=40)

    assert run(
        Case(mark(40, 40, by=next_build, since=40), {identity(40): kept(40, by=by)}, orders=orders)
    ).mark == mark(40, 40, since=40)
    published = Case(mark(40, 41, by=next_build, since=40), {identity(40): kept(40, by=by)}, orders=orders)
    refused(published, StateRefusedError, "outputs up to 41 were made by another gauge file")


def test_an_accepted_origin_is_not_gone_on_with_below_where_it_was_accepted():
    by = origin(OTHER_GAUGE)
    orders = Orders(accepted=frozenset({by.digest}), floor=40)
    snapshots = {identity(20): kept(20, by=by), identity(40): damaged(kept(40, by=by))}

    refused(Case(mark(40, 57, by=by), snapshots, orders=orders), StateRefusedError, "no snapshot at or above 40")


def test_another_origin_than_the_accepted_one_stays_refused():
    by = origin(OTHER_GAUGE)
    case = Case(
        mark(40, 57, by=by), {identity(40): kept(40, by=by)}, orders=Orders(accepted=frozenset({"x"}), floor=40)
    )

    refused(case, StateRefusedError, "accept")

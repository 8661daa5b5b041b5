"""The image from a forked child is the one that is made in place, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import resource
import signal
import sys
import tempfile
from functools import partial
from typing import Any

import pytest

from models.learner import Learner
from streams.snapshots import image
from streams.snapshots.failures import SnapshotStoreError, SnapshotUnpicklableError
from streams.snapshots.fingerprint import fingerprint
from streams.snapshots.format import About, encode, verify
from streams.snapshots.payload.unpickler import load
from tests import builders
from tests.streams.snapshots.payloads import of
from tests.streams.stage import some_turns

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a forked child is used on Linux only")

KEY = bytes(32)
GAUGE = builders.gauge('[label]\narrival = "with_event"', candidates=["hoeffding_tree", "naive_bayes"])
INPUTS = builders.decoded(
    GAUGE, [builders.record(n, a=n * 7 % 11, y="bad" if n * 7 % 11 > 4 else "good") for n in range(600)]
)


def learned(count: int) -> Learner:
    learner = Learner(GAUGE)
    builders.fold(learner, INPUTS[:count])
    return learner


def seal(position: int) -> image.Seal:
    about = About(
        gauge="pumps",
        gauge_digest=GAUGE.digest,
        gauge_file="{}",
        topic="pumps",
        partition=0,
        partitions=1,
        epoch=0,
        position=position,
        last=fingerprint(position - 1, None, b""),
        champion=None,
        start="",
        libraries={},
        build="",
        cpu="",
    )
    return partial(encode, about, key=KEY)


def restored(snapshot: image.Blob, position: int) -> Learner:
    learner = load(verify(bytes(snapshot), KEY), GAUGE)
    assert learner.next_offset == position
    return learner


def what_follows(learner: Learner) -> list[Any]:
    return [repr(effect) for effect in builders.flat(builders.fold(learner, INPUTS[learner.next_offset :]))]


def children() -> set[int]:
    """Processes that this one has not waited for yet, the dead among them."""
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return {int(child) for child in file.read().split()}


@pytest.fixture(autouse=True)
async def nothing_is_left_behind():
    before, files = children(), set(os.listdir("/proc/self/fd"))
    yield
    async with asyncio.timeout(10):
        # The list itself, maybe a thread's. A child is gone before the thread that waited for it has closed its file.
        while children() - before or len(os.listdir("/proc/self/fd")) > len(files) + 1:
            await asyncio.sleep(0.01)


async def test_a_forked_image_goes_on_as_one_made_in_place():
    forked = restored(await image.forked(learned(400), seal(400)), 400)
    in_place = restored(await image.in_place(learned(400), seal(400)), 400)

    assert what_follows(forked) == what_follows(in_place) == what_follows(learned(400))


@pytest.mark.parametrize("take", [image.forked, image.in_place])
async def test_the_learner_may_go_on_while_its_image_is_taken(take: image.Image):
    learner = learned(400)

    snapshot = take(learner, seal(400))
    builders.fold(learner, INPUTS[400:])

    assert what_follows(restored(await snapshot, 400)) == what_follows(learned(400))


async def test_a_state_that_cannot_be_written_says_why_from_the_child_too():
    learner = learned(3)
    learner.counts = lambda: None  # type: ignore[assignment]

    with pytest.raises(SnapshotUnpicklableError) as here:
        image.in_place(learner, seal(3))
    with pytest.raises(SnapshotUnpicklableError) as there:
        await image.forked(learner, seal(3))

    assert str(there.value) == str(here.value)


@pytest.mark.parametrize(
    "end", [lambda: os._exit(0), lambda: os._exit(3), lambda: os.kill(os.getpid(), signal.SIGKILL)]
)
async def test_a_child_that_dies_is_told(end: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(image, "dump", lambda learner: end())

    with pytest.raises(SnapshotStoreError, match="process that pickled the state died"):
        await image.forked(learned(3), seal(3))


async def test_a_child_that_dies_in_the_middle_gives_no_half_image(monkeypatch: pytest.MonkeyPatch):
    plain = os.write
    parent = os.getpid()

    def write(file: int, piece: Any) -> int:
        if os.getpid() == parent:
            return plain(file, piece)
        plain(file, bytes(piece)[:7])
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    monkeypatch.setattr(image.os, "write", write)

    with pytest.raises(SnapshotStoreError, match="died"):
        await image.forked(learned(3), seal(3))


@pytest.mark.parametrize("calls", [("os.memfd_create", "TemporaryFile"), ("os.fork",), ("mmap",)])
async def test_no_room_for_a_child_is_told_and_leaves_nothing_open(
    calls: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    for call in calls:
        monkeypatch.setattr(f"streams.snapshots.image.{call}", full)

    with pytest.raises(SnapshotStoreError, match=r"no room .*Cannot allocate memory"):
        await image.forked(learned(3), seal(3))


async def test_used_up_descriptors_are_told_as_such_and_not_as_a_missing_directory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", None)  # as it is until the first one is looked for
    learner, (soft, hard) = learned(3), resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        taking = image.forked(learner, seal(3))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    with pytest.raises(SnapshotStoreError, match="Too many open files"):
        await taking


async def test_a_child_without_memory_says_that_the_state_was_not_written_and_not_that_it_cannot_be():
    def full(payload: bytes) -> bytes:
        raise MemoryError

    with pytest.raises(SnapshotStoreError, match="is there enough memory"):
        await image.forked(learned(3), full)


async def test_where_there_is_no_file_in_memory_one_on_disk_does(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "memfd_create")

    assert what_follows(restored(await image.forked(learned(400), seal(400)), 400)) == what_follows(learned(400))


async def test_a_cancelled_image_kills_the_child(monkeypatch: pytest.MonkeyPatch):
    before = children()
    monkeypatch.setattr(image, "dump", lambda learner: signal.pause())
    taking = asyncio.ensure_future(image.forked(learned(3), seal(3)))
    await asyncio.sleep(0)
    assert children() - before

    taking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await taking


async def test_an_image_that_nobody_waits_for_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    # The task that would wait may be cancelled before its first step.
    monkeypatch.setattr(image, "dump", lambda learner: of(b"x" * 1_000_000))

    async def never(payload: Any) -> None:
        await payload

    waiting = asyncio.ensure_future(never(image.forked(learned(3), seal(3))))
    waiting.cancel()
    await asyncio.wait({waiting})


def refused(learner: Learner) -> Any:
    raise ValueError("it cannot be pickled")


@pytest.mark.parametrize("given_up", [True, False])
@pytest.mark.parametrize("dump", [lambda learner: os._exit(3), refused])
async def test_an_image_that_fails_when_nobody_waits_for_it_is_no_error_of_the_loop(
    dump: Any, given_up: bool, monkeypatch: pytest.MonkeyPatch
):
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    monkeypatch.setattr(image, "dump", dump)

    taking = asyncio.ensure_future(image.forked(learned(3), seal(3)))
    if given_up:
        taking.cancel()
    await asyncio.get_running_loop().shutdown_default_executor()
    await some_turns()
    del taking
    gc.collect()

    assert not complaints


def test_the_child_is_used_where_it_is_safe(monkeypatch: pytest.MonkeyPatch):
    assert image.best() is image.forked
    for platform in ("darwin", "win32"):
        monkeypatch.setattr(sys, "platform", platform)
        assert image.best() is image.in_place

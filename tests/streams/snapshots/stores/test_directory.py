"""What is a directory's own: how files come to be, who may read them, what is left when the power goes."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from streams.snapshots.failures import Refusal, SnapshotRefusedError, SnapshotStoreError
from streams.snapshots.format import About, encode
from streams.snapshots.identity import Identity
from streams.snapshots.stores.directory import LARGEST_FOREIGN, MOST_REFUSED, DirectoryStore
from tests.streams.snapshots.payloads import of


def at(position: int, **other: object) -> Identity:
    fields = {"gauge": "pumps", "topic": "readings", "partition": 0, "epoch": 0, "position": position, **other}
    return Identity(**fields)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "deep" / "below", gauge="pumps", topic="readings")


async def test_files_and_directories_are_their_owners_alone(store, tmp_path):
    await store.put(at(4_182), b"state")

    modes = {path.relative_to(tmp_path): stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    file = Path("deep/below/pumps/readings/0/0000000000-00000000000000004182.snapshot")
    assert modes.pop(file) == 0o600
    assert modes == {parent: 0o700 for parent in file.parents if parent != Path()}


async def test_before_it_counts_the_file_is_synced_then_renamed_then_the_directory_synced(store, monkeypatch):
    await store.put(at(1), b"makes the directories")
    done: list[str] = []
    fsync, rename = os.fsync, os.rename

    def noted_fsync(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else f"{os.fstat(descriptor).st_size} bytes"
        done.append(f"sync {kind}")
        fsync(descriptor)

    def noted_rename(source: Path, target: Path) -> None:
        done.append(f"rename to {target.name}")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "rename", noted_rename)
    await store.put(at(20), b"state")

    assert done == ["sync 5 bytes", "rename to 0000000000-00000000000000000020.snapshot", "sync directory"]


@pytest.mark.parametrize("step", ["fsync", "rename"])
async def test_a_disc_that_fails_leaves_nothing_behind(store, monkeypatch, tmp_path, step):
    await store.put(at(10), b"before")
    before = sorted(tmp_path.rglob("*"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(SnapshotStoreError, match="No space left on device; the directory must be on a disc with room"):
        await store.put(at(20), b"state")

    assert sorted(tmp_path.rglob("*")) == before
    assert await store.list(0) == [at(10)]


async def test_what_an_interrupted_put_left_is_not_listed_and_is_cleaned(store, tmp_path):
    await store.put(at(10), b"state")
    directory = tmp_path / "deep/below/pumps/readings/0"
    left = directory / ".0000000000-00000000000000000020.snapshot.00ff.aside"
    left.write_bytes(b"sta")
    (directory / "README").write_text("not ours")

    assert await store.list(0) == [at(10)]
    await store.clean(0)

    assert sorted(path.name for path in directory.iterdir()) == [
        "0000000000-00000000000000000010.snapshot",
        "README",
    ]


async def test_a_directory_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = DirectoryStore(tmp_path / "file", gauge="pumps", topic="readings")

    with pytest.raises(SnapshotStoreError, match="belong to the user who runs this"):
        await store.put(at(10), b"state")


async def test_gauges_in_one_directory_do_not_see_each_other(tmp_path):
    await DirectoryStore(tmp_path, gauge="pumps", topic="readings").put(at(10), b"state")

    assert await DirectoryStore(tmp_path, gauge="fans", topic="readings").list(0) == []
    assert await DirectoryStore(tmp_path, gauge="pumps", topic="others").list(0) == []


@pytest.mark.parametrize("other", [{"gauge": "fans"}, {"topic": "others"}])
async def test_another_gauges_snapshot_is_refused(store, other):
    with pytest.raises(ValueError, match="this store keeps snapshots of pumps/readings, got"):
        await store.put(at(10, **other), b"state")


def test_an_identity_has_no_negative_numbers():
    with pytest.raises(ValueError, match="must be at least 0"):
        at(-1)


def file_of(tmp_path: Path, position: int) -> Path:
    return tmp_path / f"deep/below/pumps/readings/0/0000000000-{position:020d}.snapshot"


def whole(position: int) -> bytes:
    about = About(
        gauge="pumps",
        gauge_digest="d",
        gauge_file="{}",
        topic="readings",
        partition=0,
        partitions=1,
        epoch=0,
        position=position,
        last=None,
        champion=None,
        start="",
        libraries={},
        build="b",
        cpu="c",
    )
    return encode(about, of(b"x" * 100_000), b"k" * 32)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_socket(path: Path) -> None:
    # Its path may be longer than a socket's address can be.
    with socket.socket(socket.AF_UNIX) as listener:
        before = os.getcwd()
        os.chdir(path.parent)
        try:
            listener.bind(path.name)
        finally:
            os.chdir(before)


def make_giant(path: Path) -> None:
    with path.open("wb") as stream:
        stream.write(whole(20))
        stream.truncate(1 << 40)


def make_foreign_giant(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(LARGEST_FOREIGN + 1)


def make_short(path: Path) -> None:
    path.write_bytes(whole(20)[:-1])


@pytest.mark.parametrize(
    "make", [Path.mkdir, make_pipe, make_loop, make_link, make_socket, make_giant, make_foreign_giant, make_short]
)
async def test_what_is_no_snapshot_under_the_newest_ones_name_is_refused_unread_and_is_in_nobodys_way(
    store, tmp_path, make
):
    await store.put(at(10), whole(10))
    make(file_of(tmp_path, 20))

    async with asyncio.timeout(5):
        assert await store.list(0) == [at(20), at(10)]
        with pytest.raises(SnapshotRefusedError) as raised:
            await store.get(at(20))
        await store.clean(0)

    assert raised.value.reason is Refusal.FILE
    assert await store.get(at(10)) == whole(10)


async def test_a_file_that_may_not_be_read_is_refused_and_a_full_table_of_files_is_not_its_fault(store, monkeypatch):
    await store.put(at(10), whole(10))
    opened = os.open

    def refusing(number: int) -> Any:
        def fail(path: Any, *args: Any, **more: Any) -> int:
            if str(path).endswith(".snapshot"):
                raise OSError(number, os.strerror(number), path)
            return opened(path, *args, **more)

        return fail

    for number in (errno.EACCES, errno.EIO):
        monkeypatch.setattr(os, "open", refusing(number))
        with pytest.raises(SnapshotRefusedError, match=os.strerror(number)):
            await store.get(at(10))
    monkeypatch.setattr(os, "open", refusing(errno.EMFILE))
    with pytest.raises(SnapshotStoreError):
        await store.get(at(10))


async def test_what_was_refused_is_kept_beside_the_others_and_no_more_than_some(store, tmp_path):
    for position in range(MOST_REFUSED + 1):
        await store.put(at(position), b"forged %d" % position)

    kept = [await store.set_aside(at(position)) for position in range(MOST_REFUSED + 1)]

    assert [Path(path).read_bytes() for path in kept[:-1]] == [b"forged %d" % n for n in range(MOST_REFUSED)]
    assert kept[-1] is None
    assert await store.list(0) == [at(MOST_REFUSED)]


async def test_a_directory_with_the_name_of_an_unfinished_file_does_not_keep_anybody_from_starting(store, tmp_path):
    await store.put(at(10), b"state")
    (file_of(tmp_path, 10).parent / ".x.aside").mkdir()

    await store.clean(0)

    assert await store.get(at(10)) == b"state"


async def test_a_snapshot_that_is_too_large_is_not_written(store, monkeypatch):
    monkeypatch.setattr("streams.snapshots.stores.directory.LARGEST", 10)

    with pytest.raises(SnapshotStoreError, match="larger than what is kept, 10"):
        await store.put(at(1), b"x" * 11)

"""What is a directory's own: how files come to be, who may read them, what is left when the power goes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from streams.snapshots.directory import DirectoryStore
from streams.snapshots.failures import SnapshotStoreError
from streams.snapshots.identity import Identity


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

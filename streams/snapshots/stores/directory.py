"""Snapshots in a directory: one file each, complete or absent.

What stands under a snapshot's name may be anything, where others can write to the disc: it is opened without waiting
and without following links, and nothing but a regular file of the length that its own header says is read.

Rules. A file is written aside, brought to the disc, and renamed; then the directory is brought to the disc, because a
rename that only memory knows is lost with the power. All of it in threads: a disc may take its time, the event loop may
not.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from streams.snapshots.failures import Refusal, SnapshotMissingError, SnapshotRefusedError, SnapshotStoreError
from streams.snapshots.format import LARGEST_FRONT, MAGIC, whole_length
from streams.snapshots.identity import VERSION, Identity
from streams.snapshots.stores.store import Blob

P = ParamSpec("P")
T = TypeVar("T")

_FILE: Final = re.compile(r"([0-9]{10})-([0-9]{20})\.snapshot")
_ARCHIVE: Final = "archive"
_ARCHIVED: Final = re.compile(rf"([0-9]{{10}})-([0-9]{{20}})-({VERSION.pattern})\.snapshot")
_ASIDE: Final = ".aside"
_REFUSED: Final = ".refused-"

LARGEST: Final = 1 << 30
"""Bytes: no larger snapshot is written, nor any file read."""

LARGEST_FOREIGN: Final = 1 << 24
"""Bytes: of a file that does not begin as a snapshot does, to be refused by whoever looks into it."""

MOST_REFUSED: Final = 8
"""How many refused snapshots of a partition are kept as evidence; others stay where they are, and are pruned."""

_OF_THIS_FILE: Final = frozenset(
    {errno.EACCES, errno.EIO, errno.EISDIR, errno.ELOOP, errno.ENODEV, errno.ENXIO, errno.EPERM}
)
"""Errors that say something of one file, not of the disc."""


class DirectoryStore:
    """Keeps snapshots as ``path/gauge/topic/partition/epoch-position.snapshot``, those of promoted versions in
    ``archive`` below as ``epoch-position-version.snapshot``.

    Workers on several hosts find each other's snapshots only if they share this directory: else a partition that moves
    to another host starts from what that host has, or from the beginning of the log. Files are their owner's alone
    (0600 in directories of 0700).

    Parameters
    ----------
    path
        The directory; it is made when it is missing.
    gauge, topic
        Whose snapshots these are.
    """

    def __init__(self, path: Path, *, gauge: str, topic: str) -> None:
        self._gauge = gauge
        self._topic = topic
        self._root = path / gauge / topic

    async def put(self, identity: Identity, blob: Blob) -> None:
        """See `SnapshotStore.put`."""
        if len(blob) > LARGEST:
            raise SnapshotStoreError(
                f"a snapshot of {len(blob)} bytes is larger than what is kept, {LARGEST}: make the model smaller, "
                "or the number of labels that are waited for"
            )
        await self._in_thread(_write, self._file(identity), blob)

    async def archived(self, partition: int) -> list[Identity]:
        """See `SnapshotStore.archived`."""
        names = await self._in_thread(_names, self._root / str(partition) / _ARCHIVE)
        found = [match for name in names if (match := _ARCHIVED.fullmatch(name))]
        identities = (self._identity(partition, int(match[1]), int(match[2]), match[3]) for match in found)
        return sorted(identities, reverse=True)

    async def list(self, partition: int) -> list[Identity]:
        """See `SnapshotStore.list`."""
        names = await self._in_thread(_names, self._root / str(partition))
        found = [match for name in names if (match := _FILE.fullmatch(name))]
        return sorted((self._identity(partition, int(match[1]), int(match[2])) for match in found), reverse=True)

    async def get(self, identity: Identity) -> bytes:
        """See `SnapshotStore.get`."""
        try:
            return await self._in_thread(_read, self._file(identity))
        except SnapshotStoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise SnapshotMissingError(f"there is no snapshot {identity} in {self._root}") from error
            raise

    async def set_aside(self, identity: Identity) -> str | None:
        """See `SnapshotStore.set_aside`."""
        kept = await self._in_thread(_set_aside, self._file(identity))
        return None if kept is None else str(kept)

    async def delete(self, identity: Identity) -> None:
        """See `SnapshotStore.delete`."""
        await self._in_thread(_remove, self._file(identity))

    async def clean(self, partition: int) -> None:
        """See `SnapshotStore.clean`."""
        directory = self._root / str(partition)
        for place in (directory, directory / _ARCHIVE):
            for name in await self._in_thread(_names, place):
                if name.endswith(_ASIDE):
                    with suppress(SnapshotStoreError):  # a directory of that name, perhaps: it is in nobody's way
                        await self._in_thread(_remove, place / name)

    async def close(self) -> None:
        """Nothing is held open."""

    @property
    def where(self) -> str:
        """See `SnapshotStore.where`."""
        return f"the disc of {self._root}"

    def _identity(self, partition: int, epoch: int, position: int, version: str = "") -> Identity:
        return Identity(
            gauge=self._gauge,
            topic=self._topic,
            partition=partition,
            epoch=epoch,
            position=position,
            version=version,
        )

    def _file(self, identity: Identity) -> Path:
        if (identity.gauge, identity.topic) != (self._gauge, self._topic):
            raise ValueError(f"this store keeps snapshots of {self._gauge}/{self._topic}, got {identity}")
        place, name = self._root / str(identity.partition), f"{identity.epoch:010d}-{identity.position:020d}"
        if identity.version:
            return place / _ARCHIVE / f"{name}-{identity.version}.snapshot"
        return place / f"{name}.snapshot"

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except OSError as error:
            raise SnapshotStoreError(
                f"the snapshots in {self._root} cannot be read or written: {error}; the directory must be on a disc "
                "with room, and belong to the user who runs this"
            ) from error


def _read(file: Path) -> bytes:
    try:
        # A pipe would have its opener wait for a writer, and a device may do anything when it is opened.
        _check_kind(file, os.lstat(file))
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(stream.fileno())
            _check_kind(file, status)
            front = stream.read(LARGEST_FRONT)
            length = whole_length(front) if front.startswith(MAGIC) else min(status.st_size, LARGEST_FOREIGN)
            if length != status.st_size or length > LARGEST:
                raise _refused(file, f"a file of {min(length, LARGEST)} bytes", f"{status.st_size}")
            return front + stream.read(length - len(front))
    except OSError as error:
        if error.errno in _OF_THIS_FILE:
            raise _refused(file, "a file that can be read", os.strerror(error.errno)) from error
        raise


def _check_kind(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _refused(file, "a regular file", stat.filemode(status.st_mode))


def _refused(file: Path, expected: str, got: str) -> SnapshotRefusedError:
    return SnapshotRefusedError(
        Refusal.FILE,
        f"snapshot {file}",
        expected=expected,
        got=got,
        do="take it away or mend it, and find out who can write to the directory",
    )


def _set_aside(file: Path) -> Path | None:
    if sum(_REFUSED in name for name in _names(file.parent)) >= MOST_REFUSED:
        return None
    kept = file.with_name(f"{file.name}{_REFUSED}{secrets.token_hex(4)}")
    os.rename(file, kept)
    _sync_directory(file.parent)
    return kept


def _write(file: Path, blob: Blob) -> None:
    _make_directory(file.parent)
    aside = file.with_name(f".{file.name}.{secrets.token_hex(8)}{_ASIDE}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(blob)
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(aside, file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_directory(file.parent)


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    _sync_directory(directory.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _names(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove(file: Path) -> None:
    try:
        file.unlink()
    except FileNotFoundError:
        return
    _sync_directory(file.parent)

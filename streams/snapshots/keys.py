"""The key that signs snapshots: from the environment, or, for a directory, from a file that only its owner can read.

Whoever has the key can make a snapshot that is believed. So a store that several can write to needs one from outside.
"""

from __future__ import annotations

import binascii
import os
import secrets
import stat
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from streams.snapshots.failures import SnapshotKeyError

VARIABLE: Final = "RIVERGAUGE_SNAPSHOT_KEY"
FILE: Final = "snapshot.key"
SUFFIX: Final = ".snapshot"
SHORTEST: Final = 32
"""Bytes: as many as the signature has."""

_HOW: Final = f"make one with: python -c 'import secrets; print(secrets.token_hex({SHORTEST}))'"
_LONGEST_FILE: Final = 4_096


def shared_key(environ: Mapping[str, str]) -> bytes:
    """The key for a store that several machines or people can write to.

    Raises
    ------
    SnapshotKeyError
        If ``environ`` has none, or one that is malformed or too short.
    """
    text = environ.get(VARIABLE)
    if not text:
        raise SnapshotKeyError(
            f"{VARIABLE} is not set, and snapshots in a shared store must be signed with a key from the environment; "
            f"set the same one for all workers; {_HOW}"
        )
    return _parsed(text, VARIABLE)


def directory_key(path: Path, environ: Mapping[str, str]) -> bytes:
    """The key for snapshots in a directory: the environment's, else that of the file ``snapshot.key`` in it.

    The file is made when it is missing and nothing is signed yet, readable by its owner alone; of several processes
    that make it at once, one does and all use it.

    Raises
    ------
    SnapshotKeyError
        If the key is malformed, the file can be read or replaced by others, it cannot be made, or it is gone while
        there are snapshots that it signed.
    """
    text = environ.get(VARIABLE)
    if text:
        return _parsed(text, VARIABLE)
    file = path / FILE
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(path, os.stat(path), stat.S_IWGRP | stat.S_IWOTH)
        if not os.path.lexists(file):
            _check_nothing_is_signed(path, file)
            _make(file)
        return _parsed(_read(file), str(file))
    except OSError as error:
        raise SnapshotKeyError(f"{file} cannot be used: {error}; set {VARIABLE} instead; {_HOW}") from error


def check_unchanged(path: Path, environ: Mapping[str, str], key: bytes) -> None:
    """Whether a process that starts now would use ``key``, too, for the snapshots in a directory.

    Raises
    ------
    SnapshotKeyError
        If not, so that what is signed with it could not be read again.
    """
    if environ.get(VARIABLE):
        return
    file = path / FILE
    try:
        found = _parsed(_read(file), str(file))
    except OSError as error:
        raise SnapshotKeyError(
            f"{file} is gone or cannot be read ({error.strerror}), and without it nobody could read the snapshots that "
            f"this process signs: put it back, or restart the worker with {VARIABLE}"
        ) from error
    if found != key:
        raise SnapshotKeyError(
            f"{file} holds another key than when this process started: nobody could read what it signs; restart the "
            "worker, or put the former key back"
        )


def _check_nothing_is_signed(path: Path, file: Path) -> None:
    signed = next(path.glob(f"*/*/*/*{SUFFIX}"), None)
    if signed is not None:
        raise SnapshotKeyError(
            f"{file} is gone, and there are snapshots that it may have signed ({signed}): put it back, or set "
            f"{VARIABLE} to the key that was in use; to do without them, remove them, and start over with rivergauge "
            "reset"
        )


def _make(file: Path) -> None:
    # Written aside and linked: nobody can meet half a key, and a link does not replace the key of a process that was
    # faster.
    aside = file.with_name(f".{FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(SHORTEST) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(aside, file)
        except FileExistsError:
            return
        directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        os.unlink(aside)


def _read(file: Path) -> str:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SnapshotKeyError(f"{file} must be a regular file; remove it, or set {VARIABLE}")
        _check_owner(file, status, stat.S_IRWXG | stat.S_IRWXO)
        return stream.read(_LONGEST_FILE).decode("ascii", errors="replace")


def _check_owner(path: Path, status: os.stat_result, forbidden: int) -> None:
    if status.st_uid != os.geteuid():
        raise SnapshotKeyError(
            f"{path} must belong to user {os.geteuid()}, who runs this, got {status.st_uid}; change its owner, or set "
            f"{VARIABLE}"
        )
    if status.st_mode & forbidden:
        allowed = stat.S_IMODE(status.st_mode) & ~forbidden
        raise SnapshotKeyError(
            f"{path} has mode {stat.S_IMODE(status.st_mode):04o}, by which others could read or replace the key; "
            f"run: chmod {allowed:o} {path}; if others had access, remove snapshot.key and the snapshots too"
        )


def _parsed(text: str, source: str) -> bytes:
    """A key written in hexadecimal, or else in base64 (also its URL-safe form)."""
    text = text.strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        try:
            padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
            key = b64decode(padded, validate=True)
        except (binascii.Error, ValueError):
            raise SnapshotKeyError(f"{source} must be hexadecimal or base64, and is neither; {_HOW}") from None
    if len(key) < SHORTEST:
        raise SnapshotKeyError(f"{source} must hold at least {SHORTEST} bytes, got {len(key)}; {_HOW}")
    return key

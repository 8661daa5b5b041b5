"""Where a worker's snapshots are and what they are signed with, from the gauge file and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from schemas.gauge import Gauge
from streams.snapshots import image, keys
from streams.snapshots.keeper import Maker
from streams.snapshots.origin import Origin
from streams.snapshots.stores.directory import DirectoryStore
from streams.snapshots.stores.store import SnapshotStore
from streams.snapshots.stores.topic import FollowedTopicStore, TopicStore


def directory(gauge: Gauge, environ: Mapping[str, str]) -> Path:
    """The directory of the snapshots: the gauge file's, or ``$XDG_STATE_HOME/rivergauge/snapshots``."""
    if gauge.snapshots.directory is not None:
        return Path(gauge.snapshots.directory).expanduser()
    home = environ.get("XDG_STATE_HOME")
    state = Path(home) if home else Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    return state / "rivergauge" / "snapshots"


def key(gauge: Gauge, environ: Mapping[str, str]) -> bytes:
    """The key that signs this gauge's snapshots.

    Raises
    ------
    SnapshotKeyError
        If there is none, or it must not be used.
    """
    if gauge.snapshots.store == "directory":
        return keys.directory_key(directory(gauge, environ), environ)
    return keys.shared_key(environ)


def store(gauge: Gauge, environ: Mapping[str, str], settings: Mapping[str, Any]) -> SnapshotStore:
    """The gauge's snapshot store; ``settings`` connect to Kafka."""
    topic = gauge.topics.input
    if gauge.snapshots.store == "directory":
        return DirectoryStore(directory(gauge, environ), gauge=gauge.name, topic=topic)
    return TopicStore(dict(settings), gauge.topics.snapshots, gauge=gauge.name, topic=topic)


def followed(gauge: Gauge, environ: Mapping[str, str], settings: Mapping[str, Any]) -> SnapshotStore:
    """The same store for who only reads, again and again."""
    if gauge.snapshots.store == "directory":
        return store(gauge, environ, settings)
    return FollowedTopicStore(dict(settings), gauge.topics.snapshots, gauge=gauge.name, topic=gauge.topics.input)


def maker(origin: Origin, environ: Mapping[str, str], settings: Mapping[str, Any], partitions: int) -> Maker:
    """What a worker makes snapshots with.

    Raises
    ------
    SnapshotKeyError
        If there is no key, or it must not be used.
    """
    signed = key(origin.gauge, environ)
    return Maker(
        origin=origin,
        store=store(origin.gauge, environ, settings),
        key=signed,
        image=image.best(),
        partitions=partitions,
        check_key=partial(_check_key, origin.gauge, environ, signed),
    )


def _check_key(gauge: Gauge, environ: Mapping[str, str], key: bytes) -> None:
    if gauge.snapshots.store == "directory":
        keys.check_unchanged(directory(gauge, environ), environ, key)

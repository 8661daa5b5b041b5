"""Snapshots in a compacted topic of the same Kafka, so that workers need no disc and no second system.

A snapshot is written in chunks, each below the broker's limit, and last of all its manifest, by which it is complete:
how many chunks, their sizes and offsets, and the SHA-256 of the whole. Keys are ``gauge/topic/epoch/position/`` and
then ``manifest``, or a token of the put and the chunk's number: two writers never mix their chunks. Those of promoted
versions are ``gauge/topic/archive/epoch/position/version/`` instead, which older builds pass over. To delete is to
write a record without value for each key; compaction then frees the room. Partition p of the input has its snapshots
in partition p here.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import Any, Final

from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from streams.kafka.topic_table import ROWS
from streams.kafka.topics import Admin, partition_counts
from streams.snapshots.failures import SnapshotMissingError, SnapshotStoreError
from streams.snapshots.identity import Identity
from streams.snapshots.stores.store import Blob
from streams.snapshots.stores.topic_records import TopicRecords
from streams.snapshots.stores.topic_scan import ARCHIVE, MANIFEST, REFUSED, Manifest, Scan

CHUNK_BYTES: Final = 768 * 1024
"""Below Kafka's default limit for a message, 1 MiB, with room for key and framing."""

PATIENCE_S: Final = 60.0
"""A scan that reads nothing for so long is given up."""

MOST_REFUSED: Final = 8
"""How many refused snapshots of a partition are kept as evidence; others stay where they are, and are pruned."""


class TopicStore:
    """Keeps snapshots in the partitions of a compacted topic, which must exist (`ensure_topic`).

    Parameters
    ----------
    settings
        Keyword arguments for aiokafka's clients (`streams.kafka.connection.client_settings`).
    name
        The topic that holds the snapshots.
    gauge, topic
        Whose snapshots these are.
    chunk_bytes
        Bytes of state in one message.
    patience_s
        How long a scan may wait for the next record, and a put for an acknowledgement.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        name: str,
        *,
        gauge: str,
        topic: str,
        chunk_bytes: int = CHUNK_BYTES,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._kafka = TopicRecords(settings, name, chunk_bytes=chunk_bytes, patience_s=patience_s)
        self._name = name
        self._gauge = gauge
        self._topic = topic
        self._chunk_bytes = chunk_bytes
        self._writing = asyncio.Lock()
        self._known: dict[Identity, Manifest] = {}
        self._refused: dict[int, set[str]] = {}

    async def put(self, identity: Identity, blob: Blob) -> None:
        """See `SnapshotStore.put`."""
        prefix, token = self._prefix(identity), secrets.token_hex(8)
        places = range(0, len(blob), self._chunk_bytes)
        sha256 = await asyncio.to_thread(_sha256, blob)
        async with self._writing:
            chunks = ((_chunk_key(prefix, token, n), blob[at : at + self._chunk_bytes]) for n, at in enumerate(places))
            offsets = await self._kafka.write(identity.partition, chunks)
            manifest = Manifest(
                token=token,
                sizes=[min(self._chunk_bytes, len(blob) - at) for at in places],
                offsets=list(offsets),
                sha256=sha256,
            )
            # Only now, when every chunk is acknowledged: whoever sees the manifest can read them all.
            await self._kafka.write(identity.partition, [(f"{prefix}{MANIFEST}", manifest.model_dump_json().encode())])
            replaced = self._known.get(identity)
            self._known[identity] = manifest
            if replaced is not None:
                await self._kafka.write(identity.partition, [(key, None) for key in _chunk_keys(prefix, replaced)])

    async def archived(self, partition: int) -> list[Identity]:
        """See `SnapshotStore.archived`."""
        _chunks, manifests = await self._scanned(partition)
        return sorted((identity for identity in manifests if identity.version), reverse=True)

    async def list(self, partition: int) -> list[Identity]:
        """See `SnapshotStore.list`."""
        _chunks, manifests = await self._scanned(partition)
        return sorted((identity for identity in manifests if not identity.version), reverse=True)

    async def get(self, identity: Identity) -> bytes:
        """See `SnapshotStore.get`."""
        prefix = self._prefix(identity)
        _chunks, manifests = await self._scanned(identity.partition)
        manifest = manifests.get(identity)
        if manifest is None:
            raise SnapshotMissingError(f"there is no snapshot {identity} in topic {self._name}")
        wanted = {key: n for n, key in enumerate(_chunk_keys(prefix, manifest))}
        parts: dict[int, bytes] = {}
        if manifest.offsets:
            begin, end = min(manifest.offsets), max(manifest.offsets) + 1
            async for _offset, key, value in self._kafka.read(identity.partition, begin, end):
                if key in wanted and value is not None:
                    parts[wanted[key]] = value
        blob = b"".join(parts[n] for n in sorted(parts))
        if len(parts) != len(wanted) or await asyncio.to_thread(_sha256, blob) != manifest.sha256:
            raise SnapshotMissingError(
                f"snapshot {identity} in topic {self._name} is not whole: expected {len(wanted)} chunks of "
                f"{sum(manifest.sizes)} bytes, got {len(parts)} of {len(blob)}; use the one before it, and check that "
                "the topic is compacted, not deleted by age"
            )
        return blob

    async def set_aside(self, identity: Identity) -> str | None:
        """See `SnapshotStore.set_aside`. Its chunks stay, its manifest gets another key."""
        prefix = self._prefix(identity)
        async with self._writing:
            _chunks, manifests = await self._scanned(identity.partition)
            manifest = manifests.get(identity)
            if manifest is None or len(self._refused[identity.partition]) >= MOST_REFUSED:
                return None
            kept = f"{prefix}{manifest.token}/"
            moved = [(f"{kept}{REFUSED}", manifest.model_dump_json().encode()), (f"{prefix}{MANIFEST}", None)]
            await self._kafka.write(identity.partition, moved)
            self._known.pop(identity, None)
        return f"topic {self._name}, partition {identity.partition}, keys {kept}"

    async def delete(self, identity: Identity) -> None:
        """See `SnapshotStore.delete`."""
        prefix = self._prefix(identity)
        async with self._writing:
            manifest = self._known.get(identity)
            if manifest is None:
                _chunks, manifests = await self._scanned(identity.partition)
                manifest = manifests.get(identity)
            if manifest is not None:
                keys = (f"{prefix}{MANIFEST}", *_chunk_keys(prefix, manifest))
                await self._kafka.write(identity.partition, [(key, None) for key in keys])
            self._known.pop(identity, None)

    async def clean(self, partition: int) -> None:
        """See `SnapshotStore.clean`."""
        async with self._writing:
            chunks, manifests = await self._scanned(partition)
            kept = [f"{self._prefix(identity)}{manifest.token}/" for identity, manifest in manifests.items()]
            live = (*kept, *self._refused[partition])
            if left := [(key, None) for key in sorted(chunks) if not key.startswith(live)]:
                await self._kafka.write(partition, left)

    async def close(self) -> None:
        """See `SnapshotStore.close`."""
        await self._kafka.close()

    @property
    def where(self) -> str:
        """See `SnapshotStore.where`."""
        return f"topic {self._name}"

    def _prefix(self, identity: Identity) -> str:
        if (identity.gauge, identity.topic) != (self._gauge, self._topic):
            raise ValueError(f"this store keeps snapshots of {self._gauge}/{self._topic}, got {identity}")
        place = f"{identity.epoch}/{identity.position}/"
        if identity.version:
            place = f"{ARCHIVE}{place}{identity.version}/"
        return f"{self._gauge}/{self._topic}/{place}"

    async def _scanned(self, partition: int) -> tuple[set[str], dict[Identity, Manifest]]:
        """Keys of all chunks of ours that are not deleted, and all manifests."""
        scan = self._scan(partition)
        async for offset, key, value in self._kafka.read(partition, scan.next_offset):
            scan.take(offset, key, value)
        self._refused[partition] = scan.refused
        self._known = {i: m for i, m in self._known.items() if i.partition != partition} | scan.manifests
        return scan.chunks, scan.manifests

    def _scan(self, partition: int) -> Scan:
        return Scan(self._gauge, self._topic, partition)


class FollowedTopicStore(TopicStore):
    """The same for who looks again and again, and writes nothing: a look reads what has come since the last one."""

    def __init__(self, settings: dict[str, Any], name: str, *, gauge: str, topic: str, **more: Any) -> None:
        super().__init__(settings, name, gauge=gauge, topic=topic, **more)
        self._scans: dict[int, Scan] = {}

    def _scan(self, partition: int) -> Scan:
        return self._scans.setdefault(partition, super()._scan(partition))


def _sha256(blob: Blob) -> str:
    return hashlib.sha256(blob).hexdigest()


def _chunk_key(prefix: str, token: str, n: int) -> str:
    return f"{prefix}{token}/{n:06d}"


def _chunk_keys(prefix: str, manifest: Manifest) -> list[str]:
    return [_chunk_key(prefix, manifest.token, n) for n in range(len(manifest.sizes))]


async def ensure_topic(admin: Admin, name: str, *, partitions: int, replication_factor: int) -> None:
    """Make the topic for snapshots if it is missing.

    Raises
    ------
    SnapshotStoreError
        If it cannot be made, or has another number of partitions.
    """
    count = (await partition_counts(admin)).get(name)
    if count is None:
        wanted = NewTopic(name, partitions, replication_factor, topic_configs=ROWS["snapshots"].fixed)
        response = await admin.create_topics([wanted])
        for _topic, code, *message in response.topic_errors:
            if code != 0 and for_code(code) is not TopicAlreadyExistsError:
                raise SnapshotStoreError(f"topic {name} for snapshots could not be made: {for_code(code)} {message}")
    elif count != partitions:
        raise SnapshotStoreError(
            f"topic {name} for snapshots must have the input's {partitions} partition(s), got {count}; name another, "
            "or make it anew"
        )

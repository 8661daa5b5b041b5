"""Snapshots in a compacted topic of the same Kafka, so that workers need no disc and no second system.

A snapshot is written in chunks, each below the broker's limit, and last of all its manifest, by which it is complete:
how many chunks, their sizes and offsets, and the SHA-256 of the whole. Keys are ``gauge/topic/epoch/position/`` and
then ``manifest``, or a token of the put and the chunk's number: two writers never mix their chunks. To delete is to
write a record without value for each key; compaction then frees the room. Partition p of the input has its snapshots
in partition p here.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.structs import TopicPartition
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.kafka.topics import Admin, partition_counts
from streams.snapshots.failures import SnapshotMissingError, SnapshotStoreError
from streams.snapshots.identity import Identity
from streams.snapshots.store import Blob

CHUNK_BYTES: Final = 768 * 1024
"""Below Kafka's default limit for a message, 1 MiB, with room for key and framing."""

TOPIC_SETTINGS: Final = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 * 1024 * 1024),
    "min.cleanable.dirty.ratio": "0.1",
    "delete.retention.ms": "3600000",
}
"""A reader scans what compaction has not yet freed, so segments are small and cleaned early."""

PATIENCE_S: Final = 60.0
"""A scan that reads nothing for so long is given up."""

_MANIFEST: Final = "manifest"
_REFUSED: Final = "refused/manifest"

MOST_REFUSED: Final = 8
"""How many refused snapshots of a partition are kept as evidence; others stay where they are, and are pruned."""
_STOP_S: Final = 1.0


class Manifest(BaseModel):
    """The last record of a snapshot."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: Annotated[int, Field(ge=1, le=1)] = 1
    token: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    sizes: list[int]
    offsets: list[int]
    sha256: str


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
        self._settings = settings
        self._name = name
        self._gauge = gauge
        self._topic = topic
        self._chunk_bytes = chunk_bytes
        self._patience_s = patience_s
        self._producer: AIOKafkaProducer | None = None
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
            offsets = await self._send(identity.partition, chunks)
            manifest = Manifest(
                token=token,
                sizes=[min(self._chunk_bytes, len(blob) - at) for at in places],
                offsets=list(offsets),
                sha256=sha256,
            )
            # Only now, when every chunk is acknowledged: whoever sees the manifest can read them all.
            await self._send(identity.partition, [(f"{prefix}{_MANIFEST}", manifest.model_dump_json().encode())])
            replaced = self._known.get(identity)
            self._known[identity] = manifest
            if replaced is not None:
                await self._send(identity.partition, [(key, None) for key in _chunk_keys(prefix, replaced)])

    async def list(self, partition: int) -> list[Identity]:
        """See `SnapshotStore.list`."""
        _chunks, manifests = await self._scanned(partition)
        return sorted(manifests, reverse=True)

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
            async for _offset, key, value in self._records(identity.partition, begin, end):
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
            moved = [(f"{kept}{_REFUSED}", manifest.model_dump_json().encode()), (f"{prefix}{_MANIFEST}", None)]
            await self._send(identity.partition, moved)
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
                keys = (f"{prefix}{_MANIFEST}", *_chunk_keys(prefix, manifest))
                await self._send(identity.partition, [(key, None) for key in keys])
            self._known.pop(identity, None)

    async def clean(self, partition: int) -> None:
        """See `SnapshotStore.clean`."""
        async with self._writing:
            chunks, manifests = await self._scanned(partition)
            kept = [f"{self._prefix(identity)}{manifest.token}/" for identity, manifest in manifests.items()]
            live = (*kept, *self._refused[partition])
            if left := [(key, None) for key in sorted(chunks) if not key.startswith(live)]:
                await self._send(partition, left)

    async def close(self) -> None:
        """Stop the producer."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), _STOP_S)
            except (KafkaError, TimeoutError):
                # stop() waits for a broker that is away; interrupted, it leaves its sender running.
                await producer._sender.close()
                await producer.client.close()

    @property
    def where(self) -> str:
        """See `SnapshotStore.where`."""
        return f"topic {self._name}"

    def _prefix(self, identity: Identity) -> str:
        if (identity.gauge, identity.topic) != (self._gauge, self._topic):
            raise ValueError(f"this store keeps snapshots of {self._gauge}/{self._topic}, got {identity}")
        return f"{self._gauge}/{self._topic}/{identity.epoch}/{identity.position}/"

    async def _scanned(self, partition: int) -> tuple[set[str], dict[Identity, Manifest]]:
        """Keys of all chunks of ours that are not deleted, and all manifests."""
        ours = f"{self._gauge}/{self._topic}/"
        chunks: set[str] = set()
        manifests: dict[Identity, Manifest] = {}
        refused = self._refused[partition] = set[str]()
        async for _offset, key, value in self._records(partition):
            parts = key.removeprefix(ours).split("/")
            if key.startswith(ours) and key.endswith(f"/{_REFUSED}"):
                refused.add(key.removesuffix(_REFUSED)) if value is not None else refused.discard(
                    key.removesuffix(_REFUSED)
                )
                continue
            if not key.startswith(ours) or not 3 <= len(parts) <= 4 or not (parts[0] + parts[1]).isdecimal():
                continue
            if len(parts) == 4:
                chunks.add(key) if value is not None else chunks.discard(key)
                continue
            identity = Identity(
                gauge=self._gauge,
                topic=self._topic,
                partition=partition,
                epoch=int(parts[0]),
                position=int(parts[1]),
            )
            manifests.pop(identity, None)
            if value is not None:
                with suppress(ValidationError):  # of another version, or foreign: as good as absent
                    manifests[identity] = Manifest.model_validate_json(value)
        self._known = {i: m for i, m in self._known.items() if i.partition != partition} | manifests
        return chunks, manifests

    async def _records(
        self, partition: int, begin: int | None = None, end: int | None = None
    ) -> AsyncIterator[tuple[int, str, bytes | None]]:
        """Offset, key and value of the partition's records, by default of all that were committed before now."""
        place = TopicPartition(self._name, partition)
        consumer = AIOKafkaConsumer(
            **self._settings,
            client_id="rivergauge-snapshots",
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=self._chunk_bytes + 256 * 1024,
        )
        try:
            await consumer.start()
            consumer.assign([place])
            if end is None:
                end = (await consumer.end_offsets([place]))[place]
            if begin is None:
                begin = (await consumer.beginning_offsets([place]))[place]
            consumer.seek(place, begin)
            position = begin
            while position < end:
                batch = await consumer.getmany(place, timeout_ms=int(self._patience_s * 1_000))
                for record in batch.get(place, []):
                    if record.offset < end:
                        yield record.offset, (record.key or b"").decode(errors="replace"), record.value
                # The consumer's position also passes what holds no records: transaction markers, compacted stretches.
                before, position = position, await consumer.position(place)
                if position == before:
                    raise SnapshotStoreError(
                        f"snapshots in topic {self._name}, partition {partition}: nothing came for "
                        f"{self._patience_s} s at offset {position} of {end}; is the broker up?"
                    )
        except KafkaError as error:
            raise self._unusable("read", error) from error
        finally:
            await consumer.stop()

    async def _send(self, partition: int, records: Iterable[tuple[str, bytes | None]]) -> Sequence[int]:
        """Send records in order and wait until all are acknowledged; their offsets."""
        acknowledged: list[Awaitable[Any]] = []
        try:
            producer = await self._running()
            async with asyncio.timeout(self._patience_s):
                for key, value in records:
                    acknowledged.append(await producer.send(self._name, value, key=key.encode(), partition=partition))
                return [(await metadata).offset for metadata in acknowledged]
        except (KafkaError, TimeoutError) as error:
            await self.close()  # what it still holds must not come out later
            raise self._unusable("written", error) from error

    async def _running(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._settings,
                client_id="rivergauge-snapshots",
                enable_idempotence=True,
                acks="all",
                max_request_size=self._chunk_bytes + 64 * 1024,
                linger_ms=0,
                retry_backoff_ms=50,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    def _unusable(self, done: str, error: BaseException) -> SnapshotStoreError:
        why = f"no answer within {self._patience_s} s" if isinstance(error, TimeoutError) else repr(error)
        return SnapshotStoreError(
            f"snapshots in topic {self._name} could not be {done}: {why}; the topic must exist, and take messages of "
            f"{self._chunk_bytes} bytes"
        )


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
        wanted = NewTopic(name, partitions, replication_factor, topic_configs=dict(TOPIC_SETTINGS))
        response = await admin.create_topics([wanted])
        for _topic, code, *message in response.topic_errors:
            if code != 0 and for_code(code) is not TopicAlreadyExistsError:
                raise SnapshotStoreError(f"topic {name} for snapshots could not be made: {for_code(code)} {message}")
    elif count != partitions:
        raise SnapshotStoreError(
            f"topic {name} for snapshots must have the input's {partitions} partition(s), got {count}; name another, "
            "or make it anew"
        )

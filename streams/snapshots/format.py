r"""One file format for snapshots, the same in every store.

::

    magic            8 bytes     \x89RGS\r\n\x1a\n, so that a transfer as text shows
    format           4 bytes     big-endian number of this layout: 1
    header length    4 bytes     big-endian
    header           JSON        `Header`: what the state is, where it was made, its shape, its parts with their lengths
                                 and SHA-256
    parts                        one after another, as `streams.snapshots.payload.pickler.dump` wrote them
    signature        32 bytes    HMAC-SHA256 of everything before it

`verify` looks at all of it, in that order, before anybody may unpickle a part. A damaged file is told from one
that was signed with another key; neither is ever used.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from struct import Struct
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.snapshots.failures import Refusal, SnapshotRefusedError, SnapshotUnpicklableError
from streams.snapshots.fingerprint import Fingerprint
from streams.snapshots.identity import Identity

MAGIC: Final = b"\x89RGS\r\n\x1a\n"
FORMAT: Final = 1
LARGEST_HEADER: Final = 16 * 1024 * 1024
"""Bytes. A header has some thousands, most of them the gauge file's text; more is damage, and is not read."""

_LENGTHS: Final = Struct(">II")
_FIXED: Final = len(MAGIC) + _LENGTHS.size
_SIGNATURE: Final = sha256().digest_size

LARGEST_FRONT: Final = _FIXED + LARGEST_HEADER + _SIGNATURE
"""Bytes by which the length of the whole is known (`whole_length`)."""

_DAMAGED: Final = "it is damaged: use the one before it, and check the store's disc or topic"

Shape: TypeAlias = dict[str, list[str]]
"""``module:class`` to the attributes of its objects, for every class of ours and of River's in a state."""

_Count: TypeAlias = Annotated[int, Field(ge=0, lt=2**63)]


class About(BaseModel):
    """What a snapshot says of its state.

    ``gauge_file`` is what the gauge file that the state was made with says (`Gauge.meaning`), ``gauge_digest`` its
    digest. ``position`` is the next offset; ``last`` the fingerprint of the newest record folded, ``None`` at 0.
    ``champion`` is the version that leads, ``start`` the digest of the saved state that the log began with, or empty.
    ``libraries``, ``build`` and ``cpu`` name what made the state (`streams.here`).
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    gauge: str
    gauge_digest: str
    gauge_file: str
    topic: str
    partition: _Count
    partitions: _Count
    epoch: _Count
    position: _Count
    last: Fingerprint | None
    champion: str | None
    start: str
    libraries: dict[str, str]
    build: str
    cpu: str

    @property
    def identity(self) -> Identity:
        """Its name."""
        return Identity(
            gauge=self.gauge, topic=self.topic, partition=self.partition, epoch=self.epoch, position=self.position
        )


class Payload(NamedTuple):
    """What is written of a learner: the parts of its state by name, and its shape (`payload.shape`)."""

    parts: Mapping[str, bytes]
    shape: Shape


class Part(BaseModel):
    """What the header says of a part."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: str
    size: _Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Header(About):
    """All that a snapshot's header holds. ``key`` names the key that signed it (`key_name`), not the key itself."""

    key: str
    shape: Shape
    parts: list[Part]

    @property
    def size(self) -> int:
        """Bytes of all parts together."""
        return sum(part.size for part in self.parts)

    def about(self, **changed: Any) -> About:
        """What it says of the state, with some of it ``changed``."""
        return About(**{name: getattr(self, name) for name in About.model_fields} | changed)


@dataclass(frozen=True)
class Verified:
    """A snapshot of which everything was checked. Only `verify` makes one."""

    header: Header
    parts: Mapping[str, memoryview]


def key_name(key: bytes) -> str:
    """A name for a key by which two keys can be told apart; nothing of the key can be found from it."""
    return blake2b(key, digest_size=8, person=b"rivergauge key").hexdigest()


def encode(about: About, payload: Payload, key: bytes) -> bytes:
    """The snapshot's bytes, signed.

    Raises
    ------
    SnapshotUnpicklableError
        If the gauge file's text is too long for a header.
    """
    header = Header(
        **dict(about),
        key=key_name(key),
        shape=payload.shape,
        parts=[Part(name=n, size=len(p), sha256=sha256(p).hexdigest()) for n, p in payload.parts.items()],
    )
    text = header.model_dump_json().encode()
    if len(text) > LARGEST_HEADER:
        raise SnapshotUnpicklableError(
            f"the header of a snapshot must have at most {LARGEST_HEADER:,} bytes, got {len(text):,}: the gauge file "
            "is too long; list fewer features or values"
        )
    front = MAGIC + _LENGTHS.pack(FORMAT, len(text)) + text
    parts = payload.parts.values()
    return b"".join((front, *parts, _signature(key, front, *parts)))


def read_header(blob: bytes) -> Header:
    """The header of a snapshot of which nothing else was checked: to list it, never to decide by it.

    Raises
    ------
    SnapshotRefusedError
        If this is no snapshot, has another format, or its header cannot be read.
    """
    return _header(blob)[0]


def whole_length(front: bytes) -> int:
    """How long the snapshot is that begins like this, by its own header, of which nothing was checked.

    Raises
    ------
    SnapshotRefusedError
        As `read_header` does.
    """
    header, begin = _header(front)
    return begin + header.size + _SIGNATURE


def verify(blob: bytes, key: bytes) -> Verified:
    """Check magic, format, lengths, checksum and signature, in this order.

    Raises
    ------
    SnapshotRefusedError
        At the first that is wrong; nothing was unpickled.
    """
    header, begin = _header(blob)
    view = memoryview(blob)
    end = begin + header.size
    if len(blob) != end + _SIGNATURE:
        raise SnapshotRefusedError(
            Refusal.LENGTH, "snapshot length", expected=f"{end + _SIGNATURE} bytes", got=f"{len(blob)}", do=_DAMAGED
        )
    parts: dict[str, memoryview] = {}
    at = begin
    for part in header.parts:
        parts[part.name] = view[at : at + part.size]
        at += part.size
        checksum = sha256(parts[part.name]).hexdigest()
        if checksum != part.sha256:
            raise SnapshotRefusedError(
                Refusal.CHECKSUM, "snapshot checksum", expected=part.sha256, got=checksum, do=_DAMAGED
            )
    if header.key != key_name(key):
        raise SnapshotRefusedError(
            Refusal.KEY,
            "snapshot key",
            expected=f"one signed with our key {key_name(key)}",
            got=f"one signed with {header.key}",
            do="give the key that was in use then (RIVERGAUGE_SNAPSHOT_KEY, or the directory's snapshot.key)",
        )
    if not hmac.compare_digest(_signature(key, view[:end]), view[end:]):
        raise SnapshotRefusedError(
            Refusal.SIGNATURE,
            "snapshot signature",
            expected="one made with our key",
            got="another",
            do="header or signature were changed: use the one before it, and find out who can write to the store",
        )
    return Verified(header, parts)


def _header(blob: bytes) -> tuple[Header, int]:
    if not blob.startswith(MAGIC):
        raise SnapshotRefusedError(
            Refusal.FOREIGN,
            "no snapshot of Rivergauge",
            expected=f"a file that begins with {MAGIC!r}",
            got=f"{blob[: len(MAGIC)]!r}",
            do="take it out of the store",
        )
    if len(blob) < _FIXED:
        raise SnapshotRefusedError(
            Refusal.LENGTH, "snapshot length", expected=f"at least {_FIXED} bytes", got=f"{len(blob)}", do=_DAMAGED
        )
    number, length = _LENGTHS.unpack_from(blob, len(MAGIC))
    if number != FORMAT:
        raise SnapshotRefusedError(
            Refusal.FORMAT,
            "snapshot format",
            expected=f"{FORMAT}, the one that this version reads",
            got=f"{number}",
            do="restore with the version of Rivergauge that wrote it, or use the one before it",
        )
    begin = _FIXED + length
    if length > LARGEST_HEADER or begin + _SIGNATURE > len(blob):
        room = min(LARGEST_HEADER, len(blob) - _FIXED - _SIGNATURE)
        raise SnapshotRefusedError(
            Refusal.LENGTH, "snapshot header", expected=f"at most {room} bytes", got=f"{length}", do=_DAMAGED
        )
    try:
        return Header.model_validate_json(blob[_FIXED:begin]), begin
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SnapshotRefusedError(
            Refusal.LENGTH,
            "snapshot header",
            expected=f"the fields of format {FORMAT}",
            got=f"{where or 'text'}: {first['msg']}",
            do=_DAMAGED,
        ) from error


def _signature(key: bytes, *pieces: bytes | memoryview) -> bytes:
    code = hmac.new(key, digestmod="sha256")
    for piece in pieces:
        code.update(piece)
    return code.digest()

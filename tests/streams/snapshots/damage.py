"""Snapshots damaged in every way we could think of, each from a seed, so that each can be made again.

The suite tries a few hundred; the faults round takes more of the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from streams.snapshots.format import FORMAT, MAGIC, About, encode
from tests.streams.snapshots.payloads import of


class Damaged(NamedTuple):
    """A blob that must be refused, and how it came to be."""

    seed: int
    kind: str
    blob: bytes


class Source(NamedTuple):
    """What is damaged: how a snapshot is made, and with which key."""

    about: About
    payload: bytes
    key: bytes

    @property
    def blob(self) -> bytes:
        return encode(self.about, of(self.payload), self.key)


def damages(source: Source, seeds: Iterable[int]) -> Iterator[Damaged]:
    """One damaged snapshot per seed, of every kind in turn."""
    blob = source.blob
    for seed in seeds:
        rng = random.Random(seed)
        kind = list(KINDS)[seed % len(KINDS)]
        damaged = KINDS[kind](rng, source, blob)
        assert damaged != blob, (kind, seed)
        yield Damaged(seed, kind, damaged)


def _bit_flips(rng: random.Random, source: Source, blob: bytes) -> bytes:
    flipped = bytearray(blob)
    for place in rng.sample(range(len(blob)), rng.choice((1, 1, 1, 2, 8))):
        flipped[place] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def _flips_in_front(rng: random.Random, source: Source, blob: bytes) -> bytes:
    flipped = bytearray(blob)
    flipped[rng.randrange(len(blob) - len(source.payload) - 32)] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def _truncation(rng: random.Random, source: Source, blob: bytes) -> bytes:
    return blob[: rng.choice((rng.randrange(len(blob)), len(blob) - 1, len(blob) - 32, rng.randrange(64)))]


def _addition(rng: random.Random, source: Source, blob: bytes) -> bytes:
    return rng.choice((blob + rng.randbytes(rng.randint(1, 4_096)), rng.randbytes(1) + blob, blob + blob))


def _zeros(rng: random.Random, source: Source, blob: bytes) -> bytes:
    begin = rng.randrange(len(blob) - 8)
    end = min(begin + rng.randint(8, 4_096), len(blob))
    zeroed = blob[:begin] + bytes(end - begin) + blob[end:]
    return zeroed if zeroed != blob else blob[:begin] + b"\xff" + blob[begin + 1 :]


def _foreign(rng: random.Random, source: Source, blob: bytes) -> bytes:
    noise = rng.randbytes(rng.randint(0, 2_048))
    return rng.choice((noise, source.payload, b"\x1f\x8b" + noise, MAGIC + noise, b"PK\x03\x04" + noise, b""))


def _wrong_key(rng: random.Random, source: Source, blob: bytes) -> bytes:
    return encode(source.about, of(source.payload), rng.randbytes(32))


def _future_format(rng: random.Random, source: Source, blob: bytes) -> bytes:
    number = rng.choice((0, FORMAT + 1, rng.randint(FORMAT + 1, 2**32 - 1)))
    return MAGIC + number.to_bytes(4, "big") + blob[len(MAGIC) + 4 :]


def _edited_header(rng: random.Random, source: Source, blob: bytes) -> bytes:
    """Another header that is right in itself, over the old signature."""
    about = source.about
    changed = rng.choice(
        (
            {"position": about.position + rng.randint(1, 10_000)},
            {"epoch": about.epoch + 1},
            {"partition": about.partition + 1},
            {"gauge_digest": rng.randbytes(8).hex()},
            {"libraries": {**about.libraries, "river": "0.99"}},
        )
    )
    other = encode(about.model_copy(update=changed), of(source.payload), source.key)
    return other[:-32] + blob[-32:]


def _other_payload(rng: random.Random, source: Source, blob: bytes) -> bytes:
    """A payload put under an unchanged header: what somebody would do who wants his own unpickled."""
    payload = rng.choice((source.payload[::-1], rng.randbytes(len(source.payload)), bytes(len(source.payload))))
    return blob[: -len(payload) - 32] + payload + blob[-32:]


def _other_signature(rng: random.Random, source: Source, blob: bytes) -> bytes:
    return blob[:-32] + rng.choice((rng.randbytes(32), bytes(32)))


KINDS: dict[str, Callable[[random.Random, Source, bytes], bytes]] = {
    "bit flips": _bit_flips,
    "bit flip in front": _flips_in_front,
    "truncation": _truncation,
    "addition": _addition,
    "zeros": _zeros,
    "foreign": _foreign,
    "wrong key": _wrong_key,
    "future format": _future_format,
    "edited header": _edited_header,
    "other payload": _other_payload,
    "other signature": _other_signature,
}

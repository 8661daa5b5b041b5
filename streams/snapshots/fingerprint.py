"""The fingerprint of one record of the log, by which a snapshot knows its log again.

A topic that was deleted and made anew has other records at the same offsets: a state must not go on there.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_DIGEST_BYTES = 16


class Fingerprint(BaseModel):
    """An offset, and BLAKE2b (128 bits, hexadecimal) of the key and value that were found there."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    offset: Annotated[int, Field(ge=0)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


def fingerprint(offset: int, key: bytes | None, value: bytes | None) -> Fingerprint:
    """The fingerprint of a record. An absent key or value differs from an empty one.

    >>> fingerprint(41, b"pump-7", b"{}").digest
    '3250b2bf7d818a49d73999ef66649d41'
    """
    digest = blake2b(digest_size=_DIGEST_BYTES, person=b"rivergauge log")
    for part in (key, value):
        digest.update((-1 if part is None else len(part)).to_bytes(8, "big", signed=True))
        digest.update(part or b"")
    return Fingerprint(offset=offset, digest=digest.hexdigest())

"""What the records of a topic of snapshots come to, taken one by one: which snapshots there are, and their chunks."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.snapshots.identity import VERSION, Identity

MANIFEST: Final = "manifest"
ARCHIVE: Final = "archive/"
REFUSED: Final = "refused/manifest"

_KEY: Final = re.compile(
    rf"(?P<archived>{ARCHIVE})?(?P<epoch>[0-9]+)/(?P<position>[0-9]+)/"
    rf"(?(archived)(?P<version>{VERSION.pattern})/)(?P<rest>[^/]*(/[^/]*)?)"
)
"""What follows the gauge and the topic: of a manifest one word more, of a chunk two."""


class Manifest(BaseModel):
    """The last record of a snapshot."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: Annotated[int, Field(ge=1, le=1)] = 1
    token: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    sizes: list[int]
    offsets: list[int]
    sha256: str


class Scan:
    """One partition's records so far.

    Parameters
    ----------
    gauge, topic, partition
        Whose snapshots are looked for.
    """

    def __init__(self, gauge: str, topic: str, partition: int) -> None:
        self.chunks: set[str] = set()
        """Keys of all chunks of ours that are not deleted."""
        self.manifests: dict[Identity, Manifest] = {}
        self.refused: set[str] = set()
        """What the keys begin with of the snapshots that were set aside."""
        self.next_offset: int | None = None
        """One past the newest record that was taken; None before the first."""
        self._gauge = gauge
        self._topic = topic
        self._partition = partition

    def take(self, offset: int, key: str, value: bytes | None) -> None:
        """Take the next record; one without value deletes what it names."""
        self.next_offset = offset + 1
        ours = f"{self._gauge}/{self._topic}/"
        if not key.startswith(ours):
            return
        if key.endswith(f"/{REFUSED}"):
            _put(self.refused, key.removesuffix(REFUSED), value)
        elif (found := _KEY.fullmatch(key.removeprefix(ours))) is not None:
            if "/" in found["rest"]:
                _put(self.chunks, key, value)
            else:
                self._manifest(found, value)

    def _manifest(self, found: re.Match[str], value: bytes | None) -> None:
        identity = Identity(
            gauge=self._gauge,
            topic=self._topic,
            partition=self._partition,
            epoch=int(found["epoch"]),
            position=int(found["position"]),
            version=found["version"] or "",
        )
        self.manifests.pop(identity, None)
        if value is not None:
            with suppress(ValidationError):  # of another version, or foreign: as good as absent
                self.manifests[identity] = Manifest.model_validate_json(value)


def _put(keys: set[str], key: str, value: bytes | None) -> None:
    keys.discard(key) if value is None else keys.add(key)

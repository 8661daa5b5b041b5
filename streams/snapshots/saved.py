"""A learner's state in a file: what ``backtest --save`` writes and ``run --from`` begins with.

It has the format of a snapshot, with its checks and its signature. It belongs to the gauge file that made it, and a
service that began with it must be started with it again: its versions are the parents of the first ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Self

from models.learner import Learner
from schemas.gauge import Gauge
from streams.here.failures import StateRefusedError
from streams.snapshots import state
from streams.snapshots.format import Verified, encode, verify
from streams.snapshots.origin import Origin
from streams.snapshots.payload.pickler import dump
from streams.snapshots.payload.shape import check_shape
from streams.snapshots.payload.unpickler import load


def write(learner: Learner, path: Path, environ: Mapping[str, str]) -> None:
    """Write a learner's state to ``path``, signed with the key of its gauge's snapshots.

    Raises
    ------
    SnapshotError
        If there is no key, or the state holds what could not be read again.
    OSError
        If the file cannot be written.
    """
    gauge = learner.gauge
    about = Origin.here(gauge).about(learner, partition=0, partitions=1, epoch=0, last=None)
    path.write_bytes(encode(about, dump(learner), state.key(gauge, environ)))


class Saved(NamedTuple):
    """A saved state of which everything was checked."""

    gauge: Gauge
    verified: Verified

    @classmethod
    def read(cls, path: Path, gauge: Gauge, environ: Mapping[str, str]) -> Self:
        """Read and check a saved state.

        Raises
        ------
        SnapshotError
            If it is damaged, signed with another key, or of another shape.
        StateRefusedError
            If another gauge file made it.
        OSError
            If it cannot be read.
        """
        verified = verify(path.read_bytes(), state.key(gauge, environ))
        origin = Origin.here(gauge)
        if not origin.may_follow(verified.header):
            raise StateRefusedError(
                f"{path} was saved with another gauge file: {'; '.join(origin.differences(verified.header))}; go back "
                "to that, or save anew with rivergauge backtest --save"
            )
        check_shape(verified.header)
        return cls(gauge, verified)

    @property
    def digest(self) -> str:
        """By which a service knows what it began with."""
        return blake2b("".join(part.sha256 for part in self.verified.header.parts).encode(), digest_size=8).hexdigest()

    def learner(self) -> Learner:
        """The state, each time anew."""
        return load(self.verified, self.gauge)

"""A snapshot's learner under the gauge that runs here, which another gauge file may have made.

What becomes of it is a function of snapshot and gauge alone: whoever restores from the same snapshot, however often,
goes on with the same state. A snapshot that is taken afterwards is the new gauge's own.
"""

from __future__ import annotations

from models.learner import Learner
from schemas.gauge import Gauge
from streams.snapshots.format import Verified
from streams.snapshots.unpickler import load


def adopted(verified: Verified, gauge: Gauge) -> Learner:
    """The learner under ``gauge``. Whether an operator has accepted the change is for the caller to know.

    Raises
    ------
    SnapshotRefusedError
        As `streams.snapshots.unpickler.load` does.
    """
    return load(verified, gauge, digests={verified.header.gauge_digest})

"""A snapshot's learner under the gauge that runs here, which another gauge file may have made.

What becomes of it is a function of snapshot and gauge alone: whoever restores from the same snapshot, however often,
continues with the same state. A snapshot that is taken afterwards is the new gauge's own.
"""

from __future__ import annotations

from models.adoption import AdoptionError
from models.learner import Learner
from schemas.gauge import Gauge
from streams.here.failures import StateRefusedError
from streams.snapshots.format import Verified
from streams.snapshots.made_with import gauge_of
from streams.snapshots.payload.unpickler import load


def adopted(verified: Verified, gauge: Gauge) -> Learner:
    """The learner under ``gauge``. Whether an operator has accepted the change is for the caller to know.

    Raises
    ------
    SnapshotRefusedError
        As `streams.snapshots.payload.unpickler.load` does.
    StateRefusedError
        If the state cannot follow the change, or this release does not take the gauge file that made it.
    """
    header = verified.header
    if header.gauge_digest == gauge.digest:
        return load(verified, gauge)
    learner = load(verified, gauge_of(header))
    try:
        learner.adopt(gauge)
    except AdoptionError as error:
        raise StateRefusedError(
            f"the state at {header.position} of {header.topic}/{header.partition} cannot follow the changed gauge "
            f"file: {error}; undo these changes, or start over with rivergauge reset"
        ) from error
    return learner

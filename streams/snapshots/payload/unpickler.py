"""A verified payload back to a learner, by exact names only.

The signature keeps strangers out; this is the second wall, for the day a key is lost. A payload can only name what
`streams.snapshots.payload.names` lists (a rule such as "all of river" would reach ``os.getcwd`` through River's own
imports), and what it does with those is confined to making instances and giving them their state
(`streams.snapshots.payload.interpreter` reads it, not Python's unpickler).
"""

from __future__ import annotations

from typing import Any, Final

from models.learner import Learner
from schemas.gauge import Gauge
from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.format import Verified
from streams.snapshots.payload.admitted import Admitted, admitted_by
from streams.snapshots.payload.interpreter import Interpreter
from streams.snapshots.payload.permits import Permits
from streams.snapshots.payload.shape import check_shape

_PASSING: Final = (KeyboardInterrupt, MemoryError)


def load(verified: Verified, gauge: Gauge, *, admitted: Admitted | None = None) -> Learner:
    """The learner of a snapshot, with ``gauge`` as its gauge.

    Parameters
    ----------
    verified
        What `streams.snapshots.format.verify` returned.
    gauge
        The gauge that made the state; another one may adopt it then (`streams.snapshots.adoption`).
    admitted
        What may be named; by default what the gauge admits.

    Raises
    ------
    SnapshotRefusedError
        If it was made by another gauge file, has another shape, names or does what is not admitted, cannot be loaded,
        or is not the state that its header says.
    """
    header = verified.header
    if header.gauge_digest != gauge.digest:
        raise SnapshotRefusedError(
            Refusal.GAUGE,
            "snapshot of another gauge file",
            expected=gauge.digest,
            got=header.gauge_digest,
            do="run with the gauge file that wrote it, or accept the changed one: rivergauge accept",
        )
    check_shape(header)
    names = admitted_by(gauge) if admitted is None else admitted
    try:
        parts = {name: Interpreter(bytes(part), Permits(gauge, names)).read() for name, part in verified.parts.items()}
        learner: Learner = parts["learner"]
    except (SnapshotRefusedError, *_PASSING):
        raise
    except BaseException as error:  # a class may raise anything, Rust's PanicException included
        raise SnapshotRefusedError(
            Refusal.STATE,
            "state of a snapshot",
            expected=f"one that loads with {_versions(header.libraries)}",
            got=f"{type(error).__name__}: {error}",
            do="run with the libraries it was made with, or use the one before it",
        ) from error
    found = _found(learner, gauge)
    if found != f"a learner at {header.position}":
        raise SnapshotRefusedError(
            Refusal.STATE,
            "state of a snapshot",
            expected=f"a learner at {header.position}",
            got=found,
            do="this is a defect of the writer: report it, and use the one before it",
        )
    return learner


def _found(state: Any, gauge: Gauge) -> str:
    """What came of a payload, in words: nothing of it is asked what it is, for its answer may never end."""
    if type(state) is not Learner:
        return f"a {type(state).__name__}"
    if vars(state).get("gauge") is not gauge:
        return "a learner of no gauge, or of one of its own"
    position = vars(state).get("next_offset")
    if type(position) is not int or position.bit_length() > 63:
        return "a learner that is nowhere"
    return f"a learner at {position}"


def _versions(libraries: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in libraries.items())

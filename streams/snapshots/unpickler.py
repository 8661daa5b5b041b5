"""A verified payload back to a learner, by exact names only.

The signature keeps strangers out; this is the second wall, for the day a key is lost. A payload can only name what
`streams.snapshots.names` lists (a rule such as "all of river" would reach ``os.getcwd`` through River's own imports),
and of what those can do with each other, binding methods and making NumPy's types are confined further.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Set
from types import MethodType
from typing import Any, Final

import numpy as np

from models.learner import Learner
from schemas.gauge import Gauge
from streams.snapshots.admitted import Admitted, admitted_by
from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.format import Verified
from streams.snapshots.names import METHODS
from streams.snapshots.pickler import name_of_method, sections

_PASSING: Final = (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)
_DTYPES: Final = frozenset({"f8", "f4", "i8", "i4", "b1"})


def load(
    verified: Verified, gauge: Gauge, *, admitted: Admitted | None = None, digests: Set[str] = frozenset()
) -> Learner:
    """The learner of a snapshot, with ``gauge`` as its gauge.

    Parameters
    ----------
    verified
        What `streams.snapshots.format.verify` returned.
    gauge
        The gauge that the worker runs.
    admitted
        What may be named; by default what the gauge admits.
    digests
        Digests of other gauge files that an operator has accepted.

    Raises
    ------
    SnapshotRefusedError
        If it was made by another gauge file, names what is not admitted, cannot be loaded, or is not the state that its
        header says.
    """
    header = verified.header
    if header.gauge_digest != gauge.digest and header.gauge_digest not in digests:
        raise SnapshotRefusedError(
            Refusal.GAUGE,
            "snapshot of another gauge file",
            expected=gauge.digest,
            got=header.gauge_digest,
            do="run with the gauge file that wrote it, or accept the changed one: rivergauge accept",
        )
    names = admitted_by(gauge) if admitted is None else admitted
    try:
        learner = _Unpickler(verified.payload, gauge, names).load()
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
    if not isinstance(learner, Learner) or learner.next_offset != header.position:
        found = getattr(learner, "next_offset", type(learner).__name__)
        raise SnapshotRefusedError(
            Refusal.STATE,
            "state of a snapshot",
            expected=f"a learner at {header.position}",
            got=f"{found}",
            do="this is a defect of the writer: report it, and use the one before it",
        )
    return learner


class _Unpickler(pickle.Unpickler):
    def __init__(self, payload: memoryview, gauge: Gauge, admitted: Admitted) -> None:
        super().__init__(io.BytesIO(payload))
        self._admitted = admitted
        self._in_place: dict[tuple[str, str], Callable[..., Any]] = {
            ("streams.snapshots.references", "gauge_part"): sections(gauge).__getitem__,
            ("streams.snapshots.references", "bound_method"): _bound_method,
            ("numpy", "dtype"): _dtype,
        }

    def find_class(self, module: str, name: str) -> Any:
        pair = (module, name)
        if pair not in self._admitted:
            raise _not_admitted(f"{module}.{name}")
        return self._in_place.get(pair) or self._admitted[pair] or super().find_class(module, name)


def _bound_method(owner: Any, name: str) -> Any:
    method = name_of_method(owner, name)
    if method not in METHODS:
        raise _not_admitted(f"the method {'.'.join(method)}")
    if isinstance(owner, type):
        return getattr(owner, name)
    return MethodType(getattr(type(owner), name), owner)  # not what stands in the object under that name


def _dtype(kind: str, *_: Any) -> Any:
    if kind not in _DTYPES:
        raise _not_admitted(f"numpy.dtype {kind!r}")
    return np.dtype(kind)


def _not_admitted(what: str) -> SnapshotRefusedError:
    return SnapshotRefusedError(
        Refusal.NAME,
        "a snapshot names what it may not",
        expected="names of streams/snapshots/names.py",
        got=what,
        do="if a model of your own holds it, add it to the snapshot_classes of its entry point; if none does, somebody "
        "else has the key: make a new one",
    )


def _versions(libraries: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in libraries.items())

"""A learner's state to bytes, and a refusal at once where nobody could read them again.

The gauge is left out: a payload refers to it and to its sections, and gets those of the worker that restores it. Every
class and function is looked up in the table by which the unpickler goes, when it is written, which costs nothing that
can be measured: pickling asks once per object that is not one of Python's own.
"""

from __future__ import annotations

import io
import pickle
import sys
import threading
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final

from pydantic import BaseModel

from models.learner import Learner
from models.shape import attributes_of, required_of
from models.stateful import GIVEN, METHODS, STATEFUL
from schemas.gauge import Gauge
from streams.snapshots.failures import SnapshotUnpicklableError
from streams.snapshots.format import Payload
from streams.snapshots.payload.admitted import Admitted, admitted_by
from streams.snapshots.payload.references import bound_method, gauge_part
from streams.snapshots.payload.shape import shape_of

PROTOCOL: Final = 5

DEEP_STACK_BYTES: Final = 512 * 1024 * 1024
"""Address space for a thread that pickles a deep state; only what it really needs becomes memory."""
DEEP_RECURSION: Final = 400_000
"""Of the pickler's steps, a tree's level takes about five and a step about 300 bytes of stack: some 80,000 levels."""

_one_at_a_time = threading.Lock()


def dump(learner: Learner, admitted: Admitted | None = None) -> Payload:
    """What a snapshot holds of a learner. The learner must not be changed meanwhile; it is not changed by this.

    Parameters
    ----------
    learner
        Its gauge is not written.
    admitted
        What may be named; by default what its gauge admits (`admitted_by`).

    Raises
    ------
    SnapshotUnpicklableError
        If the state holds something that is not admitted, an object that does not have its class's shape, or something
        that cannot be pickled at all, or is nested too deep.
    """
    names = admitted_by(learner.gauge) if admitted is None else admitted
    try:
        try:
            return _dumped(learner, names)
        except RecursionError:
            return _dumped_on_a_deep_stack(learner, names)
    except (SnapshotUnpicklableError, MemoryError):
        raise
    except RecursionError as error:
        raise SnapshotUnpicklableError(
            f"the state of gauge '{learner.gauge.name}' is nested too deep to be pickled, as a tree on sorted numbers "
            "can be; bound its depth (max_depth), or take another splitter"
        ) from error
    except Exception as error:
        raise SnapshotUnpicklableError(
            f"the state of gauge '{learner.gauge.name}' cannot be pickled: {type(error).__name__}: {error}; a model "
            "that holds a connection, a lock or a function of its own cannot be used with snapshots"
        ) from error


def sections(gauge: Gauge) -> dict[str, BaseModel]:
    """The parts of a gauge that a payload refers to: the gauge itself by ``""``, its sections by name."""
    named = {name: getattr(gauge, name) for name in type(gauge).model_fields}
    return {"": gauge, **{name: part for name, part in named.items() if isinstance(part, BaseModel)}}


def name_of(thing: Any) -> tuple[str, str]:
    """Module and qualified name, as a payload would name a class or a function."""
    module = getattr(thing, "__module__", None) or pickle.whichmodule(thing, thing.__name__)  # type: ignore[attr-defined]
    return module, getattr(thing, "__qualname__", thing.__name__)


def name_of_method(owner: Any, name: str) -> tuple[str, str, str]:
    """Module, class and name of a method that is bound to ``owner``, an object or a class."""
    return (*name_of(owner if isinstance(owner, type) else type(owner)), name)


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, gauge: Gauge, admitted: Admitted) -> None:
        super().__init__(file, protocol=PROTOCOL)
        self._parts = {id(part): name for name, part in sections(gauge).items()}
        self._admitted = admitted
        self._shapes: dict[type[Any], tuple[frozenset[str], frozenset[str]] | None] = {}
        self.classes: set[type[Any]] = set()
        """Those that were written."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type | FunctionType | BuiltinFunctionType):
            self._check(name_of(obj))
            if isinstance(obj, type):
                self.classes.add(obj)
        elif isinstance(obj, MethodType):
            method = name_of_method(obj.__self__, obj.__name__)
            if method not in METHODS:
                raise SnapshotUnpicklableError(f"the state holds the method {'.'.join(method)}; {_WHY}")
            return bound_method, (obj.__self__, obj.__name__)
        elif isinstance(obj, BaseModel) and id(obj) in self._parts:
            return gauge_part, (self._parts[id(obj)],)
        elif isinstance(obj, Enum):
            return type(obj), (obj.value,)  # as Python 3.11.4 and later do; before, a member was its class's attribute
        else:
            self._check_shape(obj)
        return NotImplemented

    def _check_shape(self, obj: Any) -> None:
        cls = type(obj)
        if cls not in self._shapes:
            is_shown = name_of(cls) in STATEFUL and cls.__dictoffset__ != 0
            self._shapes[cls] = (required_of(cls), frozenset(attributes_of(cls)) | GIVEN) if is_shown else None
        if (shape := self._shapes[cls]) is None:
            return
        held = vars(obj).keys()
        if not (held >= shape[0] and held <= shape[1]):
            raise SnapshotUnpicklableError(
                f"the state holds a {'.'.join(name_of(cls))} with attributes that its class does not assign to self "
                f"({', '.join(sorted(held - shape[1])) or 'none'}), or without some that it does "
                f"({', '.join(sorted(shape[0] - held)) or 'none'}): it could not be told from another build's"
            )

    def _check(self, name: tuple[str, str]) -> None:
        if name not in self._admitted:
            raise SnapshotUnpicklableError(f"the state holds {'.'.join(name)}; {_WHY}")


_WHY: Final = (
    "it is not among the names that a snapshot may hold (models/stateful.py), or, for a model of your own, not "
    "in the snapshot_classes of its entry point"
)


def _dumped(learner: Learner, admitted: Admitted) -> Payload:
    parts: dict[str, bytes] = {}
    classes: set[type[Any]] = set()
    for name, part in learner.parts().items():
        file = io.BytesIO()
        pickler = _Pickler(file, learner.gauge, admitted)
        pickler.dump(part)
        parts[name] = file.getvalue()
        classes |= pickler.classes
    return Payload(parts, shape_of(classes))


def _dumped_on_a_deep_stack(learner: Learner, admitted: Admitted) -> Payload:
    # A tree may be deeper than Python's limit lets the pickler follow it, and a limit alone would not do: the C stack
    # has to hold it. The limit is the whole process's, so it is raised while this thread works and by one at a time.
    result: list[Payload] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            result.append(_dumped(learner, admitted))
        except BaseException as error:  # noqa: BLE001  raised again by the thread that waits
            failed.append(error)

    with _one_at_a_time:
        usual_limit, usual_stack = sys.getrecursionlimit(), threading.stack_size(DEEP_STACK_BYTES)
        try:
            thread = threading.Thread(target=work, name="deep-snapshot")
            sys.setrecursionlimit(max(usual_limit, DEEP_RECURSION))
            thread.start()
            threading.stack_size(usual_stack)
            thread.join()
        finally:
            threading.stack_size(usual_stack)
            sys.setrecursionlimit(usual_limit)
    if failed:
        raise failed[0]
    return result[0]

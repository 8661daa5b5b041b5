"""What a payload may do with each name: hand it on, make an instance of it, call it, give an instance its state.

Rules. Every admitted name may be a value. What else it may be follows here, and nothing follows for functions: those
that a pickle calls have a stand-in each, which looks at its arguments first and cannot itself be handed on to a model.
A plain class is made without arguments and without running any code of its own, and what it is given afterwards are
attributes of the instance: none that Python reads (``__class__``), none that hides a method. Classes with a
``__setstate__`` are listed one by one. A user's classes are made and given their state as they ask for, which is what
their ``snapshot_classes`` vouch for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from datetime import datetime, timedelta, timezone
from enum import Enum
from functools import partial
from importlib import import_module
from sys import intern
from types import MemberDescriptorType, MethodType
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

import numpy as np
from numpy.random import MT19937, RandomState

from models.stateful import METHODS
from schemas.gauge import Gauge
from streams.snapshots.admitted import Admitted
from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.names import NAMES
from streams.snapshots.pickler import name_of_method, sections

Call: TypeAlias = Callable[[tuple[Any, ...]], Any]
State: TypeAlias = Callable[[Any, Any], None]

_KINDS: Final = frozenset({"b1", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"})
_KEYS: Final = frozenset({str, int, float, bool, bytes, type(None), datetime})
_PLAIN_AFTER_ALL: Final = frozenset(
    ("river.preprocessing.scale", f"{name}Scaler") for name in ("MaxAbs", "MinMax", "Standard")
)
"""Classes whose ``__setstate__`` does for states of this River what would be done without one."""
_HIDING: Final = frozenset({"new_nominal_splitter"})
"""Static methods that a tree of ours replaces in its leaves, by a class (`models.recipes.steady`)."""
_MOST: Final = 2**31
_WORDS: Final = 624
"""Of a Mersenne Twister's state."""
_LONGEST: Final = 2**24
"""Of a window in Rust, which takes its memory at once, and ends the process where there is none."""
_SHOWN: Final = 200
"""Characters of a payload's own words that a log line has."""
_NEW: Final = inspect.getattr_static(object, "__new__")


class StandIn(NamedTuple):
    """What a payload gets for the name of a function that it may only call. Not callable: a model cannot use it."""

    name: str


class Permits:
    """What one payload may do; every name is learned when it comes.

    Parameters
    ----------
    gauge
        Whose parts the payload refers to.
    admitted
        What it may name.
    """

    def __init__(self, gauge: Gauge, admitted: Admitted) -> None:
        self._admitted = admitted
        self._parts = sections(gauge)
        self._values: dict[tuple[str, str], Any] = {}
        self._enums: set[type] = set()
        self.calls: dict[int, Call] = {}
        """By the id of what stands on the stack for a name: what a call of it does."""
        self.made: dict[int, Callable[..., Any]] = {}
        """By the id of a class: makes an instance."""
        self.states: dict[type, State] = {}
        """By the class of an instance: gives it its state."""
        self.vouched: set[type] = set()
        """Classes of the user's own models."""

    def named(self, module: Any, name: Any) -> Any:
        """What stands for a name.

        Raises
        ------
        SnapshotRefusedError
            If it is not admitted.
        """
        if type(module) is not str or type(name) is not str:
            forged("a name that is no text")
        pair = (module, name)
        if pair not in self._admitted:
            raise not_admitted(f"{module}.{name}")
        if pair not in self._values:
            self._values[pair] = self._learned(pair, self._admitted[pair])
        return self._values[pair]

    def key(self, key: Any) -> None:
        """Refuse a key or member whose hash would run code: only plain values, flat tuples of them, and enum members.

        A user's own classes may be keys: they are vouched for.
        """
        plain = _KEYS | self.vouched
        kind = type(key)
        if kind is tuple and {type(part) for part in key} <= plain:
            return
        if kind not in plain and kind not in self._enums:
            forged(f"a key of type {kind.__qualname__}")

    def _learned(self, pair: tuple[str, str], cls: type[Any] | None) -> Any:
        if pair in self._stand_ins:
            value: Any = StandIn(".".join(pair))
            self.calls[id(value)] = self._stand_ins[pair]
            self.states.update(_RESULTS.get(pair, {}))
            return value
        value = _found(*pair) if cls is None else cls
        if isinstance(value, type) and not issubclass(value, type):
            if pair in NAMES:
                self._admit(pair, value)
            else:
                self._trust(value)
        return value

    def _admit(self, pair: tuple[str, str], cls: type[Any]) -> None:
        if pair in _CALLS:
            self.calls[id(cls)] = partial(_CALLS[pair], cls)
        elif issubclass(cls, Enum):
            self._enums.add(cls)
            self.calls[id(cls)] = partial(_member, cls)
        elif issubclass(cls, tuple):
            self.made[id(cls)] = cls.__new__
        elif pair[0].startswith("river._river_rust."):
            self.made[id(cls)] = _rust
            self.states[cls] = _rust_state
        elif inspect.getattr_static(cls, "__new__") is _NEW:
            self.made[id(cls)] = _plain
        if pair in _STATES:
            self.states[cls] = _STATES[pair]
        elif self.made.get(id(cls)) is _plain and (pair in _PLAIN_AFTER_ALL or not hasattr(cls, "__setstate__")):
            self.states[cls] = Attributes(cls).give

    def _trust(self, cls: type[Any]) -> None:
        self.vouched.add(cls)
        self.calls[id(cls)] = lambda args: cls(*args)
        self.made[id(cls)] = cls.__new__
        self.states[cls] = _own_state if hasattr(cls, "__setstate__") else Attributes(cls, hiding=None).give

    @property
    def _stand_ins(self) -> dict[tuple[str, str], Call]:
        return {
            ("streams.snapshots.references", "gauge_part"): self._gauge_part,
            ("streams.snapshots.references", "bound_method"): _bound_method,
            ("numpy", "dtype"): _dtype,
            ("numpy._core.multiarray", "scalar"): _scalar,
            ("numpy._core.numeric", "_frombuffer"): _array,
            ("numpy.random._pickle", "__bit_generator_ctor"): _bits,
            ("numpy.random._pickle", "__randomstate_ctor"): _random_state,
        }

    def _gauge_part(self, args: tuple[Any, ...]) -> Any:
        _want(_exact(args, str), "gauge_part", args)
        return self._parts[args[0]]


class Attributes:
    """Writes the attributes of one class's instances: into their ``__dict__``, or into slots that the class declares.

    Parameters
    ----------
    cls
        The class.
    hiding
        Names of methods that an instance may hide with a class of its own; ``None``: any, as a user's own class may.
    """

    def __init__(self, cls: type[Any], hiding: Collection[str] | None = _HIDING) -> None:
        self._cls = cls
        self._hiding = hiding
        self._known: set[str] = set()
        slots = (vars(base) for base in reversed(cls.__mro__))
        self._slots = {
            name: slot for own in slots for name, slot in own.items() if isinstance(slot, MemberDescriptorType)
        }

    def give(self, instance: Any, state: Any) -> None:
        """Write a state as ``object.__getstate__`` makes it: a dict, or a pair of a dict or None and one for slots."""
        slots: Any = None
        if type(state) is tuple and len(state) == 2:
            state, slots = state
        if state is not None:
            self.write(instance, state)
        if slots is not None:
            if type(slots) is not dict or not slots.keys() <= self._slots.keys():
                forged(f"slots that {self._cls.__qualname__} has not")
            for name, value in slots.items():
                self._slots[name].__set__(instance, value)

    def write(self, instance: Any, state: Any) -> None:
        """Write a dict of attributes."""
        if type(state) is not dict:
            forged(f"a state of {self._cls.__qualname__} that is no dict but a {type(state).__qualname__}")
        if not state.keys() <= self._known:
            for name in state.keys() - self._known:
                self._check(name, state[name])
        attributes = object.__getattribute__(instance, "__dict__")
        for name, value in state.items():
            attributes[intern(name)] = value

    def _check(self, name: Any, value: Any) -> None:
        if type(name) is not str or (name.startswith("__") and name.endswith("__")):
            forged(f"an attribute {name!r} of {self._cls.__qualname__}")
        there = inspect.getattr_static(self._cls, name, None)
        if self._hiding is None or not (callable(there) or hasattr(type(there), "__get__")):
            self._known.add(name)
        elif name not in self._hiding or not isinstance(value, type):
            forged(f"an attribute {name!r} that hides a method of {self._cls.__qualname__}")


def forged(what: str) -> NoReturn:
    """Refuse what no pickler of ours writes."""
    raise SnapshotRefusedError(
        Refusal.FORGED,
        "a snapshot does what it may not",
        expected="what the pickler of snapshots writes",
        got=what[:_SHOWN],
        do="somebody else has the key and can write to the store: make a new key, and look at what was kept",
    )


def not_admitted(what: str) -> SnapshotRefusedError:
    """The refusal of a name."""
    return SnapshotRefusedError(
        Refusal.NAME,
        "a snapshot names what it may not",
        expected="names of models/stateful.py and streams/snapshots/names.py",
        got=ascii(what)[1:-1][:_SHOWN],
        do="if a model of your own holds it, add it to the snapshot_classes of its entry point; if none does, somebody "
        "else has the key: make a new one",
    )


def _found(module: str, name: str) -> Any:
    value: Any = import_module(module)
    for part in name.split("."):
        value = inspect.getattr_static(value, part)
        value = value.__func__ if isinstance(value, staticmethod) else value
    return value


def _want(holds: bool, name: str, args: object) -> None:
    if not holds:
        kinds = [type(arg).__qualname__ for arg in args] if isinstance(args, tuple) else type(args).__qualname__
        forged(f"{name} with {kinds}")


def _exact(args: tuple[Any, ...], *kinds: type) -> bool:
    return tuple(map(type, args)) == kinds


# -- what is called ---------------------------------------------------------------------------------------------------


def _bound_method(args: tuple[Any, ...]) -> Any:
    _want(len(args) == 2 and type(args[1]) is str, "bound_method", args)
    owner, name = args
    method = name_of_method(owner, name)
    if method not in METHODS:
        raise not_admitted(f"the method {'.'.join(method)}")
    if isinstance(owner, type):
        return getattr(owner, name)
    return MethodType(getattr(type(owner), name), owner)  # not what stands in the object under that name


def _dtype(args: tuple[Any, ...]) -> Any:
    _want(_exact(args[:1], str), "numpy.dtype", args)
    if args[0] not in _KINDS:
        raise not_admitted(f"numpy.dtype {args[0]!r}")
    return np.dtype(args[0])


def _scalar(args: tuple[Any, ...]) -> Any:
    _want(len(args) == 2 and type(args[0]) in _DTYPES and type(args[1]) is bytes, "numpy scalar", args)
    return _found("numpy._core.multiarray", "scalar")(*args)


def _array(args: tuple[Any, ...]) -> Any:
    fits = len(args) == 4 and type(args[0]) in (bytes, bytearray) and type(args[1]) in _DTYPES and args[3] in ("C", "F")
    _want(fits and type(args[2]) is tuple and set(map(type, args[2])) <= {int}, "numpy array", args)
    return _found("numpy._core.numeric", "_frombuffer")(*args)


def _bits(args: tuple[Any, ...]) -> Any:
    _want(len(args) == 1 and args[0] is MT19937, "bit generator", args)
    return MT19937()


def _random_state(args: tuple[Any, ...]) -> Any:
    _want(_exact(args, MT19937), "RandomState", args)
    return RandomState(args[0])


def _member(cls: type[Enum], args: tuple[Any, ...]) -> Any:
    _want(len(args) == 1 and type(args[0]) in (str, int), cls.__qualname__, args)
    return cls(args[0])


def _called(*allowed: tuple[type, ...]) -> Callable[[type[Any], tuple[Any, ...]], Any]:
    """Calls a class with arguments of exactly one of these sequences of types."""

    def call(cls: type[Any], args: tuple[Any, ...]) -> Any:
        _want(tuple(map(type, args)) in allowed, cls.__qualname__, args)
        return cls(*args)

    return call


def _of_callable(cls: type[Any], args: tuple[Any, ...]) -> Any:
    _want(len(args) == 1 and (args[0] is None or callable(args[0])), cls.__qualname__, args)
    return cls(*args)


def _vector(cls: type[Any], args: tuple[Any, ...]) -> Any:
    fits = len(args) == 4 and type(args[0]) is dict and (args[1] is None or callable(args[1]))
    _want(fits and type(args[2]) in (type(None), set) and type(args[3]) is bool, cls.__qualname__, args)
    return cls(*args)


def _codes(cls: type[Any], args: tuple[Any, ...]) -> Any:
    _want(_exact(args, list) and set(map(type, args[0])) <= _KEYS, cls.__qualname__, args)
    return cls(args[0])


_CALLS: Final[dict[tuple[str, str], Callable[[type[Any], tuple[Any, ...]], Any]]] = {
    ("collections", "Counter"): _called((dict,)),
    ("collections", "OrderedDict"): _called(()),
    ("collections", "defaultdict"): _of_callable,
    ("collections", "deque"): _called((), (tuple, int)),
    ("datetime", "datetime"): _called((bytes,), (bytes, timezone)),
    ("datetime", "timedelta"): _called((int, int, int)),
    ("datetime", "timezone"): _called((timedelta,), (timedelta, str)),
    ("functools", "partial"): _of_callable,
    ("models.recipes.steady", "SortedCodes"): _codes,
    ("random", "Random"): _called(()),
    ("river._river_rust.vectordict", "VectorDict"): _vector,
}
"""What a call of a class does; classes that are not here, nor enumerations, are made without one."""


# -- what is made, and what it is given -------------------------------------------------------------------------------


def _plain(cls: type[Any], *args: Any) -> Any:
    _want(not args, cls.__qualname__, args)
    return object.__new__(cls)


def _rust(cls: type[Any], *args: Any) -> Any:
    most = _LONGEST if cls.__name__.startswith("RsRolling") else _MOST
    fits = all(type(arg) in (float, bool) or (type(arg) is int and -most < arg < most) for arg in args)
    _want(fits, cls.__qualname__, args)
    return cls.__new__(cls, *args)


def _rust_state(instance: Any, state: Any) -> None:
    _want(type(state) is bytes, type(instance).__qualname__, state)
    instance.__setstate__(state)


def _own_state(instance: Any, state: Any) -> None:
    type(instance).__setstate__(instance, state)


def _partial_state(instance: Any, state: Any) -> None:
    fits = type(state) is tuple and len(state) == 4 and state[0] is instance.func and state[3] is None
    _want(fits and type(state[1]) is tuple and type(state[2]) is dict, "partial", state)
    instance.__setstate__(state)


def _generator_state(instance: Any, state: Any) -> None:
    fits = type(state) is tuple and len(state) == 3 and state[0] == 3 and type(state[1]) is tuple
    _want(fits and type(state[2]) in (float, type(None)) and set(map(type, state[1])) == {int}, "Random", state)
    instance.setstate(state)


def _normal_state(instance: Any, state: Any) -> None:
    _want(type(state) is tuple and _exact(state, float, float), "NormalDist", state)
    instance.__setstate__(state)


def _dtype_state(instance: Any, state: Any) -> None:
    # The type is NumPy's own and everybody's: nothing is written to it, and it must be what it is already.
    plain = type(state) is tuple and set(map(type, state)) <= {int, str, type(None)}
    _want(plain and state == instance.__reduce__()[2], "numpy.dtype", state)


def _bits_state(instance: Any, state: Any) -> None:
    _want(type(state) is tuple and len(state) == 2 and state[1] is None and _twister(state[0]), "MT19937", state)
    instance.__setstate__(state)


def _random_state_state(instance: Any, state: Any) -> None:
    _want(_twister(state), "RandomState", state)
    instance.__setstate__(state)


def _twister(state: Any) -> bool:
    """Whether this is the state of a Mersenne Twister; NumPy reads memory wherever its ``pos`` points."""
    twister = state.get("state") if type(state) is dict else None
    if type(twister) is not dict or state.get("bit_generator") != "MT19937" or type(state["bit_generator"]) is not str:
        return False
    key, pos = twister.get("key"), twister.get("pos")
    fits = type(key) is np.ndarray and key.dtype == np.uint32 and key.shape == (_WORDS,)
    rest = state.keys() - {"state", "bit_generator"}
    return fits and type(pos) is int and 0 <= pos <= _WORDS and {type(state[name]) for name in rest} <= {int, float}


_DTYPES: Final = frozenset(type(np.dtype(kind)) for kind in _KINDS)

_STATES: Final[dict[tuple[str, str], State]] = {
    ("functools", "partial"): _partial_state,
    ("random", "Random"): _generator_state,
    ("statistics", "NormalDist"): _normal_state,
}
"""How classes with a ``__setstate__`` get their state. One that is not here gets none."""

_RESULTS: Final[dict[tuple[str, str], dict[type, State]]] = {
    ("numpy", "dtype"): dict.fromkeys(_DTYPES, _dtype_state),
    ("numpy.random._pickle", "__bit_generator_ctor"): {MT19937: _bits_state},
    ("numpy.random._pickle", "__randomstate_ctor"): {RandomState: _random_state_state},
}
"""What the stand-ins for functions make, and how it gets its state."""

"""What a payload may do with each name: hand it on, make an instance of it, call it, give an instance its state.

Rules. Every admitted name may be a value. What else it may be follows here, and nothing follows for functions: those
that a pickle calls have a stand-in each, which looks at its arguments first and cannot itself be handed on to a model.
A plain class is made without arguments and without running any code of its own, and what it is given afterwards are
attributes of the instance (`streams.snapshots.payload.attributes`). Classes with a
``__setstate__`` are listed one by one. A user's classes are made and given their state as they ask for, which is what
their ``snapshot_classes`` vouch for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, Final, NamedTuple

from schemas.gauge import Gauge
from streams.snapshots.payload.admitted import Admitted
from streams.snapshots.payload.attributes import Attributes, attributes_for
from streams.snapshots.payload.calls import CALLS, FUNCTIONS, KEYS, Call, exactly, member
from streams.snapshots.payload.forgery import forged, not_admitted, want
from streams.snapshots.payload.lookup import found
from streams.snapshots.payload.made import RESULTS, STATES, State, own_state, plain, sealed, sealed_state
from streams.snapshots.payload.names import NAMES
from streams.snapshots.payload.pickler import sections

_PLAIN_AFTER_ALL: Final = frozenset(
    ("river.preprocessing.scale", f"{name}Scaler") for name in ("MaxAbs", "MinMax", "Standard")
)
"""Classes whose ``__setstate__`` does for states of this River what would be done without one."""
_PART: Final = ("streams.snapshots.payload.references", "gauge_part")
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
        self.required: dict[type, frozenset[str]] = {}
        """By the class of an instance: the attributes without which there is none."""
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
        plain = KEYS | self.vouched
        kind = type(key)
        if kind is tuple and {type(part) for part in key} <= plain:
            return
        if kind not in plain and kind not in self._enums:
            forged(f"a key of type {kind.__qualname__}")

    def _learned(self, pair: tuple[str, str], cls: type[Any] | None) -> Any:
        if (call := self._gauge_part if pair == _PART else FUNCTIONS.get(pair)) is not None:
            value: Any = StandIn(".".join(pair))
            self.calls[id(value)] = call
            self.states.update(RESULTS.get(pair, {}))
            return value
        value = found(*pair) if cls is None else cls
        if isinstance(value, type) and not issubclass(value, type):
            if pair in NAMES:
                self._admit(pair, value)
            else:
                self._trust(value)
        return value

    def _admit(self, pair: tuple[str, str], cls: type[Any]) -> None:
        if pair in CALLS:
            self.calls[id(cls)] = partial(CALLS[pair], cls)
        elif issubclass(cls, Enum):
            self._enums.add(cls)
            self.calls[id(cls)] = partial(member, cls)
        elif issubclass(cls, tuple):
            self.made[id(cls)] = cls.__new__
        elif pair[0].startswith("river._river_rust."):
            self.made[id(cls)] = sealed
            self.states[cls] = sealed_state
        elif inspect.getattr_static(cls, "__new__") is _NEW:
            self.made[id(cls)] = plain
        if pair in STATES:
            self.states[cls] = STATES[pair]
        elif self.made.get(id(cls)) is plain and (pair in _PLAIN_AFTER_ALL or not hasattr(cls, "__setstate__")):
            attributes = attributes_for(cls)
            self.states[cls], self.required[cls] = attributes.give, attributes.required

    def _trust(self, cls: type[Any]) -> None:
        self.vouched.add(cls)
        self.calls[id(cls)] = lambda args: cls(*args)
        self.made[id(cls)] = cls.__new__
        self.states[cls] = own_state if hasattr(cls, "__setstate__") else Attributes(cls, hiding=None).give

    def _gauge_part(self, args: tuple[Any, ...]) -> Any:
        want(exactly(args, str), "gauge_part", args)
        return self._parts[args[0]]

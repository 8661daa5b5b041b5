"""Writes the attributes of instances: those of their class's shape, and no other.

Rules. An instance gets all attributes that its class requires and none that its class does not assign
(`models.shape`). None of them is one that Python reads (``__class__``), none hides a method. What a user's own classes
hold, their ``snapshot_classes`` vouch for.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection
from sys import intern
from types import MemberDescriptorType
from typing import Any, Final

from models.shape import attributes_of, required_of
from models.stateful import GIVEN
from streams.snapshots.payload.forgery import forged


class Attributes:
    """Writes the attributes of one class's instances: into their ``__dict__``, or into slots that the class declares.

    Parameters
    ----------
    cls
        The class.
    hiding
        Names of methods that an instance may hide with a class of its own; ``None``: any, as a user's own class may.
    """

    def __init__(self, cls: type[Any], hiding: Collection[str] | None = GIVEN) -> None:
        self._cls = cls
        self._hiding = hiding
        self._known: set[str] = set()
        self._may = None if hiding is None else frozenset(attributes_of(cls)) | GIVEN
        self.required: frozenset[str] = frozenset() if hiding is None else required_of(cls)
        """What no instance may be without."""
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
        held = (state or {}).keys() if slots is None else {*(state or {}), *slots}
        if not self.required <= held:
            forged(f"a {self._cls.__qualname__} without {', '.join(sorted(self.required - held))}")

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
        if self._may is not None and name not in self._may:
            forged(f"an attribute {name!r}, which no {self._cls.__qualname__} has")
        there = inspect.getattr_static(self._cls, name, None)
        if self._hiding is None or not (callable(there) or hasattr(type(there), "__get__")):
            self._known.add(name)
        elif name not in self._hiding or not isinstance(value, type):
            forged(f"an attribute {name!r} that hides a method of {self._cls.__qualname__}")


def attributes_for(cls: type[Any]) -> Attributes:
    """Those of a class of the table, for every payload: what may be written follows from the class alone."""
    if cls not in _attributes:
        _attributes[cls] = Attributes(cls)
    return _attributes[cls]


_attributes: Final[dict[type[Any], Attributes]] = {}

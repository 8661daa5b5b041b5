"""The shape of a state: which attributes the objects of a class hold, so that another build's state is known at sight.

Rules. A state is written attribute by attribute. One that lacks an attribute which the code reads would load, and fail
at the first event; one that has more was made by other code. What a class may hold are its fields and slots, and what
its methods and those of its bases assign to ``self``. That is read from the code that runs: nobody writes it down
twice, nobody forgets it. An object of ours holds all of it from ``__init__`` on; one of River's, what its ``__init__``
assigns whatever its arguments are. An attribute whose meaning changes gets another name.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, cached_property
from hashlib import blake2b
from inspect import getattr_static
from types import CodeType, FunctionType, MemberDescriptorType
from typing import Any, Final

from models.stateful import SEALED

_OURS: Final = frozenset({"models", "schemas", "builtins", "typing", "abc"})
_STORE: Final = dis.opmap["STORE_ATTR"]
_NO_DEED: Final = frozenset({"CACHE", "EXTENDED_ARG"})


def attributes_of(cls: type[Any]) -> tuple[str, ...]:
    """What an object of a class may hold, by name; of a named tuple in its order.

    Of a class that shows no attributes, as River's in Rust, a digest of what a new object is written as.
    """
    if cls not in _attributes:
        _attributes[cls] = _attributes_of(cls)
    return _attributes[cls]


def required_of(cls: type[Any]) -> frozenset[str]:
    """What every object of a class holds, as far as it is certain; of our own classes, all that it may hold."""
    if cls not in _required:
        may = frozenset(attributes_of(cls))
        ours = all(base.__module__.partition(".")[0] in _OURS for base in cls.__mro__)
        _required[cls] = may if ours else may & _always(cls, "__init__")
    return _required[cls]


_attributes: Final[dict[type[Any], tuple[str, ...]]] = {}
_required: Final[dict[type[Any], frozenset[str]]] = {}


def _attributes_of(cls: type[Any]) -> tuple[str, ...]:
    if issubclass(cls, (tuple, Enum)):  # of a member its value is written, which is known here or not
        return tuple(getattr(cls, "_fields", ()))
    if (arguments := SEALED.get((cls.__module__, cls.__qualname__))) is not None:
        return (blake2b(cls(*arguments).__getstate__(), digest_size=8).hexdigest(),)
    names = _fields(cls)
    for base in cls.__mro__:
        own = vars(base).items()
        names |= {name for name, value in own if isinstance(value, (MemberDescriptorType, cached_property))}
        for function in _functions(base):
            names |= _stores(function.__code__, _receiver(function.__code__))
    return tuple(sorted(name for name in names if not isinstance(getattr_static(cls, name, None), property)))


def _fields(cls: type[Any]) -> set[str]:
    return {field.name for field in fields(cls)} if is_dataclass(cls) else set()


def _functions(base: type[Any]) -> Iterator[FunctionType]:
    for value in vars(base).values():
        for function in (value, getattr(value, "fget", None), getattr(value, "fset", None)):
            if isinstance(function, FunctionType):
                yield function


def _receiver(code: CodeType) -> str | None:
    return code.co_varnames[0] if code.co_argcount else None


@cache
def _stores(code: CodeType, receiver: str | None) -> frozenset[str]:
    """The attributes that a function, or one inside it, assigns to its receiver."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType) and receiver in const.co_freevars]
    found = frozenset[str]().union(*(_stores(const, receiver) for const in inner))
    if _STORE not in code.co_code[::2]:
        return found
    return found | {name for name, _ in _own_stores(code, receiver)}


def _own_stores(code: CodeType, receiver: str | None) -> Iterator[tuple[str, int]]:
    """Name and place of each assignment to an attribute of the receiver."""
    updated: dict[str, bool] = {}
    before: tuple[str | None, str | None] = (None, None)
    for step in _steps(code):
        if step.opname == "LOAD_ATTR" and before[1] == "COPY":  # self.n += 1 reads it first, from a copy of self
            updated[step.argval] = before[0] == receiver
        if step.opcode == _STORE and (before[1] == receiver or (before[1] == "SWAP" and updated.get(step.argval))):
            yield step.argval, step.offset
        before = (before[1], _on_top(step))


def _steps(code: CodeType) -> Iterator[dis.Instruction]:
    return (step for step in dis.get_instructions(code) if step.opname not in _NO_DEED)


def _on_top(step: dis.Instruction) -> str | None:
    """The variable that a step has loaded, or what it has done to the stack; two may be loaded in one step."""
    if step.opname in ("COPY", "SWAP"):
        return step.opname
    if "LOAD_FAST" not in step.opname and "LOAD_DEREF" not in step.opname:
        return None
    loaded: str = step.argval[-1] if isinstance(step.argval, tuple) else step.argval
    return loaded


def _always(cls: type[Any], method: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """The attributes that a method assigns whatever happens, with the methods of the object that it calls."""
    names: set[str] = set()
    for base in cls.__mro__:
        function = vars(base).get(method)
        if not isinstance(function, FunctionType):
            continue
        code = function.__code__
        if is_dataclass(base) and method == "__init__":
            return names | _fields(base)
        straight = _straight(code)
        names.update(name for name, place in _own_stores(code, _receiver(code)) if place in straight)
        for called in sorted(_calls(code, straight) - seen - {method}):
            names |= _always(cls, called, seen | {method})
        if method not in code.co_names:  # it does not call its base's
            break
    return names


def _calls(code: CodeType, straight: frozenset[int]) -> set[str]:
    """Methods that a function calls on its receiver."""
    receiver, before, called = _receiver(code), None, set()
    for step in _steps(code):
        is_call = step.opname == "LOAD_METHOD" or (step.opname == "LOAD_ATTR" and "NULL" in step.argrepr)
        if is_call and before == receiver and step.offset in straight:
            called.add(step.argval)
        before = _on_top(step)
    return called


def _straight(code: CodeType) -> frozenset[int]:
    """The places of a function that no jump passes over and no return comes before."""
    places, landing = set(), 0
    for step in _steps(code):
        if step.opcode in _JUMPS:
            landing = max(landing, step.argval)
        if step.offset >= landing:
            places.add(step.offset)
        if step.opname.startswith("RETURN_"):
            break
    return frozenset(places)


_JUMPS: Final = frozenset({*dis.hasjrel, *dis.hasjabs})

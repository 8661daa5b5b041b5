"""What a payload may call, and what that does: each looks at its arguments first.

A class of the table is called with arguments of exactly one of its sequences of types; a function has a stand-in here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from enum import Enum
from types import MethodType
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.random import MT19937, RandomState

from models.stateful import METHODS
from streams.snapshots.payload.forgery import not_admitted, want
from streams.snapshots.payload.lookup import found
from streams.snapshots.payload.pickler import name_of_method

Call: TypeAlias = Callable[[tuple[Any, ...]], Any]

KEYS: Final = frozenset({str, int, float, bool, bytes, type(None), datetime})
"""Types of plain values: to hash one runs no code of a class."""
KINDS: Final = frozenset({"b1", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"})
"""Of numbers, as NumPy names them."""
DTYPES: Final = frozenset(type(np.dtype(kind)) for kind in KINDS)


def exactly(args: tuple[Any, ...], *kinds: type) -> bool:
    """Whether there are arguments of exactly these types."""
    return tuple(map(type, args)) == kinds


def _bound_method(args: tuple[Any, ...]) -> Any:
    want(len(args) == 2 and type(args[1]) is str, "bound_method", args)
    owner, name = args
    method = name_of_method(owner, name)
    if method not in METHODS:
        raise not_admitted(f"the method {'.'.join(method)}")
    if isinstance(owner, type):
        return getattr(owner, name)
    return MethodType(getattr(type(owner), name), owner)  # not what stands in the object under that name


def _dtype(args: tuple[Any, ...]) -> Any:
    want(exactly(args[:1], str), "numpy.dtype", args)
    if args[0] not in KINDS:
        raise not_admitted(f"numpy.dtype {args[0]!r}")
    return np.dtype(args[0])


def _scalar(args: tuple[Any, ...]) -> Any:
    want(len(args) == 2 and type(args[0]) in DTYPES and type(args[1]) is bytes, "numpy scalar", args)
    return found("numpy._core.multiarray", "scalar")(*args)


def _array(args: tuple[Any, ...]) -> Any:
    fits = len(args) == 4 and type(args[0]) in (bytes, bytearray) and type(args[1]) in DTYPES and args[3] in ("C", "F")
    want(fits and type(args[2]) is tuple and set(map(type, args[2])) <= {int}, "numpy array", args)
    return found("numpy._core.numeric", "_frombuffer")(*args)


def _bits(args: tuple[Any, ...]) -> Any:
    want(len(args) == 1 and args[0] is MT19937, "bit generator", args)
    return MT19937()


def _random_state(args: tuple[Any, ...]) -> Any:
    want(exactly(args, MT19937), "RandomState", args)
    return RandomState(args[0])


def member(cls: type[Enum], args: tuple[Any, ...]) -> Any:
    """A member of an enumeration, by its value."""
    want(len(args) == 1 and type(args[0]) in (str, int), cls.__qualname__, args)
    return cls(args[0])


def _called(*allowed: tuple[type, ...]) -> Callable[[type[Any], tuple[Any, ...]], Any]:
    """Calls a class with arguments of exactly one of these sequences of types."""

    def call(cls: type[Any], args: tuple[Any, ...]) -> Any:
        want(tuple(map(type, args)) in allowed, cls.__qualname__, args)
        return cls(*args)

    return call


def _of_callable(cls: type[Any], args: tuple[Any, ...]) -> Any:
    want(len(args) == 1 and (args[0] is None or callable(args[0])), cls.__qualname__, args)
    return cls(*args)


def _vector(cls: type[Any], args: tuple[Any, ...]) -> Any:
    fits = len(args) == 4 and type(args[0]) is dict and (args[1] is None or callable(args[1]))
    want(fits and type(args[2]) in (type(None), set) and type(args[3]) is bool, cls.__qualname__, args)
    return cls(*args)


def _codes(cls: type[Any], args: tuple[Any, ...]) -> Any:
    want(exactly(args, list) and set(map(type, args[0])) <= KEYS, cls.__qualname__, args)
    return cls(args[0])


CALLS: Final[dict[tuple[str, str], Callable[[type[Any], tuple[Any, ...]], Any]]] = {
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

FUNCTIONS: Final[dict[tuple[str, str], Call]] = {
    ("streams.snapshots.payload.references", "bound_method"): _bound_method,
    ("numpy", "dtype"): _dtype,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy._core.numeric", "_frombuffer"): _array,
    ("numpy.random._pickle", "__bit_generator_ctor"): _bits,
    ("numpy.random._pickle", "__randomstate_ctor"): _random_state,
}
"""What a call of a function's stand-in does. That of ``gauge_part`` needs the gauge (see `permits`)."""

"""How instances are made of classes that are not called, and how those with a way of their own get their state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.random import MT19937, RandomState

from streams.snapshots.payload.calls import DTYPES, exactly
from streams.snapshots.payload.forgery import want

State: TypeAlias = Callable[[Any, Any], None]

_MOST: Final = 2**31
_WORDS: Final = 624
"""Of a Mersenne Twister's state."""
_LONGEST: Final = 2**24
"""Of a window in Rust, which takes its memory at once, and ends the process where there is none."""


def plain(cls: type[Any], *args: Any) -> Any:
    """An instance of a plain class, by none of its code."""
    want(not args, cls.__qualname__, args)
    return object.__new__(cls)


def sealed(cls: type[Any], *args: Any) -> Any:
    """An instance of a class in Rust."""
    most = _LONGEST if cls.__name__.startswith("RsRolling") else _MOST
    fits = all(type(arg) in (float, bool) or (type(arg) is int and -most < arg < most) for arg in args)
    want(fits, cls.__qualname__, args)
    return cls.__new__(cls, *args)


def sealed_state(instance: Any, state: Any) -> None:
    """Give an instance in Rust its bytes."""
    want(type(state) is bytes, type(instance).__qualname__, state)
    instance.__setstate__(state)


def own_state(instance: Any, state: Any) -> None:
    """Give an instance of a user's own class its state, as it asks for."""
    type(instance).__setstate__(instance, state)


def _partial_state(instance: Any, state: Any) -> None:
    fits = type(state) is tuple and len(state) == 4 and state[0] is instance.func and state[3] is None
    want(fits and type(state[1]) is tuple and type(state[2]) is dict, "partial", state)
    instance.__setstate__(state)


def _generator_state(instance: Any, state: Any) -> None:
    fits = type(state) is tuple and len(state) == 3 and state[0] == 3 and type(state[1]) is tuple
    want(fits and type(state[2]) in (float, type(None)) and set(map(type, state[1])) == {int}, "Random", state)
    instance.setstate(state)


def _normal_state(instance: Any, state: Any) -> None:
    want(type(state) is tuple and exactly(state, float, float), "NormalDist", state)
    instance.__setstate__(state)


def _dtype_state(instance: Any, state: Any) -> None:
    # The type is NumPy's own and everybody's: nothing is written to it, and it must be what it is already.
    plain = type(state) is tuple and set(map(type, state)) <= {int, str, type(None)}
    want(plain and state == instance.__reduce__()[2], "numpy.dtype", state)


def _bits_state(instance: Any, state: Any) -> None:
    want(type(state) is tuple and len(state) == 2 and state[1] is None and _twister(state[0]), "MT19937", state)
    instance.__setstate__(state)


def _random_state_state(instance: Any, state: Any) -> None:
    want(_twister(state), "RandomState", state)
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


STATES: Final[dict[tuple[str, str], State]] = {
    ("functools", "partial"): _partial_state,
    ("random", "Random"): _generator_state,
    ("statistics", "NormalDist"): _normal_state,
}
"""How classes with a ``__setstate__`` get their state. One that is not here gets none."""

RESULTS: Final[dict[tuple[str, str], dict[type, State]]] = {
    ("numpy", "dtype"): dict.fromkeys(DTYPES, _dtype_state),
    ("numpy.random._pickle", "__bit_generator_ctor"): {MT19937: _bits_state},
    ("numpy.random._pickle", "__randomstate_ctor"): {RandomState: _random_state_state},
}
"""What the stand-ins for functions make, and how it gets its state."""

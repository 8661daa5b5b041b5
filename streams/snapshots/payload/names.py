"""The names that a snapshot may hold: what learners are made of (`models.stateful`), containers and numbers.

Rules. A name is an exact pair of module and qualified name; there are no prefixes and no patterns. Nothing stands here
that reaches further than what it was given: no ``getattr`` (bound methods have their own table), ``eval``, ``exec``,
``open``, import or class that opens a file or runs a function it is handed by name. ``partial`` and ``deepcopy`` call
what they are given, which can only be something of this table again. ``numpy.dtype`` is confined by the unpickler.
"""

from __future__ import annotations

from typing import Final

from models.stateful import STATEFUL

_PYTHON: Final = (
    ("builtins", "bool dict float int set"),
    ("collections", "Counter OrderedDict defaultdict deque"),
    ("copy", "deepcopy"),
    ("datetime", "datetime timedelta timezone"),
    ("functools", "partial"),
    ("random", "Random"),
    ("statistics", "NormalDist"),
)
"""Containers, times, generators of random numbers."""

_NUMPY: Final = (
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.random._mt19937", "MT19937"),
    ("numpy.random._pickle", "__bit_generator_ctor __randomstate_ctor"),
)
"""Single numbers, arrays of numbers, random state. ``ndarray`` is not needed."""

_REFERENCES: Final = (("streams.snapshots.payload.references", "bound_method gauge_part"),)
"""What stands for things that are not written."""

NAMES: Final[frozenset[tuple[str, str]]] = STATEFUL | {
    (module, name) for table in (_PYTHON, _NUMPY, _REFERENCES) for module, names in table for name in names.split()
}
"""(module, qualified name) of every class and function that may be named."""

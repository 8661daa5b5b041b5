"""From an innovation to a p-value: its rank among those of its monitor's own past.

For an innovation z with N older ones, of which C are at least as large on the same side, the largest being Z::

    p = (clip((Z / z)^4, clip(16 / (N + 1), 0.05, 1), 1) + C + 20 T(z)) / (N + 21),   at least Phi(-|z|)

T is the upper tail of Student's t with 5 degrees of freedom: twenty pseudo-observations. Beyond the record the tail
falls like z^-4 at most, and no further than to a twentieth; nothing is rarer than a Gaussian would make it.
"""

from __future__ import annotations

from math import atan, erfc, exp, log, pi, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.drift.columns.arrays import Flags, Floats, Ints

CLASSES: Final = 28
"""Classes of |z| from 0.25 to 40, equally wide in log |z|, and one below."""
LOWEST: Final = 0.25
HIGHEST: Final = 40.0
PSEUDO: Final = 20.0
MOST: Final = 4_000
"""Innovations that a pool holds before it is halved."""
PARTS: Final = 16
"""A pool counts in sixteenths, so that halving it loses nothing."""
START: Final = 4.0
"""The largest innovation that a pool begins with."""
LARGEST: Final = 1e3
LEFT: Final = 16.0
"""What is left of a pool after an alarm."""

_PER_LOG: Final = CLASSES / log(HIGHEST / LOWEST)
EDGES: Final = (0.0, *(LOWEST * exp(n / _PER_LOG) for n in range(CLASSES)))


def t5_tail(x: float) -> float:
    """The upper tail of Student's t with 5 degrees of freedom.

    >>> round(t5_tail(2.015), 4)
    0.05
    """
    q = x / sqrt(5.0)
    u = 1.0 / (1.0 + q * q)
    return 0.5 - (atan(q) + q * u * (1.0 + 2.0 / 3.0 * u)) / pi


_ADDED: Final = PARTS * np.tri(CLASSES + 2, CLASSES + 1, -1, dtype=np.uint16)
"""What an innovation of each class adds to a pool, by its class + 1; nothing at 0."""
_T5: Final = np.array([PSEUDO * t5_tail(edge) for edge in EDGES])
_GAUSS: Final = np.array([max(0.5 * erfc(edge / sqrt(2.0)), 1e-12) for edge in EDGES])


class Pool(NamedTuple):
    """The past of each monitor on both sides: side 0 above its forecast, side 1 not.

    ``counts`` holds, in sixteenths, how many innovations are of a class or of a higher one, ``largest`` the largest of
    each side, ``size`` how many there are on both.
    """

    counts: npt.NDArray[np.uint16]
    largest: Floats
    size: Floats


def empty_pool(monitors: int) -> Pool:
    """Nothing seen yet."""
    counts = np.zeros((2 * monitors, CLASSES + 1), np.uint16)
    return Pool(counts, np.full(2 * monitors, START), np.zeros(monitors))


def classes_of(sizes: Floats) -> Ints:
    """The class of each |z|."""
    logs = np.log(np.maximum(sizes, LOWEST * 0.999) / LOWEST)
    return np.minimum((logs * _PER_LOG + 1.0).astype(np.int64), CLASSES)


def p_values(pool: Pool, sizes: Floats, rows: Ints) -> Floats:
    """The p-value of each |z|; ``rows`` is twice the monitor's number, and the side."""
    of = classes_of(sizes)
    least = np.minimum(np.maximum(16.0 / (pool.size + 1.0), 0.05), 1.0)
    beyond = np.minimum(pool.largest.take(rows) / np.maximum(sizes, 1e-9), 1.0)
    beyond *= beyond
    beyond = np.maximum(beyond * beyond, least)
    counted = pool.counts.ravel().take(rows * (CLASSES + 1) + of) / PARTS
    p = (beyond + counted + _T5.take(of)) / (pool.size + (1.0 + PSEUDO))
    floored: Floats = np.minimum(np.maximum(p, _GAUSS.take(of)), 1.0)
    return floored


def pooled(pool: Pool, sizes: Floats, rows: Ints, there: Flags) -> Pool:
    """The pool with one more innovation of each monitor where there is one."""
    added = np.zeros(len(pool.counts), np.int64)
    added[rows] = (classes_of(sizes) + 1) * there
    counts = pool.counts + _ADDED.take(added, axis=0)
    size = pool.size + there
    largest = pool.largest.copy()
    largest[rows] = np.maximum(largest.take(rows), np.minimum(sizes, LARGEST) * there)
    full = size > MOST
    if full.any():
        counts[np.repeat(full, 2)] >>= 1
        size = np.where(full, size * 0.5, size)
    return Pool(counts, largest, size)


def shrunk(pool: Pool, which: Flags) -> Pool:
    """What is left after an alarm of these monitors: at most sixteen innovations' worth, rounded up."""
    factor = np.where(which, np.minimum(1.0, LEFT / np.maximum(pool.size, 1.0)), 1.0)
    counts = np.ceil(pool.counts * np.repeat(factor, 2)[:, None]).astype(np.uint16)
    return Pool(counts, pool.largest, pool.size * factor)

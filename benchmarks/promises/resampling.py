"""Streams that never change, made of real ones: the stationary block bootstrap.

Blocks of a geometric length begin at random places and are laid end to end. What neighbours have in common is kept, and
the law of the whole is the same at every event: each alarm is false. Politis, Romano (1994). The stationary bootstrap.
JASA 89.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def resampled(rows: int, events: int, block: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which row each event is: rows follow each other, round the end too, for ``block`` events on average."""
    begins = rng.random(events) < 1 / block
    begins[0] = True
    at = np.arange(events)
    since = at - np.maximum.accumulate(np.where(begins, at, 0))
    firsts = rng.integers(0, rows, int(begins.sum()))[np.cumsum(begins) - 1]
    return np.asarray((firsts + since) % rows)

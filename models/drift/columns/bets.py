"""From p-values to evidence: power bets, tempered by the measured dependence, in Shiryaev-Roberts sums."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from models.drift.columns.arrays import Flags, Floats

KAPPA: Final = (0.1, 0.3, 0.6)
LARGEST: Final = 1e200

_K: Final = np.array(KAPPA)[None, :, None]
_LOG_K: Final = np.log(_K)
_LESS: Final = _K - 1.0

FILTERS: Final = (0.5, 0.25, 0.125, 0.0625)
_B: Final = np.array(FILTERS)[None, :, None]
_PER_VARIANCE: Final = (2.0 - _B) / _B
PRIOR: Final = 32.0
MEMORY: Final = 512.0
CLIP: Final = 4.0


def grown(sums: Floats, stakes: Floats, p: Floats, above: Flags, tempering: Floats, bet: Flags) -> Floats:
    """``(sum + stake) * (kappa p^(kappa - 1))^(1 / tempering)`` where there is a bet; p is 1 on the other side.

    ``sums`` is by side, kappa and monitor, ``stakes`` by side and monitor.
    """
    log_p = np.log(p)
    logs = np.array((np.where(above, log_p, 0.0), np.where(above, 0.0, log_p)))[:, None, :]
    factors = np.exp((_LOG_K + _LESS * logs) / tempering)
    return np.where(bet, np.minimum((sums + stakes[:, None, :]) * factors, LARGEST), sums)


class Dependence(NamedTuple):
    """How much slower evidence grows than it seems, by monitor: ``tempering``, at least 1.

    Signed innovations and their sizes pass four low-pass filters each; where their output varies more than that of
    independent ones would, innovations follow each other.
    """

    filtered: Floats
    variance: Floats
    whole: Floats
    mean_size: Floats
    tempering: Floats


def independent(monitors: int) -> Dependence:
    """Nothing seen yet."""
    shape = (2, len(FILTERS), monitors)
    return Dependence(
        np.zeros(shape), np.zeros(shape), np.zeros((2, 1, monitors)), np.full(monitors, 0.8), np.ones(monitors)
    )


def followed(before: Dependence, z: Floats, there: Flags, seen: Floats) -> Dependence:
    """Take in one innovation of each monitor where there is one; ``seen`` is how many there are, these included."""
    new: Floats | float = 1.0 if there.all() else there.astype(np.float64)
    size = np.minimum(np.abs(z), CLIP)
    u = np.array((np.minimum(np.maximum(z, -CLIP), CLIP), size - before.mean_size))[:, None, :]
    filtered = before.filtered + (_B * (u - before.filtered)) * new
    keep = 1.0 - new / MEMORY
    variance = before.variance * keep + filtered * filtered * new
    whole = before.whole * keep + u * u * new
    mean_size = before.mean_size + new * (size - before.mean_size) / np.minimum(4.0 + seen, MEMORY)
    tempering = np.maximum(((PRIOR + variance * _PER_VARIANCE) / (PRIOR + whole)).max(axis=(0, 1)), 1.0)
    return Dependence(filtered, variance, whole, mean_size, tempering)

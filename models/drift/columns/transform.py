"""What a block's values are held against: a scale, bins and a range for each number, the commonest values."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from models.drift.columns.arrays import BINS, VALUES, Flags, Floats, Ints

SLOTS: Final = 1_024
"""Codes of a category that are told apart; those beyond are taken for one value."""

_WIDER: Final = 1.5
_USELESS: Final = 50.0
"""A scale that is wrong by so much is of no use after a jump."""

Codes: Final = np.uint8


class Transform:
    """Centre, scale and bins of each number, and which values of each category are counted apart.

    A number becomes ``asinh((x - median) / scale)``, with a scale of twice the larger of the interquartile range / 1.35
    and the range from the 1st to the 99th percentile / 4.65.
    """

    def __init__(self, numbers: Floats, codes: Ints, slots: int) -> None:
        self.centre, self.scale, self.edges = scales_of(numbers)
        self.places = places_of(codes, slots)

    def renew(self, numbers: Floats, codes: Ints) -> tuple[Flags, Flags]:
        """Take those scales of a new sample that have moved, and its commonest values; which columns changed."""
        centre, scale, edges = scales_of(numbers)
        ratio = scale / self.scale
        moved = (ratio > _WIDER) | (ratio < 1 / _WIDER) | (np.abs(centre - self.centre) > 0.5 * scale)
        places = places_of(codes, self.places.shape[1])
        others = (places != self.places).any(axis=1)
        self._take(moved, centre, scale, edges)
        self.places = places
        return moved, others

    def replace(self, numbers: Floats, codes: Ints, named: Flags, named_codes: Flags) -> tuple[Flags, Flags]:
        """After a jump of the named columns: take a scale where the old one is of no use; which columns changed."""
        centre, scale, edges = scales_of(numbers)
        ratio = scale / self.scale
        enough = np.isfinite(numbers).sum(axis=0) >= BINS
        useless = named & enough & ((ratio > _USELESS) | (ratio < 1 / _USELESS)) & (_spread(numbers) > 0)
        self._take(useless, centre, scale, edges)
        self.places = np.where(named_codes[:, None], places_of(codes, self.places.shape[1]), self.places)
        return useless, named_codes

    def _take(self, which: Flags, centre: Floats, scale: Floats, edges: Floats) -> None:
        self.centre = np.where(which, centre, self.centre)
        self.scale = np.where(which, scale, self.scale)
        self.edges = np.where(which, edges, self.edges)


def scales_of(numbers: Floats) -> tuple[Floats, Floats, Floats]:
    """Centre, scale and the inner edges of the bins of each column of a sample; missing values are NaN."""
    levels = np.array([1, 25, 50, 75, 99, *np.arange(1, BINS) * 100 / BINS]) / 100
    found = quantiles(numbers, levels)
    centre = found[2]
    scale = _spread(numbers, found)
    tiny = 1e-9 * np.maximum(np.abs(centre), 1e-3)
    there = np.isfinite(numbers)
    mean = np.where(there, numbers, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    off = np.where(there, numbers - mean, 0.0)
    deviation = np.sqrt((off * off).sum(axis=0) / np.maximum(there.sum(axis=0), 1))
    scale = np.where(scale > tiny, scale, deviation)
    scale = np.where(scale > tiny, scale, np.maximum(np.abs(centre), 1.0) * 1e-2)
    return centre, scale, found[5:]


def _spread(numbers: Floats, found: Floats | None = None) -> Floats:
    if found is None:
        found = quantiles(numbers, np.array([0.01, 0.25, 0.5, 0.75, 0.99]))
    spread: Floats = 2 * np.maximum((found[3] - found[1]) / 1.35, (found[4] - found[0]) / 4.65)
    return spread


def quantiles(numbers: Floats, levels: Floats) -> Floats:
    """Quantiles of each column without its missing values, by linear interpolation; 0 where it has none."""
    ordered = np.sort(numbers, axis=0)  # NaN comes last
    n = np.isfinite(numbers).sum(axis=0)
    at = levels[:, None] * np.maximum(n - 1, 0)
    low = at.astype(np.int64)
    columns = np.arange(numbers.shape[1])
    below, above = ordered[low, columns], ordered[np.minimum(low + 1, np.maximum(n - 1, 0)), columns]
    found = below + (at - low) * (above - below)
    return np.where(n > 0, found, 0.0)


def places_of(codes: Ints, slots: int) -> npt.NDArray[np.uint8]:
    """For each column and code the place at which it is counted: the commonest have their own, others the last."""
    places = np.full((codes.shape[1], slots), VALUES - 1, Codes)
    for column, own in enumerate(places):
        seen = codes[:, column]
        counts = np.bincount(seen[seen >= 0], minlength=slots)
        commonest = np.argsort(-counts, kind="stable")[: VALUES - 1]
        commonest = commonest[counts[commonest] > 0]
        own[commonest] = np.arange(len(commonest))
    return places

"""A column over a stretch of events, in a few figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

LEVELS: Final = (10, 25, 50, 75, 90)
"""The quantiles that are kept, in percent."""

COMMONEST: Final = 32
"""How many values' shares a sketch keeps."""

_COMMON: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """One column over a stretch of events; shares are in [0, 1], and ``None`` where there is nothing to divide by.

    ``missing`` is a share of all events, everything else is of the values that are present. ``quantiles`` are those of
    `LEVELS`, and ``None`` of a category. ``shares`` maps the commonest values to theirs, the largest first: codes of a
    category, and of a number those that at least one event in fifty has. ``whole`` is the share of whole numbers.
    ``run`` counts equal values at the end of the stretch, or at the ends of blocks within it, whichever is more;
    ``newest`` is the last value, ``low`` and ``high`` the extremes.

    ``far`` and ``new`` are against an earlier stretch: the share beyond it by three times its range, and the share of
    values that had never been seen by its end.
    """

    events: int
    missing: float | None = None
    quantiles: tuple[float, ...] | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    shares: Mapping[float, float] = field(default_factory=dict)
    whole: float | None = None
    run: int = 0
    newest: float | None = None
    far: float | None = None
    new: float | None = None

    @property
    def median(self) -> float | None:
        """The middle one."""
        return None if self.quantiles is None else self.quantiles[2]

    @property
    def spread(self) -> float | None:
        """How wide the middle half is."""
        return None if self.quantiles is None else self.quantiles[3] - self.quantiles[1]


def shares_of(values: npt.NDArray[np.float64], least: float = 0.0) -> dict[float, float]:
    """The commonest values' shares, the largest first, equal ones by value; those below ``least`` are left out."""
    if not len(values):
        return {}
    found, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:COMMONEST]
    return {float(found[n]): float(counts[n] / len(values)) for n in order if counts[n] >= least * len(values)}


def common_shares(values: npt.NDArray[np.float64]) -> dict[float, float]:
    """The shares of a number's values that at least one event in fifty has, and more than one event."""
    return {value: share for value, share in shares_of(values, _COMMON).items() if share * len(values) > 1.5}

"""All monitors of one block length: from the summaries of a block to evidence.

Every monitor is there twice. Channel 1 takes the innovation against the forecast whose speed was best so far, channel 2
against the slowest one. What is learned of a block is learned some blocks later: a drift must not teach its own monitor
that it is normal.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from models.drift.columns.arrays import Flags, Floats, Ints, Kind, Layout
from models.drift.columns.bets import KAPPA, followed, grown, independent
from models.drift.columns.ranks import empty_pool, p_values, pooled, shrunk

SPEEDS: Final = (1 / 256, 0.06, 0.25, 0.7)
ARM: Final = 12
"""Blocks that a forecast needs before its innovations are used."""
BET: Final = 16
"""Innovations that a pool needs before bets are placed."""
RETURN: Final = 4
"""Blocks in a row that are nearer to the earlier reference before it is taken up again."""
SETTLED: Final = 64.0
"""Blocks that a reference which is taken up again counts for at least."""

_SPEEDS: Final = np.array(SPEEDS)[:, None]
_FADE: Final = 64.0
_NEVER: Final = 1e12
_NO_LIMIT: Final = 1e300
_ALL_FLOOR: Final = 0.02


class Level:
    """The monitors of one block length.

    Parameters
    ----------
    kind
        What each monitor is of.
    events
        The length.
    delay
        How many blocks later a block is learned.
    share
        Of the budget that this length may spend.
    """

    def __init__(self, kind: Kind, *, events: int, delay: int, share: float) -> None:
        m = 2 * len(kind.name)
        self.events, self.delay = events, delay
        sides: Floats = np.stack((np.ones(m // 2), kind.two_sided.astype(np.float64)))
        self._stakes = np.tile(kind.weight * sides * (share * 0.5 * events / len(KAPPA)), (1, 2))
        self._n = np.zeros(m)
        self._forecasts = np.zeros((len(SPEEDS), m))
        self._errors = np.full((len(SPEEDS), m), 1e-12)
        self._spread = np.zeros(m)
        self._earlier = np.full(m, np.nan)
        self._returning = np.zeros(m)
        self._has_earlier = False
        self._waiting: list[Floats] = []
        self._chosen: list[npt.NDArray[np.int32]] = []
        self._pool = empty_pool(m)
        self._dependence = independent(m)
        self._sums = np.zeros((2, len(KAPPA), m))
        self.z = np.zeros(m)
        """The newest innovations; 0 where a monitor is not ready."""
        self._returned = np.zeros(m, np.bool_)

    @property
    def evidence(self) -> Floats:
        """The sum of each monitor, both channels together."""
        both = np.add.reduce(self._sums, axis=(0, 1))
        half = len(both) // 2
        evidence: Floats = both[:half] + both[half:]
        return evidence

    @property
    def tempered(self) -> Floats:
        """The newest innovations of channel 2 in standard deviations of their sum, as dependence leaves them."""
        half = len(self.z) // 2
        tempered: Floats = np.clip(self.z[half:], -8.0, 8.0) / np.sqrt(self._dependence.tempering[half:])
        return tempered

    def is_back(self, monitor: int) -> bool:
        """Whether a monitor took its earlier reference up again with the newest block, on either channel."""
        return bool(self._returned[monitor] or self._returned[monitor + len(self._returned) // 2])

    def step(self, x: Floats, floor: Floats, at: Layout, *, bets: bool) -> Generator[None, None, None]:
        """Take in the summaries of a block, NaN where there are none, in portions; all changes with the last of them.

        ``floor`` is the least deviation believed of each; ``bets`` says whether evidence may grow.
        """
        half = len(self._n) // 2
        each, sides = _numbered(2 * half)
        chosen = self._chosen[0] if self._chosen else each.astype(np.int32)
        overall, overall_floor = self._overall(x, floor, at, chosen), np.full(at.kinds, _ALL_FLOOR)
        x = np.concatenate((x, overall, x, overall))
        floor = np.concatenate((floor, overall_floor, floor, overall_floor))
        there = np.isfinite(x)
        x = np.where(there, x, 0.0)
        yield
        forecasts, n, earlier, returning = self._forecasts, self._n, self._earlier, self._returning
        errors = x - forecasts
        e = errors.ravel().take(chosen)
        returned = self._returned
        if self._has_earlier:
            other = x - earlier
            back = np.abs(other) < np.abs(e)
            e = np.where(back, other, e)
            returning = np.where(there, np.where(back, returning + 1.0, 0.0), returning)
            returned = returning >= RETURN
            if returned.any():
                current = forecasts.ravel().take(chosen)
                forecasts = np.where(returned, earlier, forecasts)
                earlier = np.where(returned, current, earlier)
                returning = np.where(returned, 0.0, returning)
                n = np.where(returned, np.maximum(n, SETTLED), n)
                errors = x - forecasts
            yield
        scale = np.maximum(self._spread * 1.25, floor) * np.sqrt(1.0 + 1.0 / np.maximum(n, 1.0))
        armed = there & (n >= ARM)
        z = np.where(armed, np.minimum(np.maximum(e / scale, -1e4), 1e4), 0.0)
        yield
        above = z > 0
        p = p_values(self._pool, np.abs(z), sides - above)
        yield
        sums = self._sums
        if bets:
            placed = armed & (self._pool.size >= BET)
            sums = grown(sums, self._stakes, p, above, self._dependence.tempering, placed)
        yield
        pool, dependence = self._pool, self._dependence
        waiting = [*self._waiting, np.where(armed, z, np.nan)]
        while len(waiting) > self.delay:
            old, *waiting = waiting
            known = np.isfinite(old)
            if known.any():
                old = np.where(known, old, 0.0)
                pool = pooled(pool, np.abs(old), sides - (old > 0), known)
                yield
                dependence = followed(dependence, old, known, pool.size)
                yield
        limit = np.where(n >= 3, 5.0 * scale, _NO_LIMIT)
        clipped = np.minimum(np.maximum(errors, -limit), limit)
        fade = np.where(there & (n > 1), 1.0 / np.minimum(np.maximum(n - 1.0, 1.0), _FADE), 0.0)
        squared = self._errors + fade * (clipped * clipped - self._errors)
        spread = self._spread + fade * (np.minimum(np.abs(e), np.where(n >= 6, 4.0 * scale, _NO_LIMIT)) - self._spread)
        yield
        penalised = squared * _PENALTY
        penalised[1:, half:] = _NEVER
        best = (penalised.argmin(axis=0) * (2 * half) + each).astype(np.int32)
        forecasts = forecasts + np.where(there, np.maximum(_SPEEDS, 1.0 / (n + 1.0)), 0.0) * errors
        yield
        self._chosen = [*self._chosen, best][-self.delay :]
        self._forecasts, self._errors, self._spread = forecasts, squared, spread
        self._n = n + there
        self._earlier, self._returning, self._returned = earlier, returning, returned
        self._waiting, self._pool, self._dependence, self._sums, self.z = waiting, pool, dependence, sums, z

    def _overall(self, x: Floats, floor: Floats, at: Layout, chosen: npt.NDArray[np.int32]) -> Floats:
        """Of each kind of summary the mean over columns of min(|z|, 4)."""
        k = len(x)
        e = x - self._forecasts.ravel().take(chosen[:k])
        z = np.minimum(np.abs(e) / np.maximum(self._spread[:k] * 1.25, floor), 4.0)
        z = np.where(np.isfinite(z) & (self._n[:k] >= 3), z, 0.0)
        split = k - 5 * at.categories
        means = []
        if at.numbers:
            means.append(z[:split].reshape(10, at.numbers).sum(axis=1) / at.numbers)
        if at.categories:
            means.append(z[split:].reshape(5, at.categories).sum(axis=1) / at.categories)
        return np.concatenate(means)

    def forget_evidence(self) -> None:
        """An alarm was dealt with: evidence begins anew."""
        self._sums = np.zeros_like(self._sums)

    def moved(self, which: Flags) -> None:
        """These monitors (of one channel) have alarmed: begin anew, and keep the earlier reference for a return."""
        which = np.concatenate((which, which))
        chosen = self._chosen[0] if self._chosen else np.arange(len(which), dtype=np.int32)
        reference = np.where(self._n >= ARM, self._forecasts.ravel().take(chosen), self._earlier)
        self._earlier = np.where(which, reference, self._earlier)
        self._has_earlier = True
        self._returning = np.where(which, 0.0, self._returning)
        self._returned = self._returned & ~which
        self._n = np.where(which, 0.0, self._n)
        pool = shrunk(self._pool, which)
        if self._waiting:
            # Of what waits to be learned, the largest: a stream that jumps learns that it jumps.
            pending = np.nan_to_num(np.stack(self._waiting))
            largest = pending[np.argmax(np.abs(pending), axis=0), np.arange(len(which))]
            known = which & (largest != 0.0)
            largest = np.where(known, largest, 0.0)
            pool = pooled(pool, np.abs(largest), 2 * np.arange(len(which)) + (largest <= 0), known)
            filtered = self._dependence.filtered
            self._dependence = followed(self._dependence, largest, known, pool.size)._replace(filtered=filtered)
        self._pool = pool
        self._waiting = [np.where(which, np.nan, z) for z in self._waiting]

    def restart(self, which: Flags) -> None:
        """What these monitors (of one channel) look at is another thing from here on: begin anew without a past."""
        which = np.concatenate((which, which))
        self._n = np.where(which, 0.0, self._n)
        self._earlier = np.where(which, np.nan, self._earlier)
        self._waiting = [np.where(which, np.nan, z) for z in self._waiting]

    def forget_earlier(self, which: Flags) -> None:
        """There is no way back for these monitors (of one channel)."""
        self._earlier = np.where(np.concatenate((which, which)), np.nan, self._earlier)


@cache
def _numbered(monitors: int) -> tuple[Ints, Ints]:
    """The number of each monitor, and that of its lower side in a `Pool`: the upper one comes just before it."""
    each = np.arange(monitors)
    return each, 2 * each + 1


_PENALTY: Final = np.array([1.0, 1.03, 1.06, 1.09])[:, None]

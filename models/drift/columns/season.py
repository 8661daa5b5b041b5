"""The season of a block's summaries: what the hour of the day and the day of the week let one expect.

It is subtracted before a summary is forecast, and only as far as that was seen to help: what has no season is left as
it is, and so are blocks whose events have no time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

HOUR: Final = "hour"
WEEKDAY: Final = "weekday"
SIZES: Final[dict[str, int]] = {HOUR: 24, WEEKDAY: 7}
"""By what may be declared: how many parts it has."""

SPEEDS: Final = np.array([[0.06], [0.25], [0.7]])
"""Of the forecasts by which it is seen whether the season helps."""
MEMORY: Final = 256
"""Blocks over which their squared errors fade."""
SLOWEST: Final = 1 / 20
"""The least that a part of the season learns of a visit: about twenty are remembered."""
LEAST_VISITS: Final = 3.0
"""Visits that each part of the hours, or of the weekdays, needs before they are trusted."""
LEAST_BLOCKS: Final = 48
HELPS: Final = 0.8
HURTS: Final = 0.95
"""The squared error with the season, as a share of that without, from which it is used, and used no more."""
STEP: Final = 1 / 32
"""It is faded in and out over as many blocks, so that its coming is no jump."""
CLIP: Final = 4.0

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


def parts_of(season: tuple[str, ...]) -> int:
    """How many parts a declared season has."""
    return sum(SIZES[name] for name in season)


def places_of(time: datetime, season: tuple[str, ...]) -> tuple[int, ...]:
    """Which of the parts an event belongs to; the clock is that of its time zone.

    >>> places_of(datetime(2026, 5, 2, 13, 45), ("hour", "weekday"))
    (13, 29)
    """
    found, first = [], 0
    for name in season:
        found.append(first + (time.hour if name == HOUR else time.weekday()))
        first += SIZES[name]
    return tuple(found)


class Season:
    """What to expect of some summaries, by part of the season; additive.

    With x a block's summaries, and w its events' shares of the parts, which sum to 1 within hours and within weekdays,
    what a block leaves is ``e = x - level - w S``, clipped at 4 mean absolute ones. A part learns when it is over, from
    the mean of e over its visit::

        S += max(1 / (visits + 1), 1/20) mean;   S -= its mean, weighted by visits, within hours and within weekdays

    so that a change which lasts for an hour moves one part by a twentieth of it, however many blocks an hour has. The
    level learns from the same means, over two days or two weeks. A block longer than a part is a visit of its own.

    Whether it helps is seen from forecasts at three speeds, each with and without it: of either the best, by squared
    error that fades over 256 blocks. It is used from 0.8 of the error without on, and no more from 0.95 on.

    The state is 62 numbers in single precision for each summary, and 16 more.

    Parameters
    ----------
    summaries
        How many there are.
    season
        Of `SIZES`.
    """

    def __init__(self, summaries: int, season: tuple[str, ...]) -> None:
        self.season = season
        parts = parts_of(season)
        self._profile = np.zeros((parts, summaries), np.float32)
        self._visits = np.zeros(parts)
        self._visited = np.zeros((parts, summaries), np.float32)
        self._blocks = np.zeros(parts)
        self._level = np.zeros(summaries)
        self._learned = 0.0
        self._error = np.zeros(summaries)
        self._n = np.zeros(summaries)
        self._plain = np.zeros((len(SPEEDS), summaries))
        self._without = np.zeros((len(SPEEDS), summaries))
        self._plain_error = np.zeros((len(SPEEDS), summaries))
        self._without_error = np.zeros((len(SPEEDS), summaries))
        self._used = np.zeros(summaries)
        self._helps = np.zeros(summaries, np.bool_)

    def without(self, x: Floats, counts: Floats) -> Floats:
        """The summaries without their season, as far as it has helped so far; then learn from them.

        ``counts`` are the block's events in each part; all are 0 where none had a time. What is not finite stays so.
        """
        total = counts.sum() / max(len(self.season), 1)
        if total <= 0:
            return x
        shares = counts / total
        here = np.isfinite(x)
        trusted = shares.copy()
        for part in self._groups():
            met = self._visits[part][self._visits[part] > 0]
            if len(met) < 2 or float(met.min()) < LEAST_VISITS:
                trusted[part] = 0.0
        season = trusted @ self._profile
        shown: Floats = x - self._used * season
        value = np.where(here, x, 0.0)
        self._judge(value, here, season, is_trusted=bool(trusted.any()))
        self._learn(value, here, shares)
        self._n += here
        return shown

    def restart(self, which: Flags) -> None:
        """These summaries are measured otherwise from here on: what was learned of them is forgotten."""
        for of_each in (
            *(self._profile, self._visited, self._level, self._error, self._n, self._used, self._helps),
            *(self._plain, self._without, self._plain_error, self._without_error),
        ):
            of_each[..., which] = 0

    def _groups(self) -> Iterator[slice]:
        first = 0
        for name in self.season:
            yield slice(first, first + SIZES[name])
            first += SIZES[name]

    def _judge(self, value: Floats, here: Flags, season: Floats, *, is_trusted: bool) -> None:
        n = self._n
        rate = np.where(here & (n > LEAST_BLOCKS / 4), 1 / np.minimum(np.maximum(n, 1), MEMORY), 0.0)
        room = np.where(n > LEAST_BLOCKS / 4, 2 * CLIP * self._error + 1e-12, np.inf)
        speeds = np.maximum(SPEEDS, 1 / (n + 1)) * here
        for forecast, error, target in (
            (self._plain, self._plain_error, value),
            (self._without, self._without_error, value - season),
        ):
            missed = target - forecast
            error += rate * (np.clip(missed, -room, room) ** 2 - error)
            forecast += speeds * missed
        share = (self._without_error.min(axis=0) + 1e-12) / (self._plain_error.min(axis=0) + 1e-12)
        ready = is_trusted & (n >= LEAST_BLOCKS)
        self._helps = ready & (share < np.where(self._helps, HURTS, HELPS))
        self._used = np.clip(self._used + np.where(self._helps, STEP, -STEP), 0.0, 1.0)

    def _learn(self, value: Floats, here: Flags, shares: Floats) -> None:
        left = (self._blocks > 0) & (shares == 0)
        if left.any():
            self._take_in(left)
        n = self._n
        self._level = np.where(here & (n == 0), value, self._level)
        missed = value - self._level - shares @ self._profile
        room = np.where(n > LEAST_BLOCKS / 4, CLIP * self._error + 1e-12, np.inf)
        missed = np.where(here, np.clip(missed, -room, room), 0.0)
        self._error += np.where(here, 1 / np.minimum(n + 1, MEMORY), 0.0) * (np.abs(missed) - self._error)
        self._visited += shares[:, None] * missed
        self._blocks += shares
        longer = (shares > 0) & (shares < 1)
        if longer.any():
            self._take_in(longer)

    def _take_in(self, over: Flags) -> None:
        blocks = self._blocks[over]
        means = self._visited[over] / blocks[:, None]
        seen = np.minimum(blocks, 1.0)
        self._profile[over] += (np.maximum(1 / (self._visits[over] + 1), SLOWEST) * seen)[:, None] * means
        self._visits[over] += seen
        first = next(self._groups())
        hours = over[first]
        if hours.any():
            weight = float(seen[: int(hours.sum())].sum())
            mean = (seen[: int(hours.sum()), None] * means[: int(hours.sum())]).sum(axis=0) / weight
            self._learned += weight
            self._level += max(1 / self._learned, 1 / (2 * len(hours))) * min(weight, 1.0) * mean
        self._visited[over] = 0.0
        self._blocks[over] = 0.0
        for part in self._groups():
            visits = self._visits[part]
            self._profile[part] -= (visits @ self._profile[part] / max(float(visits.sum()), 1e-9))[None]

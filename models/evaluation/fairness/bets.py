"""Bets that the mean of paired differences lies outside a tolerance: evidence that holds at every look."""

from __future__ import annotations

from typing import Final, TypeAlias

BETS: Final = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Shares of the wealth that are bet on each pair, side by side; each is the best one against another gap."""

LEAST: Final = 1e-200
"""Wealth is kept between this and its inverse. Sixty-four bets cannot lead from there to the end of the numbers."""
CLIPPED_EVERY: Final = 64

_Pile: TypeAlias = tuple[float, float, float, float, float, float]
_ONE: Final[_Pile] = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
_NOTHING: Final[_Pile] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class GapBets:
    """Bets on both directions of a gap, for one that was always there and for one that begins later.

    The simple form, for a difference x in [-1, 1] and a tolerance t::

        for j in range(6):
            up   = 1 + BETS[j] * (x - t) / (1 + t);    down = 1 - BETS[j] * (x + t) / (1 + t)
            wealth_up[j]   *= up;                      wealth_down[j]   *= down                      # from 1
            late_up[j]      = (late_up[j] + 1) * up;   late_down[j]      = (late_down[j] + 1) * down  # from 0

    While the mean of the next x, given the past, stays within [-t, t], the mean of the twelve wealths ever reaches
    1 / alpha with probability at most alpha, and the mean of the twelve sums reaches 1 / budget at most ``budget * m``
    times among the first m differences. ``kappa`` tempers both where differences follow each other.

    Parameters
    ----------
    tolerance
        Gap, in [0, 1), that is no gap.

    Raises
    ------
    ValueError
        If the tolerance lies outside [0, 1).

    References
    ----------
    Chugg, Cortes-Gomez, Wilder, Ramdas (2023). Auditing fairness by betting. arXiv 2305.17570. The sums: Shin, Ramdas,
    Rinaldo (2022). E-detectors. arXiv 2203.03532.

    >>> bets = GapBets(tolerance=0.05)
    >>> for _ in range(20):
    ...     bets.update(1.0)
    >>> round(bets.e_value(kappa=1.0), 1), round(bets.late_e_value(kappa=1.0), 1)
    (789.4, 2191.3)
    """

    __slots__ = ("_down", "_late_down", "_late_up", "_n", "_up", "tolerance")

    _up: _Pile
    _down: _Pile
    _late_up: _Pile
    _late_down: _Pile

    def __init__(self, *, tolerance: float) -> None:
        if not 0 <= tolerance < 1:
            raise ValueError(f"tolerance must be in [0, 1), got {tolerance!r}")
        self.tolerance = tolerance
        self.restart()

    def restart(self) -> None:
        """Place the first bets anew; whatever was won is gone."""
        self._n = 0
        self._up = self._down = _ONE
        self._late_up = self._late_down = _NOTHING

    def update(self, x: float) -> None:
        """Take in one difference in [-1, 1]."""
        # Written out: it runs on every pair, and a loop over the bets takes three times as long.
        tolerance = self.tolerance
        scale = 1.0 + tolerance
        gain = (x - tolerance) / scale
        g, h, i = 1.0 + 0.02 * gain, 1.0 + 0.04 * gain, 1.0 + 0.08 * gain
        j, k, m = 1.0 + 0.16 * gain, 1.0 + 0.32 * gain, 1.0 + 0.64 * gain
        a, b, c, d, e, f = self._up
        self._up = (a * g, b * h, c * i, d * j, e * k, f * m)
        a, b, c, d, e, f = self._late_up
        self._late_up = ((a + 1) * g, (b + 1) * h, (c + 1) * i, (d + 1) * j, (e + 1) * k, (f + 1) * m)
        gain = -(x + tolerance) / scale
        g, h, i = 1.0 + 0.02 * gain, 1.0 + 0.04 * gain, 1.0 + 0.08 * gain
        j, k, m = 1.0 + 0.16 * gain, 1.0 + 0.32 * gain, 1.0 + 0.64 * gain
        a, b, c, d, e, f = self._down
        self._down = (a * g, b * h, c * i, d * j, e * k, f * m)
        a, b, c, d, e, f = self._late_down
        self._late_down = ((a + 1) * g, (b + 1) * h, (c + 1) * i, (d + 1) * j, (e + 1) * k, (f + 1) * m)
        self._n += 1
        if not self._n % CLIPPED_EVERY:
            self._up, self._down = _clipped(self._up), _clipped(self._down)
            self._late_up, self._late_down = _clipped(self._late_up), _clipped(self._late_down)

    @property
    def most(self) -> float:
        """The largest wealth: no tempering makes more than this, or 1, of it."""
        return max(max(self._up), max(self._down))

    @property
    def most_late(self) -> float:
        """The largest sum."""
        return max(max(self._late_up), max(self._late_down))

    @property
    def direction(self) -> int:
        """1 where the bets on a positive mean have won more, -1 where those on a negative one have."""
        return 1 if max(self._late_up) >= max(self._late_down) else -1

    def e_value(self, *, kappa: float) -> float:
        """Evidence for a gap since the first pair; its reciprocal is a p-value at any moment."""
        return _tempered_mean(self._up + self._down, kappa)

    def late_e_value(self, *, kappa: float) -> float:
        """Evidence for a gap that may have begun at any pair since."""
        return _tempered_mean(self._late_up + self._late_down, kappa)


class ToleranceBets:
    """Bets that a gap in one direction is within its tolerance again, whenever that began.

    With x signed so that the gap was positive: ``sums[j] = (sums[j] + 1) * (1 + BETS[j] * (t - x) / (1 + t))``. While
    the gap is at least t, the mean of the six reaches 1 / budget at most ``budget * m`` times among m differences.
    """

    __slots__ = ("_n", "_sums", "tolerance")

    _sums: _Pile

    def __init__(self, *, tolerance: float) -> None:
        self.tolerance = tolerance
        self._n = 0
        self._sums = _NOTHING

    def update(self, x: float) -> None:
        """Take in one difference."""
        gain = (self.tolerance - x) / (1.0 + self.tolerance)
        a, b, c, d, e, f = ((total + 1) * (1 + bet * gain) for total, bet in zip(self._sums, BETS, strict=True))
        self._sums = (a, b, c, d, e, f)
        self._n += 1
        if not self._n % CLIPPED_EVERY:
            self._sums = _clipped(self._sums)

    @property
    def most(self) -> float:
        """The largest sum."""
        return max(self._sums)

    def e_value(self, *, kappa: float) -> float:
        """Evidence that the gap is within the tolerance."""
        return _tempered_mean(self._sums, kappa)


def _clipped(pile: _Pile) -> _Pile:
    if min(pile) > LEAST and max(pile) < 1 / LEAST:
        return pile
    a, b, c, d, e, f = (min(max(wealth, LEAST), 1 / LEAST) for wealth in pile)
    return a, b, c, d, e, f


def _tempered_mean(wealths: tuple[float, ...], kappa: float) -> float:
    if kappa == 1.0:
        return sum(wealths) / len(wealths)
    power = 1.0 / kappa
    return float(sum(wealth**power for wealth in wealths) / len(wealths))

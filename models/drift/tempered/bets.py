"""The bets: piles that grow while losses lie above, or below, a forecast."""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple, TypeAlias

DELTAS: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""The bets: each is the best one against a rise of about that number of standard deviations."""

LEAST_SD: Final = 1e-3

Pile: TypeAlias = tuple[float, float, float, float, float]
Averages: TypeAlias = tuple[float, float, float, float, float, float]
NOTHING: Final[Pile] = (0.0, 0.0, 0.0, 0.0, 0.0)


class Terms(NamedTuple):
    """What a channel bets on and how carefully, as `models.drift.tempered.dependence` has measured it.

    ``average`` is the number of the moving average of losses that the forecast follows (-1: none), by the share ``rho``
    of its distance from the mean; ``explained`` is the share of the variance that goes with it. Factors are raised to
    ``1 / kappa``. Bets are placed from ``arm`` events of a reference on.
    """

    average: int
    rho: float
    explained: float
    kappa: float
    arm: float


Reference: TypeAlias = tuple[int, float, float, float]
"""The losses since the last reset: how many, their mean, and their mean and variance shrunk a little. A plain tuple:
one is made on every event."""


class Channel:
    """One forecast, and the bets on the residuals that it leaves.

    ``birth`` is what each pile gets on every event.
    """

    __slots__ = ("_power", "birth", "terms", "up")

    def __init__(self, terms: Terms, birth: float) -> None:
        self.birth = birth
        self.up = NOTHING
        self.agree(terms)

    def agree(self, terms: Terms) -> None:
        """Bet on these terms from the next event on."""
        self.terms = terms
        self._power = 1.0 / terms.kappa

    def bet(
        self, loss: float, reference: Reference, averages: Averages, down: Pile | None
    ) -> tuple[float, Pile | None]:
        """Let the piles grow by one loss, ``down`` too where it is given; the residual in standard deviations.

        With a reference of n losses of mean mu, shrunk mean m and variance v, and the average f::

            t  = clip(m + rho * (f - m), 1e-4, 1 - 1e-4)
            sd = max(0.001, sqrt(v * (1 - explained) * (1 + kappa / n)))
            up[j]   = (up[j]   + birth) * (1 + min(DELTAS[j] / sd, 0.9 / t)       * (loss - t)) ** (1 / kappa)
            down[j] = (down[j] + 1 / 5) * (1 - min(DELTAS[j] / sd, 0.9 / (1 - t)) * (loss - t)) ** (1 / kappa)
            residual = (loss - mu - rho * (f - mu)) / sd
        """
        n, mean, t, variance = reference
        average, rho, explained, kappa, arm = self.terms
        residual = loss - mean
        if average >= 0:
            f = averages[average]
            t += rho * (f - t)
            residual -= rho * (f - mean)
        t = 1e-4 if t < 1e-4 else 0.9999 if t > 0.9999 else t
        sd = sqrt(variance * (1.0 - explained) * (1.0 + kappa / n))
        if sd < LEAST_SD:
            sd = LEAST_SD
        if n >= arm:
            rise = loss - t
            in_sd = rise / sd
            self.up = grown(self.up, self.birth, in_sd, 0.9 * rise / t, self._power)
            if down is not None:
                down = grown(down, 0.2, -in_sd, -0.9 * rise / (1.0 - t), self._power)
        return residual / sd, down


def grown(pile: Pile, birth: float, in_sd: float, most: float, power: float) -> Pile:
    """``(pile[j] + birth) * (1 + DELTAS[j] * in_sd) ** power``, no bet further from 0 than ``most``.

    Written out because it runs up to three times on every event: a loop over j takes three times as long.
    """
    u, v, w, x, y = pile
    a, b, c, d, e = 0.05 * in_sd, 0.1 * in_sd, 0.2 * in_sd, 0.4 * in_sd, 0.8 * in_sd
    if abs(d) >= abs(most):
        nearer = min if in_sd > 0.0 else max
        a, b, c, d, e = nearer(a, most), nearer(b, most), nearer(c, most), most, most
    elif abs(e) >= abs(most):
        e = most
    if power == 1.0:
        return (
            (u + birth) * (1.0 + a),
            (v + birth) * (1.0 + b),
            (w + birth) * (1.0 + c),
            (x + birth) * (1.0 + d),
            (y + birth) * (1.0 + e),
        )
    return (
        (u + birth) * (1.0 + a) ** power,
        (v + birth) * (1.0 + b) ** power,
        (w + birth) * (1.0 + c) ** power,
        (x + birth) * (1.0 + d) ** power,
        (y + birth) * (1.0 + e) ** power,
    )

"""Evidence that one group has another mean loss than everybody else; it holds at every look.

A group's losses are paired in time with those of all others: what moves all of them cancels, and so does a change of
their mix.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.evaluation.fairness.bets import BETS, LEAST
from models.evaluation.loss_sums import LossSums

SETTLED_EVERY: Final = 64
"""Differences that wait before their bets are multiplied together, which takes a tenth of the time so."""

_SIDES: Final = np.array([*BETS, *(-bet for bet in BETS)])


class Evidence:
    """Bets that a group is worse, and that it is better, on the differences between its losses and all others'.

    The simple form, at every event of the group that follows one of another group::

        x = mean(losses of the group) - mean(losses of all others)      # both since the last such event; in [-1, 1]
        for j in range(6):   worse[j] *= 1 + BETS[j] * x;   better[j] *= 1 - BETS[j] * x                    # from 1
        r = clip((mean(x[t] * x[t - 1]) - mean(x) ** 2) / variance(x) * n / (n + 10), 0, 0.97)
        kappa = (1 + r) / (1 - r)                                                              # 1 if variance(x) = 0
        E = mean of the twelve, each to the power of 1 / kappa

    While the group's mean loss, given the past, is that of all others, E ever reaches 1 / alpha with probability at
    most alpha. Where differences follow each other, ``kappa`` makes it slower.

    References
    ----------
    Chugg, Cortes-Gomez, Wilder, Ramdas (2023). Auditing fairness by betting. arXiv 2305.17570.

    >>> group = Evidence()
    >>> for n in range(1, 81, 2):  # this group is always wrong, all others are right
    ...     group.begin_run(1.0, n, n // 2 + 1.0)
    ...     group.end_run(n, n // 2 + 1.0)
    >>> group.pairs, group.gap, group.value() > 1e6
    (39, 1.0, True)
    """

    __slots__ = (
        *("_lagged", "_last", "_n", "_squares", "_sum", "_waiting", "_wealth"),
        *("_run_n", "_run_sum", "_start_n", "_start_sum"),
    )

    def __init__(self) -> None:
        self._n = 0
        self._last = 0.0
        self._lagged = 0.0
        self._sum = 0.0
        self._squares = 0.0
        self._waiting: list[float] = []
        self._wealth = [1.0] * len(_SIDES)
        self._start_n = 0
        self._start_sum = 0.0
        self._run_n = 0
        self._run_sum = 0.0

    def begin_run(self, loss: float, n: int, total: float) -> None:
        """A loss in [0, 1] of the group follows one of another; ``n`` losses of all groups, with it, are ``total``."""
        start = self._start_n
        if start:
            own = self._run_n + 1
            mine = self._run_sum + loss
            x = mine / own - (total - self._start_sum - mine) / (n - start - own)
            self._n += 1
            if x:
                self._lagged += x * self._last
                self._waiting.append(x)
                if len(self._waiting) == SETTLED_EVERY:
                    self._settle()
            self._last = x
        self._start_n = n
        self._start_sum = total

    def end_run(self, n: int, total: float) -> None:
        """The next loss is one of another group; ``n`` losses of all groups so far are ``total``."""
        self._run_n = n - self._start_n
        self._run_sum = total - self._start_sum

    def _settle(self) -> None:
        self._wealth = self._multiplied()
        self._sum, self._squares = self._moments()
        self._waiting = []

    def _multiplied(self) -> list[float]:
        # Columns are multiplied row by row: the same digits on every machine.
        grown: list[float] = np.multiply.reduce(1.0 + np.array(self._waiting)[:, None] * _SIDES, axis=0).tolist()
        return [min(max(wealth * by, LEAST), 1 / LEAST) for wealth, by in zip(self._wealth, grown, strict=True)]

    def _moments(self) -> tuple[float, float]:
        return self._sum + sum(self._waiting), self._squares + sum(x * x for x in self._waiting)

    @property
    def pairs(self) -> int:
        """How many differences there were."""
        return self._n

    @property
    def gap(self) -> float | None:
        """Mean difference of the pairs: above 0 the group is worse; ``None`` before the first."""
        return self._moments()[0] / self._n if self._n else None

    @property
    def kappa(self) -> float:
        """By which power the evidence is tempered."""
        n = self._n
        if not n:
            return 1.0
        total, squares = self._moments()
        return LossSums(n, total, squares, self._lagged, runs=0, blocks=(), length=1).lag_inflation

    def value(self) -> float:
        """E: its reciprocal is a p-value at any moment."""
        power = 1 / self.kappa
        return float(sum(wealth**power for wealth in self._multiplied()) / len(_SIDES))

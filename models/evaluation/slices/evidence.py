"""Evidence that a group has another mean loss than everybody else; it holds at every look.

A group's losses are paired in time with those of all others: what moves all of them cancels, and so does a change of
their mix. Losses wait until there are enough of them to be worked on together, which takes a third of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from models.evaluation.fairness.bets import BETS
from models.evaluation.intervals.loss_sums import LossSums

NOWHERE: Final = -1
"""The group of an event that is in none of a slice."""
WAITING: Final = 512
"""Losses that are worked on together."""
LARGEST: Final = 1e300

_SIDES: Final = np.array([*BETS, *(-bet for bet in BETS)])
_START_N, _START_SUM, _RUN_N, _RUN_SUM, _PAIRS, _SUM, _SQUARES, _LAGGED, _LAST, _WEALTH = range(10)
_NEW: Final = [0.0] * _WEALTH + [1.0] * len(_SIDES)


class Found(NamedTuple):
    """What the pairs of one group say.

    ``gap`` is their mean difference, above 0 where the group is worse, and ``None`` before the first of ``pairs``;
    ``value`` is E, whose reciprocal is a p-value at any moment.
    """

    pairs: int
    gap: float | None
    value: float


class Evidence:
    """Bets that each group of each slice is worse, and that it is better, than all others of its slice together.

    The simple form, for one group, at every event of it that follows one of another::

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

    >>> evidence = Evidence(slices=1)
    >>> a, b = evidence.enter(), evidence.enter()
    >>> for _ in range(40):
    ...     evidence.update([a], 1.0)  # this group is always wrong, the other one is right
    ...     evidence.update([b], 0.0)
    >>> found = evidence.found()[a]
    >>> found.pairs, found.gap, found.value > 1e6
    (39, 1.0, True)
    """

    __slots__ = ("_losses", "_members", "_n", "_rows", "_running", "_total")

    def __init__(self, *, slices: int) -> None:
        self._n = 0
        self._total = 0.0
        self._rows: list[list[float]] = []
        self._running = [NOWHERE] * slices
        self._members: list[int] = []
        self._losses: list[float] = []

    def enter(self) -> int:
        """Another group, by the number that it has from now on."""
        self._rows.append(_NEW)
        return len(self._rows) - 1

    def update(self, members: Sequence[int], loss: float) -> None:
        """Take in a loss in [0, 1]: its group in each slice by number, or `NOWHERE`."""
        self._members += members
        self._losses.append(loss)
        if len(self._losses) == WAITING:
            self._settle()

    def keep(self, slices: Sequence[int | None], groups: Sequence[int]) -> None:
        """Continue with other slices: where each was before, or ``None``; and with these groups, numbered anew."""
        self._settle()
        numbers = {group: number for number, group in enumerate(groups)}
        self._rows = [self._rows[group] for group in groups]
        self._running = [NOWHERE if at is None else numbers.get(self._running[at], NOWHERE) for at in slices]

    def found(self) -> list[Found]:
        """Of each group, by its number. Nothing has changed afterwards."""
        changed = self._worked_out()
        return [_found(changed.get(number, row)) for number, row in enumerate(self._rows)]

    def _settle(self) -> None:
        for number, row in self._worked_out().items():
            self._rows[number] = row
        if self._losses:
            self._running = self._members[-len(self._running) :]
        self._n += len(self._losses)
        self._total = float(np.cumsum([self._total, *self._losses])[-1])
        self._members, self._losses = [], []

    def _worked_out(self) -> dict[int, list[float]]:
        """The rows that are not as they were, once the losses that wait are in them.

        Every sum and product runs on from where it was, so that the digits do not depend on when this is done.
        """
        size = len(self._losses)
        if not size or not self._running:
            return {}
        totals = np.cumsum([self._total, *self._losses])
        # Slice after slice; numbers of two bytes are sorted in linear time.
        groups = np.fromiter(self._members, np.int16, len(self._members)).reshape(size, -1).T.ravel()
        before = np.empty_like(groups)
        before[1:] = groups[:-1]
        before[::size] = self._running
        starts = np.flatnonzero(groups != before)
        at = starts % size
        start_n, start_sum, end_sum = self._n + at + 1.0, totals[at + 1], totals[at]
        changed = self._ended(starts // size, start_n - 1, end_sum)

        # A run lasts until the next one of its slice begins; the last one of each slice is still open.
        run_n, run_sum = np.zeros(len(starts)), np.zeros(len(starts))
        run_n[:-1] = start_n[1:] - 1 - start_n[:-1]
        run_sum[:-1] = end_sum[1:] - start_sum[:-1]

        order = np.argsort(groups[starts], kind="stable")
        order = order[np.searchsorted(groups[starts][order], 0) :]
        if not len(order):
            return changed
        own = groups[starts][order]
        first = np.flatnonzero(np.diff(own, prepend=NOWHERE))
        last = np.append(first[1:], len(own)) - 1
        numbers = own[first].tolist()
        rows = np.array([changed.get(number, self._rows[number]) for number in numbers])

        def earlier(values: Any, column: int) -> Any:
            shifted = np.empty(len(own))
            shifted[1:] = values[order][:-1]
            shifted[first] = rows[:, column]
            return shifted

        since, since_sum = earlier(start_n, _START_N), earlier(start_sum, _START_SUM)
        mine_n, mine = earlier(run_n, _RUN_N) + 1, earlier(run_sum, _RUN_SUM) + np.array(self._losses)[at[order]]
        is_pair = since > 0
        others_n = np.where(is_pair, start_n[order] - since - mine_n, 1.0)
        x = np.where(is_pair, mine / mine_n - (start_sum[order] - since_sum - mine) / others_n, 0.0)
        x_before = np.empty(len(x))
        x_before[1:] = x[:-1]
        x_before[first] = rows[:, _LAST]
        segment = np.cumsum(np.diff(own, prepend=own[0]) != 0)
        rows[:, _PAIRS] += np.bincount(segment, weights=is_pair)
        for column, terms in ((_SUM, x), (_SQUARES, x * x), (_LAGGED, x * x_before)):
            carried = terms.copy()
            carried[first] += rows[:, column]
            rows[:, column] = np.bincount(segment, weights=carried)
        with np.errstate(over="ignore", under="ignore"):
            factors = 1.0 + _SIDES[:, None] * x
            factors[:, first] *= rows[:, _WEALTH:].T
            rows[:, _WEALTH:] = np.multiply.reduceat(factors, first, axis=1).T
        rows[:, _LAST] = x[last]
        for column, values in ((_START_N, start_n), (_START_SUM, start_sum), (_RUN_N, run_n), (_RUN_SUM, run_sum)):
            rows[:, column] = values[order][last]
        return {**changed, **dict(zip(numbers, rows.tolist(), strict=True))}

    def _ended(self, slices: Any, n: Any, total: Any) -> dict[int, list[float]]:
        """The rows of the runs that were open, as far as they have ended, at the first start of their slice."""
        changed: dict[int, list[float]] = {}
        at_slices, firsts = np.unique(slices, return_index=True)
        for at, first in zip(at_slices.tolist(), firsts.tolist(), strict=True):
            number = self._running[at]
            if number == NOWHERE:
                continue
            row = changed[number] = [*self._rows[number]]
            row[_RUN_N] = float(n[first]) - row[_START_N]
            row[_RUN_SUM] = float(total[first]) - row[_START_SUM]
        return changed


def _found(row: Sequence[float]) -> Found:
    n, total = int(row[_PAIRS]), row[_SUM]
    if not n:
        return Found(0, None, 1.0)
    kappa = LossSums(n, total, row[_SQUARES], row[_LAGGED], runs=0, blocks=(), length=1).lag_inflation
    wealths = [min(wealth, LARGEST) ** (1 / kappa) for wealth in row[_WEALTH:]]
    return Found(n, total / n, min(sum(wealths) / len(wealths), LARGEST))

"""The contest between champion and challenger: a test that may be looked at after every event."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from math import exp, log, log1p
from operator import add, sub
from typing import Final

from models.retraining.contests.dependence import Dependence
from schemas.events import Label

BETS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 0.95)
"""Shares of the wealth that are bet on each event, side by side."""

AGES: Final = (0, *(32 * 2**j for j in range(11)))
"""Events at which rows of bets start: a challenger that becomes better late is found by a row that starts late."""

_OPENING: Final = frozenset(AGES)

PRIORS: Final = tuple(1 / ((j + 1) * (j + 2)) for j in range(len(AGES)))
"""Each row's part of the wealth; together less than 1."""

LARGEST_MARGIN: Final = 0.99
"""A lead that no difference can show counts as this."""

LARGEST_LOG: Final = 709.0
"""``exp`` of more is not finite."""


class Verdict(Enum):
    """What a contest says after an event."""

    GO_ON = "go_on"
    PROMOTE = "promote"
    GIVE_UP = "give_up"


GO_ON: Final = Verdict.GO_ON
"""For what is done at every label: up to Python 3.11 a member is found slowly by its class."""


class Contest:
    """Is the challenger better? A bet on every event, whose wealth is evidence at any moment.

    With d = loss(champion) - loss(challenger), both predicted before either learned, the simple form is::

        n += 1                                              # a row is open if AGES[j] <= n
        for every open row j, for every k:  logW[j][k] += log(1 + BETS[k] * d)
        m = mean(d);  v = mean(d ** 2) - m ** 2
        r = clip((mean(d[t] * d[t - 1]) - m ** 2) / v * n / (n + 10), 0, 0.97)   # the mean of n - 1 products
        kappa = (1 + r) / (1 - r)                           # 1 if v = 0
        evidence = sum(PRIORS[j] * mean(exp(logW[j][k] / kappa) for k) for j)    # rows not yet open: W = 1
        PROMOTE if evidence >= 1 / alpha + 1

    On 0/1 losses this is McNemar's test as an e-process. If the challenger was, given the past, no better in sum since
    any of the rows' starts, it is promoted with probability at most ``alpha``, however often and long one looks.
    Correlated errors (``kappa`` > 1) make the test slower rather than wrong, up to a point: with a lag-1 correlation
    of 0.8 and more the level is exceeded. A promotion says that the challenger *was* better, not that it stays so.

    Where a metric weighs classes apart, differences follow each other within a class, however many of others lie
    between: then ``kappa`` is at least the mean of those within the classes, each weighed by its sum of squares.

    Giving up is the same test of the opposite: that the lead is below ``margin``, by the same bets, with the same
    ``kappa``, on ``(margin - d) / (1 + margin)``. The contest does not end itself: its owner ends it at the first
    verdict other than ``GO_ON``.

    Parameters
    ----------
    alpha
        Probability of a false promotion, in (0, 1).
    margin
        Lead in mean loss, in [0, 1), below which a challenger is not worth having; ``None`` never gives up for want
        of a lead, as befits a racer that stands by.
    patience
        Events after which the contest is given up; ``None`` for no end.
    warm_up
        Events before the first bet on giving up. Promotion is possible from the first event on.

    Raises
    ------
    ValueError
        If an argument lies outside its range.

    References
    ----------
    Choe, Ramdas (2021). Comparing sequential forecasters. arXiv 2110.00115.

    >>> contest = Contest(alpha=0.05)
    >>> verdicts = [contest.update(1.0) for _ in range(20)]
    >>> verdicts.index(Verdict.PROMOTE), contest.mean
    (8, 1.0)
    """

    __slots__ = (
        "_against",
        "_all",
        "_by_class",
        "_log_threshold",
        "_pro",
        "alpha",
        "margin",
        "patience",
        "warm_up",
    )

    def __init__(
        self,
        *,
        alpha: float = 0.05,
        margin: float | None = 0.02,
        patience: int | None = None,
        warm_up: int = 0,
    ) -> None:
        if not 0 < alpha < 1:
            raise ValueError(f"alpha must be in (0, 1), got {alpha!r}")
        if margin is not None and not 0 <= margin < 1:
            raise ValueError(f"margin must be in [0, 1), or None never to give up for want of a lead, got {margin!r}")
        if patience is not None and patience < 1:
            raise ValueError(f"patience must be at least 1 event, or None for no end, got {patience!r}")
        if warm_up < 0:
            raise ValueError(f"warm_up must be at least 0 events, got {warm_up!r}")
        self.alpha = alpha
        self.warm_up = warm_up
        self.margin = margin
        self.patience = patience
        self._log_threshold = log(self.threshold)
        self._pro = _Wealth()
        self._against = _Wealth()
        self._all = Dependence()
        self._by_class: dict[Label, Dependence] = {}

    def update(self, d: float, *, scale: float = 1.0, of: Label | None = None) -> Verdict:
        """Take one event's difference in loss, positive where the challenger was better.

        ``scale`` is what a difference of 1 is in the units of ``margin``. ``of`` is the event's class, where
        differences depend on the ones before of their own class.

        Raises
        ------
        ValueError
            If ``d`` is not a number in [-1, 1]; nothing has changed then.
        """
        if not -1.0 <= d <= 1.0:
            raise ValueError(f"d must be a difference of two losses in [0, 1], got {d!r}; leave this event out")
        self._all.update(d)
        if of is not None:
            self._of(of).update(d)
        n, margin = self._all.n, self.margin
        gains = _known_gains if d in _WHOLE else _gains
        is_better = self._is_reached(self._pro, d, n, gains)
        is_hopeless = False
        if margin is not None and n > self.warm_up:
            lead = min(margin / scale, LARGEST_MARGIN)
            is_hopeless = self._is_reached(self._against, (lead - d) / (1.0 + lead), n - self.warm_up, gains)
        is_over = self.patience is not None and n >= self.patience
        if is_better:
            return Verdict.PROMOTE
        return Verdict.GIVE_UP if is_hopeless or is_over else GO_ON

    def _is_reached(self, wealth: _Wealth, x: float, n: int, gains: Callable[[float], tuple[float, ...]]) -> bool:
        # Weights that add up to less than 1, and kappa >= 1, leave the evidence below the best bet's own wealth. Most
        # events end here, without the sum over all bets.
        best = wealth.bet(x, n, gains)
        if best < self._log_threshold:
            return False
        kappa = self.kappa
        return best >= self._log_threshold * kappa and wealth.log_mean(kappa) >= self._log_threshold

    def _of(self, y: Label) -> Dependence:
        if y not in self._by_class:
            self._by_class[y] = Dependence()
        return self._by_class[y]

    @property
    def n(self) -> int:
        """Events so far."""
        return self._all.n

    @property
    def mean(self) -> float:
        """Mean difference so far: the challenger's lead in mean loss; 0 before the first event."""
        return self._all.mean

    @property
    def kappa(self) -> float:
        """Tempering: 1 for uncorrelated differences, up to 65.7 for runs of equal ones."""
        kappa = self._all.kappa
        if not self._by_class:
            return kappa
        parts = [(one.spread * one.n, one.kappa) for one in self._by_class.values()]
        total = sum(weight for weight, _ in parts)
        return max(kappa, sum(weight * own for weight, own in parts) / total) if total else kappa

    @property
    def threshold(self) -> float:
        """What either evidence is held against: ``1 / alpha + 1``."""
        return 1.0 / self.alpha + 1.0

    @property
    def evidence(self) -> float:
        """Evidence that the challenger is better; at least ``threshold`` promotes it."""
        return exp(min(self._pro.log_mean(self.kappa), LARGEST_LOG))

    @property
    def giving_up_evidence(self) -> float:
        """Evidence that its lead is below ``margin``; 0 if there is no margin."""
        return 0.0 if self.margin is None else exp(min(self._against.log_mean(self.kappa), LARGEST_LOG))


def _gains(x: float) -> tuple[float, ...]:
    return tuple([log1p(share * x) for share in BETS])


_known_gains = lru_cache(maxsize=64)(_gains)
"""Of differences that come again and again, as those of 0/1 losses do."""

_WHOLE: Final = frozenset({-1.0, 0.0, 1.0})


class _Wealth:
    """The logarithms of the wealth of every bet of every row.

    All rows see the same events from their start on, so one sum per bet and its value at each row's start say it all:
    ``logW[j][k] = sums[k] - starts[j][k]``.
    """

    __slots__ = ("_best", "_least", "_starts", "_sums")

    def __init__(self) -> None:
        self._best = 0.0
        self._sums = [0.0] * len(BETS)
        self._starts: list[tuple[float, ...]] = [tuple(self._sums)]
        self._least = list(self._sums)

    def bet(self, x: float, n: int, gains: Callable[[float], tuple[float, ...]]) -> float:
        """Bet on ``x`` in [-1, 1], the n-th event; return the logarithm of the best bet's wealth, or 0.

        ``gains`` is what each bet's logarithm gains by x.
        """
        if not x and n not in _OPENING:
            return self._best  # nothing is won or lost
        if len(self._starts) < len(AGES) and n >= AGES[len(self._starts)]:
            self._starts.append(tuple(self._sums))
            self._least = [min(pair) for pair in zip(self._sums, self._least, strict=True)]
        self._sums = [*map(add, self._sums, gains(x))]
        best: float = max(map(sub, self._sums, self._least))
        self._best = max(0.0, best)
        return self._best

    def log_mean(self, kappa: float) -> float:
        """``log(sum_j PRIORS[j] * mean_k exp(logW[j][k] / kappa))``, without overflow."""
        rows = [[(s - start) / kappa for s, start in zip(self._sums, starts, strict=True)] for starts in self._starts]
        most = max(0.0, max(max(row) for row in rows))
        total = sum(
            prior * sum(exp(w - most) for w in row) / len(BETS) for prior, row in zip(PRIORS, rows, strict=False)
        )
        return most + log(total + sum(PRIORS[len(rows) :]) * exp(-most))

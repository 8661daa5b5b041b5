"""The slice guard: a challenger that is better for all and worse for some is not promoted."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log1p
from typing import Final, NamedTuple

from models.retraining.contests.contest import BETS, LARGEST_LOG
from models.retraining.contests.dependence import Dependence

FEWEST: Final = 30
"""Labels below which a group's mean is not looked at."""


class Worse(NamedTuple):
    """A group that a challenger serves worse: its slice, labels there, and the mean difference in what is judged."""

    slice: str
    group: str
    labels: int
    gain: float


class SliceGuard:
    """Bets, for every group of every slice, that the challenger is worse there than the champion.

    For a group, d as in `Contest`, on the labels of that group::

        logW[k] += log(1 - BETS[k] * d)
        evidence = mean(exp(logW[k] / kappa) for k)                     # kappa as in `Contest`, of these labels
        worse if among the G groups, by evidence from the most on, the k-th has at least G / (k * alpha) for its own k
                 or for one behind it                                                                  # e-BH

    Where the challenger is worse nowhere, a group is said to be with probability at most ``alpha``, whatever the groups
    have in common. It is asked when a contest is won, which is one look.

    Holds 13 numbers for each group.

    References
    ----------
    Wang, Ramdas (2022). False discovery rate control with e-values. JRSS B 84.

    >>> guard = SliceGuard(("site",), alpha=0.05)
    >>> for _ in range(40):
    ...     guard.update(("north",), -1.0)
    ...     guard.update(("south",), 1.0)
    >>> guard.worse()
    Worse(slice='site', group='north', labels=40, gain=-1.0)
    """

    def __init__(self, slices: tuple[str, ...], *, alpha: float) -> None:
        self._slices = slices
        self._alpha = alpha
        self._wealths: dict[tuple[str, str], list[float]] = {}
        self._seen: dict[tuple[str, str], Dependence] = {}

    def update(self, groups: Iterable[str | None], d: float) -> None:
        """Take in a label's difference: its group in each slice, ``None`` where it has none."""
        for name, group in zip(self._slices, groups, strict=False):
            if group is None:
                continue
            key = (name, group)
            seen = self._seen.get(key)
            if seen is None:
                seen = self._seen[key] = Dependence()
                self._wealths[key] = [0.0] * len(BETS)
            seen.update(d)
            if d:
                self._wealths[key] = [
                    wealth + log1p(-bet * d) for wealth, bet in zip(self._wealths[key], BETS, strict=True)
                ]

    def worse(self) -> Worse | None:
        """The group with the most evidence that it is served worse; ``None`` if there is none to be sure of."""
        found = sorted(((self._evidence(key), key) for key in self._seen), key=lambda one: one[0], reverse=True)
        groups = len(found)
        if not any(evidence >= groups / (k * self._alpha) for k, (evidence, _) in enumerate(found, start=1)):
            return None
        _, key = found[0]
        return Worse(*key, self._seen[key].n, self._seen[key].mean)

    def seems_worse(self) -> Worse | None:
        """The group of `FEWEST` labels or more that was served worst so far, if any was served worse, proven or not."""
        found = [Worse(*key, seen.n, seen.mean) for key, seen in self._seen.items() if seen.n >= FEWEST]
        worst = min(found, key=lambda one: one.gain, default=None)
        return worst if worst is not None and worst.gain < 0 else None

    def _evidence(self, key: tuple[str, str]) -> float:
        kappa = self._seen[key].kappa
        return sum(exp(min(wealth / kappa, LARGEST_LOG)) for wealth in self._wealths[key]) / len(BETS)

"""Successive halving: of many candidates the worse half goes at rungs that lie further and further apart.

References
----------
Jamieson, Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization, AISTATS.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from math import inf
from typing import Final

from models.retraining.version import Version
from schemas.gauge import Retraining

FEWEST: Final = 2
"""So many candidates stay: the one that leads, and one to race it."""


class Halving:
    """Says at each rung which candidates go; nobody unless ``retraining.halve_after_labels`` is declared.

    The first rung lies so many learned labels after the start, each further one twice as long after the one before:
    half the candidates get twice the labels, so every round costs as much as the first.
    """

    def __init__(self, policy: Retraining) -> None:
        self._first = policy.halve_after_labels
        self._length = self._left = self._first or 0

    def adopt(self, policy: Retraining) -> None:
        """Begin at the first rung anew where another is declared."""
        if policy.halve_after_labels != self._first:
            self._first = policy.halve_after_labels
            self._length = self._left = self._first or 0

    @property
    def is_on(self) -> bool:
        """Whether anybody may ever go."""
        return self._first is not None

    def learned(self, standing: Mapping[str, Version], spared: Set[str]) -> list[Version]:
        """A label was learned; which of the versions that stand for candidates go, the worst first.

        ``spared`` are names of versions that stay whatever their record. Records are faded mean losses; who has none is
        worst, and of equals the one that was declared later.
        """
        if self._first is None:
            return []
        self._left -= 1
        if self._left > 0:
            return []
        self._length = self._left = 2 * self._length
        ranked = sorted(standing.values(), key=_record)
        keep = max((len(ranked) + 1) // 2, FEWEST)
        return [version for version in ranked[keep:][::-1] if version.name not in spared]


def _record(version: Version) -> float:
    loss = version.faded_loss.get()
    return inf if loss is None else loss

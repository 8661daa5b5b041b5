"""What is counted in learned labels: a reason for a challenger every so many, and how often one may start."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from models.retraining.policy.facts import Facts
from schemas.gauge import Retraining
from schemas.gauge.pace import MOST_RETRAINS, allowance


class EveryLabels:
    """A reason that comes up when enough labels were learned since it last was one."""

    def __init__(self, policy: Retraining) -> None:
        self._policy = policy
        self._since = 0

    @property
    def is_on(self) -> bool:
        """See `Condition.is_on`."""
        return self._policy.every_labels is not None

    def adopt(self, policy: Retraining) -> None:
        """See `Condition.adopt`."""
        self._policy = policy

    def take(self, facts: Facts) -> None:
        """See `Condition.take`: labels are counted elsewhere."""

    def due(self, labels: int) -> str | None:
        """See `Condition.due`."""
        every = self._policy.every_labels
        return None if every is None or labels - self._since < every else f"labels: {every:,} more were learned"

    def started(self, labels: int) -> None:
        """See `Condition.started`."""
        self._since = labels


class StartedAt:
    """When the newest challengers started, in learned labels: what a cool-down and a budget are counted from."""

    def __init__(self) -> None:
        self._at: deque[int] = deque(maxlen=MOST_RETRAINS)

    def broken(self, labels: int) -> Iterator[str]:
        """What cannot be, in words."""
        if [*self._at] != sorted(self._at) or (self._at and self._at[-1] > labels):
            yield f"challengers are said to have started out of order, or after label {labels}"

    def add(self, labels: int) -> None:
        """One has started."""
        self._at.append(labels)

    def cooldown_left(self, policy: Retraining, labels: int) -> int:
        """Labels until the cool-down is over."""
        return max(0, self._at[-1] + policy.cooldown_labels - labels) if self._at else 0

    def left(self, policy: Retraining, labels: int) -> int | None:
        """How many the budget still allows; ``None`` where there is none."""
        if policy.max_retrains is None:
            return None
        most, within = allowance(policy.max_retrains)
        return max(0, most - sum(labels - at < within for at in self._at))

    def labels_until_one_is_left(self, policy: Retraining, labels: int) -> int:
        """Labels until the budget allows one again; 0 where it does."""
        if self.left(policy, labels) != 0 or policy.max_retrains is None:
            return 0
        most, within = allowance(policy.max_retrains)
        return self._at[-most] + within - labels

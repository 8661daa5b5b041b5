"""A fixed threshold for the probability of the positive class."""

from __future__ import annotations

from schemas.events import Label


class Threshold:
    """The positive class from ``threshold``, in (0, 1), on: a probability that equals it is positive.

    >>> rule = Threshold(0.3)
    >>> rule.label({False: 0.7, True: 0.3}), rule.label({False: 1.0})
    (True, False)
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def label(self, probabilities: dict[Label, float]) -> Label:
        """See `models.decision.rule.Rule`."""
        return bool(probabilities.get(True, 0.0) >= self.threshold)

    def learn(self, y: Label, probabilities: dict[Label, float]) -> None:
        """It is fixed."""

"""The baselines every model is shown beside: a model that cannot beat them has learned nothing worth serving.

On streams whose labels come in runs, repeating the last label beats most models (Zliobaite 2013, arXiv 1301.3524).
A baseline has no answer until it has seen a label, and learns from the labels that the models learn from.
"""

from __future__ import annotations

from typing import Protocol

from models.answer import NO_ANSWER, Answer
from schemas.events import Label
from schemas.gauge import Task


class Baseline(Protocol):
    """Predicts from earlier labels alone."""

    name: str

    def answer(self) -> Answer:
        """The prediction for the next event; for classes with its probabilities."""

    def learn(self, y: Label) -> None:
        """Take in one label."""

    def give_shares(self) -> None:
        """Answer with probabilities from now on, if it can: a metric reads them."""


class LastLabel:
    """Predicts the newest label: *no change* for classes, *last value* for numbers."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._last = NO_ANSWER

    def answer(self) -> Answer:
        """The newest label, with certainty."""
        return self._last

    def give_shares(self) -> None:
        """It always does."""

    def learn(self, y: Label) -> None:
        """Remember it."""
        if y != self._last.y_pred:
            self._last = Answer(y, {y: 1.0})


class MajorityClass:
    """Predicts the most frequent class so far; of equally frequent ones the one seen first.

    ``shares`` says whether anybody reads the shares of the classes: they cost more than the rest.
    """

    name = "majority_class"

    def __init__(self, *, shares: bool = True) -> None:
        self._shares = shares
        self._counts: dict[Label, int] = {}
        self._leader: Label | None = None
        self._n = 0
        self._without_shares = NO_ANSWER

    def answer(self) -> Answer:
        """The most frequent class, and the share of each."""
        if not self._shares:
            return self._without_shares
        return Answer(self._leader, {y: count / self._n for y, count in self._counts.items()})

    def give_shares(self) -> None:
        """Answer with the shares of the classes from now on."""
        self._shares = True

    def learn(self, y: Label) -> None:
        """Count it."""
        self._n += 1
        counts = self._counts
        counts[y] = counts.get(y, 0) + 1
        if self._leader is None:
            self._lead(y)
        elif y != self._leader and counts[y] >= counts[self._leader]:
            self._lead(max(counts, key=counts.__getitem__))

    def _lead(self, y: Label) -> None:
        self._leader = y
        self._without_shares = Answer(y, None)


class MeanValue:
    """Predicts the mean of all labels so far."""

    name = "mean"

    def __init__(self) -> None:
        self._n = 0
        self._mean = 0.0

    def answer(self) -> Answer:
        """The mean label."""
        return Answer(self._mean, None) if self._n else NO_ANSWER

    def give_shares(self) -> None:
        """Numbers have none."""

    def learn(self, y: Label) -> None:
        """Move the mean."""
        self._n += 1
        self._mean += (y - self._mean) / self._n


def make_baselines(task: Task, *, probabilities: bool = True) -> tuple[Baseline, Baseline]:
    """The two baselines of a task: the one that follows the labels, then the one that averages them.

    ``probabilities`` says whether a metric reads them.
    """
    if task is Task.REGRESSION:
        return LastLabel("last_value"), MeanValue()
    return LastLabel("no_change"), MajorityClass(shares=probabilities)

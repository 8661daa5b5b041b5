"""When labels arrive, learned from predictions that are old enough, and what that says of those that still wait.

Answers that wait are not like those whose label has come: where the label of a wrong answer takes longer, the newest
labels flatter the model. So a labelled answer of the window stands for those of its kind that wait, as many as older
predictions say.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final, TypeAlias

FEWEST_OF_KIND: Final = 20
"""Labels of a kind without which the ages of all kinds stand for its own."""
LEAST_SHARE: Final = 0.05
"""No answer stands for more than 19 others: a kind of which hardly any label can have come says too little."""

Came: TypeAlias = tuple[float, int, float]
"""Of a label that has come: its answer's age then, the answer's kind, its loss."""


class Quarter:
    """A quarter of a window: predictions in order, and their labels as they come."""

    __slots__ = ("began", "came")

    def __init__(self) -> None:
        self.began: list[float] = []
        """When each prediction was made, by whichever clock."""
        self.came: list[Came | None] = []


class Aged:
    """A quarter of which hardly a label is still expected: the ages at which its labels came, by kind."""

    __slots__ = ("ages", "labels", "loss", "size")

    def __init__(self, quarter: Quarter) -> None:
        self.size = len(quarter.came)
        self.labels = 0
        self.loss = 0.0
        """Sum over those labels."""
        self.ages: dict[int, list[float]] = {}
        for came in quarter.came:
            if came is not None:
                self.add(came)
        for ages in self.ages.values():
            ages.sort()

    def add(self, came: Came) -> None:
        """A label has come."""
        age, kind, loss = came
        self.ages.setdefault(kind, []).append(age)
        self.labels += 1
        self.loss += loss


class Ages:
    """At which age labels came, over a cohort: by kind of answer, and for all."""

    def __init__(self, cohort: Iterable[Aged]) -> None:
        kinds: dict[int, list[float]] = {}
        size = 0
        for aged in cohort:
            size += aged.size
            for kind, ages in aged.ages.items():
                kinds.setdefault(kind, []).extend(ages)  # sorted runs, which sorting merges
        self.all: list[float] = []
        """Sorted, as those of each kind are."""
        for ages in kinds.values():
            ages.sort()
            self.all += ages
        self.all.sort()
        self.kinds = {kind: ages for kind, ages in kinds.items() if len(ages) >= FEWEST_OF_KIND}
        """Of kinds that are frequent enough."""
        self.labels = len(self.all)
        self.never = 1.0 - self.labels / size if size else 0.0
        """The share of predictions without a label."""


def mean_to_be(window: Iterable[tuple[float, Came | None]], ages: Ages, now: float, otherwise: float) -> float:
    """The mean loss that a window will turn out to have, over those of its predictions that get a label.

    Parameters
    ----------
    window
        Of each prediction when it was made, and its label if that has come; one has, at least.
    ages
        Of the labels of older predictions; there is one, at least.
    now
        By the clock that the window's times are of.
    otherwise
        The loss of those that wait and that no label of their kind stands for.

    Notes
    -----
    With F the share of a kind's labels that had come at an answer's present age, a labelled answer stands for
    ``(1 - F)/F`` that wait: inverse probability weighting, by the distribution of delays.
    """
    labels = pending = 0
    loss = weight = weighted = expected = 0.0
    never, kinds, everyone = ages.never, ages.kinds, ages.all
    ever, n = 1.0 - never, len(everyone)
    for began, came in window:
        if came is None:
            pending += 1
            late = ever * (1.0 - bisect_right(everyone, now - began) / n)
            if late:
                expected += late / (never + late)
            continue
        _, kind, lost = came
        known = kinds.get(kind, everyone)
        labels += 1
        loss += lost
        share = bisect_right(known, now - began) / len(known)
        if share < 1.0:
            stands_for = 1.0 / max(share, LEAST_SHARE) - 1.0
            weight += stands_for
            weighted += stands_for * lost
    if not pending:
        return loss / labels
    scale = min(1.0, pending / weight) if weight else 1.0
    filled = scale * weighted + max(0.0, pending - weight) * otherwise
    return (loss + expected * filled / pending) / (labels + expected)

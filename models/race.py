"""Comparing runs over the same log with hindsight: who was better, how surely, and what the best choice would have had.

Every run judges by the same loss, label by label, so that two of them are compared on the same events: what makes both
wrong at once is in neither's favour.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isnan, nan
from typing import Any, Final, NamedTuple

from models.asked import Asked
from models.evaluation.intervals.dependent_mean import DependentMean
from models.judging.judge import Judge
from models.learner import Learner
from models.turn import Turn
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.gauge import Gauge

SEGMENTS: Final = 20
"""Into so many stretches of equal length the log is cut for the oracle that may choose anew in each."""


class Heard(Learner):
    """A learner that writes down the judged loss of every answer that was published and labelled.

    ``losses`` are in the order of labels, held-out ones left out; NaN where there was no answer.
    """

    def __init__(self, gauge: Gauge, **more: Any) -> None:
        super().__init__(gauge, **more)
        self.losses = array("d")
        self._by = Judge(gauge)

    def _label(self, asked: Asked, y: Label, turn: Turn) -> None:
        if not asked.held_out:
            loss = self._by.loss(y, asked.served)
            self.losses.append(nan if loss is None else loss)
        super()._label(asked, y, turn)


class Oracle(NamedTuple):
    """What somebody who knew all losses beforehand would have had."""

    fixed: str
    """The one run that is best over the whole log."""
    fixed_loss: float
    segments: list[str]
    """The best run of each stretch."""
    segments_loss: float


def mean_loss(losses: Sequence[float]) -> Figure:
    """The mean of a run's losses, with a 95 % interval that knows of bursts."""
    mean = DependentMean()
    mean.extend(loss for loss in losses if not isnan(loss))
    return mean.mean()


def behind(losses: Sequence[float], best: Sequence[float]) -> Figure:
    """By how much a run's losses are larger than another's on the same events, with a 95 % interval.

    Labels for which one of them had no answer are left out.
    """
    mean = DependentMean()
    mean.extend(ours - theirs for ours, theirs in zip(losses, best, strict=True) if not isnan(ours + theirs))
    return mean.difference(any_time=False)


def oracle(runs: Mapping[str, Sequence[float]], segments: int = SEGMENTS) -> Oracle | None:
    """The best run in hindsight, fixed and by stretch; ``None`` without a label that all have answered.

    >>> oracle({"a": [0, 0, 1, 1], "b": [1, 1, 0, 1]}, segments=2)
    Oracle(fixed='a', fixed_loss=0.5, segments=['a', 'b'], segments_loss=0.25)
    """
    names = [*runs]
    rows = [row for row in zip(*runs.values(), strict=True) if not isnan(sum(row))]
    if not rows:
        return None
    total = [sum(column) for column in zip(*rows, strict=True)]
    cuts = [len(rows) * n // segments for n in range(segments + 1)]
    chosen, least = [], 0.0
    for begin, end in pairwise(cuts):
        if begin < end:
            sums = [sum(column) for column in zip(*rows[begin:end], strict=True)]
            chosen.append(names[sums.index(min(sums))])
            least += min(sums)
    best = total.index(min(total))
    return Oracle(names[best], total[best] / len(rows), chosen, least / len(rows))

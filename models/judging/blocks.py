"""Two versions compared by how they rank events (ROC AUC, average precision), in blocks of events that both answered.

What one answer adds to a ranking depends on all others of the same version, whose scores have a scale of their own. So
a block of events is ranked by either version, when it holds enough of both classes; the difference of the two figures
is what a contest bets on. Equal versions differ by either sign equally often, however short a block is.
"""

from __future__ import annotations

from typing import Final

from models.answer import Answer
from models.evaluation.metrics.chosen import Chosen, Metric
from models.evaluation.metrics.metrics import make_metric
from models.evaluation.metrics.ranking import PRAUC, ScoreCounts
from models.judging.differences import Difference
from models.judging.judged import IN_BLOCK, ranking_of
from schemas.events import Label
from schemas.gauge import Task

SCALE: Final = 1.0
"""A difference as large as usual is as good as any larger one: a sign, unless it is a small one."""
MOST: Final = 1_024
"""Scores of one version that a block holds apart; more are binned."""


class Blocks(Difference):
    """The difference of a ranking metric over blocks that close at `IN_BLOCK` labels of each class.

    ``clip((metric(challenger) - metric(champion)) / s, -1, 1)`` with s = `SCALE` times the mean size of *earlier*
    blocks' differences, so that small differences are bet on as well; the first block only gives s.

    Holds the scores of one block, at most `MOST` for each version.
    """

    per_label = False

    def __init__(self, metric: Metric, task: Task) -> None:
        made = make_metric(metric, task)
        self._code = metric.code if isinstance(metric, Chosen) and metric.code is not None else True
        self._by_precision = ranking_of(made) is PRAUC
        self._total = 0.0
        self._signed = 0.0
        self._blocks = 0
        self._begin()

    def _begin(self) -> None:
        self._of_champion = ScoreCounts(MOST)
        self._of_challenger = ScoreCounts(MOST)
        self._positives = 0
        self._negatives = 0

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float | None:
        """See `Difference`."""
        if champion.probabilities is None or challenger.probabilities is None:
            return None
        code = self._code
        is_positive = y == code
        self._of_champion.add(champion.probabilities.get(code, 0.0), is_positive)
        self._of_challenger.add(challenger.probabilities.get(code, 0.0), is_positive)
        if is_positive:
            self._positives += 1
        else:
            self._negatives += 1
        if self._positives < IN_BLOCK or self._negatives < IN_BLOCK:
            return None
        return self._close()

    @property
    def scale(self) -> float:
        """See `Difference`."""
        return SCALE * self._total / self._blocks if self._total else 1.0

    def gain(self) -> float | None:
        """See `Difference`."""
        return self._signed / self._blocks if self._blocks else None

    def _close(self) -> float | None:
        gap = self._figure(self._of_challenger) - self._figure(self._of_champion)
        d = min(max(gap / self.scale, -1.0), 1.0) if self._total else None
        self._total += abs(gap)
        self._signed += gap
        self._blocks += 1
        self._begin()
        return d

    def _figure(self, counts: ScoreCounts) -> float:
        figure = counts.average_precision() if self._by_precision else counts.roc_auc()
        assert figure is not None, "a block holds both classes"
        return figure

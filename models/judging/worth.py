"""Two versions compared by a metric of counts (F1, precision, kappa, ...): by what each answer adds to it.

Such a metric is no mean, and over a block of events that is short enough to be of use it scatters. But it is a function
of the shares of each kind of answer, so near where the versions stand it is a sum: each answer has a worth, the
derivative of the metric in its share. For F1 a hit is worth 2 - F1 and a false alarm -F1, over the same number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from models.answer import Answer
from models.evaluation.metrics.chosen import Metric
from models.evaluation.metrics.defined import figure
from models.evaluation.metrics.metrics import make_metric
from models.evaluation.metrics.one_vs_rest import OneVsRest, inner_of
from models.judging.differences import Difference
from models.judging.judged import FEWEST
from schemas.events import Label
from schemas.gauge import Task

GROWTH: Final = 1.25
"""Worths are worked out anew when so many times as many labels have come."""


class Worth(Difference):
    """The difference in worth of two answers to one event, in the metric of counts.

    The simple form, with counts over both versions' earlier answers in this contest and one more of each class right,
    and one more taken for the next class::

        worth[y, k] = metric(counts and one more (y, k)) - metric(counts)
        most = max(abs(worth[y, k] - worth[y, y]) for every pair (y, k) that has come)
        d = clip((worth[y, challenger] - worth[y, champion]) / most, -1, 1)

    Two versions that are wrong in the same ways equally often differ by 0 in the mean, wherever the counts stand; for
    a metric that is a ratio of sums (precision, recall, F, Jaccard, and kappa) so do two with the same figure, as the
    counts of both together lie between them. Worths are renewed when the labels have grown by a quarter, and there are
    none before `FEWEST` labels of the rarer class (of all classes on average, for more than two).

    Holds three counts for each pair of classes that came.

    References
    ----------
    Parambath, Usunier, Grandvalet (2014). Optimizing F-measures by cost-sensitive classification. NeurIPS 27.
    """

    is_of_classes = True

    def __init__(self, metric: Metric, task: Task, classes: Iterable[Label]) -> None:
        self._metric = metric
        self._task = task
        made = make_metric(metric, task)
        self._sign = 1.0 if made.bigger_is_better else -1.0
        self._code = made.code if isinstance(made, OneVsRest) else None
        """The class that is measured against the rest, which count as one."""
        self._classes = sorted(classes) if self._code is None else [False, True]
        self._champion: dict[tuple[Label, Label], int] = {}
        self._challenger: dict[tuple[Label, Label], int] = {}
        self._worths: dict[tuple[Label, Label], float] = {}
        self._usual = 0.0
        """What a wrong answer is worth whose kind has not come yet."""
        self._most = 0.0
        self._n = 0
        self._next = FEWEST
        self._scale: float | None = None

    def __call__(self, y: Label, champion: Answer, challenger: Answer) -> float | None:
        """See `Difference`."""
        said, other, code = champion.y_pred, challenger.y_pred, self._code
        assert said is not None
        assert other is not None
        if code is not None:
            y, said, other = y == code, said == code, other == code
        of_champion, of_challenger = (y, said), (y, other)
        d = None
        if self._scale is not None:
            d = 0.0
            if of_champion != of_challenger:
                worths, usual = self._worths, self._usual
                d = (worths.get(of_challenger, usual) - worths.get(of_champion, usual)) / self._most
                d = min(max(d, -1.0), 1.0)
        for counts, pair in ((self._champion, of_champion), (self._challenger, of_challenger)):
            counts[pair] = counts.get(pair, 0) + 1
        self._n += 1
        if self._n >= self._next:
            self._renew()
        return d

    @property
    def scale(self) -> float:
        """See `Difference`."""
        return self._scale or 1.0

    def gain(self) -> float | None:
        """See `Difference`."""
        champion, challenger = (figure(self._over(counts)) for counts in (self._champion, self._challenger))
        return None if champion is None or challenger is None else self._sign * (challenger - champion)

    def _renew(self) -> None:
        if self._scale is None and not self._is_enough():
            self._next = self._n + FEWEST
            return
        self._next = max(self._n + FEWEST, int(self._n * GROWTH))
        total = self._counted()
        metric = self._over(total)
        base = metric.get()
        raw: dict[tuple[Label, Label], float] = {}
        for pair in total:
            metric.update(*pair, 1.0)
            raw[pair] = self._sign * (metric.get() - base)
            metric.revert(*pair, 1.0)
        # Only differences for one label count: from what is right.
        self._worths = {(y, said): worth - raw[y, y] for (y, said), worth in raw.items()}
        wrong = [worth for (y, said), worth in self._worths.items() if y != said]
        self._usual = sum(wrong) / len(wrong)
        self._most = max(map(abs, wrong))
        self._scale = self._most * sum(total.values()) if self._most > 0.0 else None

    def _over(self, counts: Mapping[tuple[Label, Label], int]) -> Any:
        metric = inner_of(make_metric(self._metric, self._task))
        for pair, times in counts.items():
            metric.update(*pair, float(times))
        return metric

    def _counted(self) -> dict[tuple[Label, Label], int]:
        """Answers of both, and two more of each class, so that no class is without."""
        classes = self._classes
        total: dict[tuple[Label, Label], int] = {}
        for at, one in enumerate(classes):
            total[one, one] = total[one, classes[at - 1]] = 1
        for counts in (self._champion, self._challenger):
            for pair, times in counts.items():
                total[pair] = total.get(pair, 0) + times
        return total

    def _is_enough(self) -> bool:
        classes = self._classes
        if len(classes) > 2:
            return self._n >= FEWEST * len(classes)
        positive = sum(times for (y, _), times in self._champion.items() if y)
        return min(positive, self._n - positive) >= FEWEST

"""By what contests judge: one table from the gauge file to a way to tell which of two versions is better.

What leads is what a user looks at, and a model that wins by another measure may be worse in it: where one event in a
hundred is positive, the model that never says so makes fewer errors than most. So the leading metric judges, wherever
two versions can be compared by it on the same events.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, NamedTuple

from river import metrics
from river.metrics.base import MeanMetric

from models.evaluation.metrics.alike import counts_pairs
from models.evaluation.metrics.chosen import Chosen, Metric, called, leading_of
from models.evaluation.metrics.cost import COST
from models.evaluation.metrics.forms import is_the_error
from models.evaluation.metrics.metrics import RollingPRAUC, RollingROCAUC, make_metric, wants_probabilities
from models.evaluation.metrics.one_vs_rest import inner_of
from models.evaluation.metrics.ranking import PRAUC, ROCAUC, RankingMetric
from schemas.gauge import Gauge, Task


class By(Enum):
    """What two answers are compared by."""

    ERROR = "the error"
    LOG_LOSS = "log loss"
    COST = "what answers cost"
    MEAN = "a mean of losses"
    WORTH = "what each answer adds to a metric of counts"
    BLOCKS = "a ranking, block by block"


class Judged(NamedTuple):
    """By what contests judge, and by which metric, where that is what leads."""

    by: By
    metric: Metric | None = None


FEWEST: Final = 20
"""Labels of the rarer class, or of each class on average, before a metric of counts judges."""
IN_BLOCK: Final = 5
"""Labels of each class that close a block of a ranking."""


def judged(gauge: Gauge) -> Judged:
    """By what contests of a gauge judge: as ``retraining.judge`` says, else by what leads, where that is possible.

    Where it is not, classes are judged by log loss if the metric reads probabilities, else by 0/1 error. So they are,
    by log loss, where a threshold is moved towards a precision or a recall: the labels of two versions tell where their
    thresholds stand, and a new version would win by its plain one.
    """
    asked = gauge.retraining.judge
    if asked in _ASKED:
        return Judged(_ASKED[asked])
    follows = gauge.decision is not None and gauge.decision.way in ("precision", "recall")
    found = None if asked is None and follows else of_metric(gauge)
    if found is not None:
        return found
    wants = gauge.task is not Task.REGRESSION and (follows or wants_probabilities(leading_of(gauge), gauge.task))
    return Judged(By.LOG_LOSS if wants else By.ERROR)


_ASKED: Final = {"error": By.ERROR, "log_loss": By.LOG_LOSS, "cost": By.COST}


def of_metric(gauge: Gauge) -> Judged | None:
    """How the leading metric tells which of two versions is better on the same events; ``None`` if it does not."""
    metric = leading_of(gauge)
    made = make_metric(metric, gauge.task)
    inner = inner_of(made)
    if is_the_error(made):
        return Judged(By.ERROR)
    if isinstance(made, _LOG_LOSSES):
        return Judged(By.LOG_LOSS)
    if isinstance(metric, Chosen) and metric.use == COST:
        return Judged(By.COST)
    if isinstance(made, metrics.R2):
        return Judged(By.MEAN, "MSE")  # of the same labels, a greater share is explained by smaller squares
    if isinstance(made, MeanMetric):
        return Judged(By.MEAN, metric)
    if isinstance(inner, _RANKINGS):
        return Judged(By.BLOCKS, metric)
    return Judged(By.WORTH, metric) if counts_pairs(made) else None


_LOG_LOSSES: Final = (metrics.LogLoss, metrics.CrossEntropy)
_RANKINGS: Final = (RankingMetric, RollingROCAUC, RollingPRAUC)


def ranking_of(metric: Any) -> type[RankingMetric]:
    """What a block is measured by, for a metric that ranks: its own kind, without a window of its own."""
    inner = inner_of(metric)
    if isinstance(inner, RankingMetric):
        return type(inner)
    return PRAUC if isinstance(inner, RollingPRAUC) else ROCAUC


def why_not(gauge: Gauge) -> str | None:
    """What keeps contests from judging as ``retraining.judge`` says, in words; ``None`` if nothing does."""
    asked = gauge.retraining.judge
    if asked == "cost" and (gauge.decision is None or gauge.decision.costs is None):
        return "judge = 'cost' needs to know what mistakes cost: say it in [decision.costs]"
    if asked == "metric" and of_metric(gauge) is None:
        return (
            f"judge = 'metric': two versions cannot be compared by {called(leading_of(gauge))} on a few events; "
            "choose another leading metric, or say 'error' or 'log_loss'"
        )
    return None


def in_words(gauge: Gauge) -> str:
    """By what contests judge, for people: the rest of "contests are judged by"."""
    by, metric = judged(gauge)
    if by is By.ERROR:
        return "absolute error" if gauge.task is Task.REGRESSION else "0/1 error"
    if metric is None:
        return {By.LOG_LOSS: "log loss", By.COST: "cost"}[by]
    name = called(metric)
    if by is By.WORTH:
        least = "of each class" if gauge.task is Task.MULTICLASS else "of the rarer class"
        return f"{name}: what each answer adds to it, from {FEWEST} labels {least} on"
    return f"{name}, in blocks of at least {IN_BLOCK} labels of each class" if by is By.BLOCKS else f"{name}, as a loss"

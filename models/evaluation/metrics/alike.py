"""A metric over many answers at once, by counting those that it cannot tell apart.

Most metrics of classes see nothing but pairs of label and predicted label, and those of ranking nothing but the
probability of the positive class. Entering each kind of answer once, with its number as the weight, gives River's own
figure in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final

from river import metrics
from river.metrics.base import BinaryMetric, ClassificationMetric

from models.answer import Answer
from models.evaluation.metrics.chosen import Metric
from models.evaluation.metrics.defined import figure
from models.evaluation.metrics.metrics import make_metric
from models.evaluation.metrics.one_vs_rest import OneVsRest, inner_of
from models.evaluation.metrics.ranking import RankingMetric
from schemas.events import Label
from schemas.gauge import Task

_HEEDLESS_OF_WEIGHTS: Final = (
    *(metrics.AdjustedMutualInfo, metrics.AdjustedRand, metrics.Completeness, metrics.FowlkesMallows),
    *(metrics.Homogeneity, metrics.MutualInfo, metrics.NormalizedMutualInfo, metrics.Rand, metrics.VBeta),
)
"""Metrics of clusterings: they divide by the number of updates."""


def counts_alike(chosen: Metric, task: Task) -> bool:
    """Whether answers to this metric can be counted rather than entered one by one."""
    return _kind(make_metric(chosen, task)) is not None


def figure_of(chosen: Metric, task: Task, answers: Iterable[tuple[Label, Answer]]) -> float | None:
    """A metric over labels and the answers given for them, each with a prediction; ``None`` where it has no figure.

    It is exact: what a lifetime has to bin (`models.evaluation.metrics.ranking`) is kept apart here.
    Answers without what the metric reads are passed over: a baseline gives shares only once a metric reads them. The
    simple form, which :func:`counts_alike` says can be bettered::

        for y, (y_pred, probabilities) in answers:
            said = probabilities if wants_probabilities(chosen, task) else y_pred
            if said is not None:
                metric.update(y, said)
    """
    metric = make_metric(chosen, task)
    said = 0 if task is Task.REGRESSION or metric.requires_labels else 1
    if isinstance(inner_of(metric), RankingMetric):
        metric = metric.exact()
    kind, scored = _kind(metric), False
    if kind is None:
        for y, answer in answers:
            if answer[said] is not None:
                metric.update(y, answer[said])
                scored = True
        return figure(metric) if scored else None
    alike: dict[tuple[Label, Hashable], int] = {}
    examples: dict[tuple[Label, Hashable], tuple[Label, Any]] = {}
    for y, answer in answers:
        if answer[said] is None:
            continue
        key = (y, kind(answer))
        if key in alike:
            alike[key] += 1
        else:
            alike[key], examples[key] = 1, (y, answer[said])
    for key, (y, example) in examples.items():
        metric.update(y, example, float(alike[key]))
    return figure(metric) if examples else None


def counts_pairs(metric: Any) -> bool:
    """Whether a metric sees nothing but how often each label met each predicted label; `figure_of_pairs` is for it."""
    metric = inner_of(metric)
    if isinstance(metric, _HEEDLESS_OF_WEIGHTS):
        return False
    # Any other update of its own may read more than the label, or count otherwise.
    return type(metric).update in (ClassificationMetric.update, BinaryMetric.update) and metric.requires_labels


def figure_of_pairs(chosen: Metric, task: Task, pairs: Mapping[tuple[Label, Any], int]) -> float | None:
    """A metric over label and predicted label, with the number of times each pair came, in order of first sight.

    It is the metric's own figure to the last bit, as whole numbers add up exactly in any grouping.
    """
    metric = make_metric(chosen, task)
    for (y, y_pred), times in pairs.items():
        metric.update(y, y_pred, float(times))
    return figure(metric)


def _kind(metric: Any) -> Callable[[Answer], Hashable] | None:
    if isinstance(inner_of(metric), RankingMetric):
        code = metric.code if isinstance(metric, OneVsRest) else True
        return lambda answer: (answer.probabilities or {}).get(code, 0.0)
    return (lambda answer: answer.y_pred) if counts_pairs(metric) else None

"""The figure of a metric that is made of counts: which counts, and when its interval is shown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from math import exp, sqrt
from typing import Any, Final

from river import metrics

from models.answer import Answer
from models.evaluation.intervals.block_counts import BlockCounts, Pair
from models.evaluation.intervals.interval import any_look, t_quantile
from models.evaluation.intervals.jackknife import left_out, on_logit_scale, standard_error
from models.evaluation.intervals.loss_sums import FEWEST_RUNS, LossSums, missing_labels
from models.evaluation.metrics.alike import counts_pairs, figure_of_pairs
from models.evaluation.metrics.chosen import Metric
from models.evaluation.metrics.metrics import make_metric
from models.evaluation.metrics.one_vs_rest import OneVsRest, inner_of
from models.evaluation.metrics.ranking import PRAUC, ROCAUC
from models.evaluation.metrics.thresholds import range_of
from schemas.evaluated import Figure
from schemas.gauge import Task
from schemas.plurals import count


class Seen(StrEnum):
    """What of an answer a metric sees, beside the label."""

    LABEL = "the predicted label"
    SCORE = "the bin of the positive class' probability"


BINS: Final = 64
_EDGES: Final = tuple(1 / (1 + exp(-(n - BINS / 2) / 4)) for n in range(1, BINS))
"""Even on the logit scale, from 0.0004 to 0.9996: where classes are rare, all probabilities are small."""

FEWEST_SCATTER: Final = 0.25
"""Below this the blocks of errors scatter less than chance would let them: errors that keep a rhythm."""

NEAR: Final = 0.02
"""How far the figure of binned scores may lie from that of the scores themselves."""

_OF_ONE_CLASS: Final = (metrics.Precision, metrics.Recall, metrics.FBeta, metrics.Jaccard, ROCAUC, PRAUC)
"""Metrics that are about the positive class: they need runs of that one alone."""


def seen_by(metric: Any) -> Seen | None:
    """What a metric sees of an answer if counts are all it is made of; ``None`` if they are not."""
    if counts_pairs(metric):
        return Seen.LABEL
    return Seen.SCORE if isinstance(metric, ROCAUC | PRAUC) else None


def bin_of(answer: Answer) -> Hashable:
    """The number of the bin of the positive class' probability."""
    return bisect_left(_EDGES, score_of(answer))


def score_of(answer: Answer) -> float:
    """The positive class' probability."""
    return (answer.probabilities or {}).get(True, 0.0)


def counted_figure(
    chosen: Metric,
    task: Task,
    counts: BlockCounts,
    *,
    value: float | None,
    errors: LossSums,
    alpha: float = 0.05,
    any_time: bool = False,
) -> Figure:
    """A metric's figure, by leaving out one block at a time.

    Parameters
    ----------
    value
        The metric's own value over everything that was counted.
    errors
        The errors of the same answers: how they depend on each other gives the effective number, and the gate.
    """
    n = counts.n
    effective = n / errors.inflation if n else None
    metric = make_metric(chosen, task)
    missing = missing_labels(n, len(counts.blocks), counts.length) or _missing_runs(counts, errors, metric)
    if value is None or missing is not None:
        return Figure(value=value, n=n, effective_n=effective, missing=missing or "a value that is defined")
    within = range_of(chosen, len(counts.runs))
    if not within[0] < value < within[1]:
        return Figure(value=value, n=n, effective_n=effective, missing="a value short of the end of its range")
    worked_out, total = _worked_out(chosen, task, metric), counts.total()
    near = worked_out(total)
    if near is None or abs(near - value) > NEAR:
        return Figure(value=value, n=n, effective_n=effective, missing="scores that differ by more than a bin")
    values = left_out(total, counts.blocks, worked_out)
    if values is None:
        return Figure(value=value, n=n, effective_n=effective, missing="every class in more than one block of labels")
    # The blocks are one estimate of the dependence, as in a mean's interval: where another is larger, that one counts.
    stretch = sqrt(errors.inflation / max(errors.block_inflation, FEWEST_SCATTER))
    error = stretch * standard_error(values)
    if not error:
        return Figure(value=value, n=n, effective_n=effective, missing="blocks of labels that differ")
    z = any_look(n, alpha=alpha) if any_time else t_quantile(1 - alpha / 2, len(values) - 1)
    low, high = on_logit_scale(value, error, z, within)
    return Figure(value=value, n=n, effective_n=effective, low=low, high=high)


def _missing_runs(counts: BlockCounts, errors: LossSums, metric: Any) -> str | None:
    if errors.runs < FEWEST_RUNS:
        return count(FEWEST_RUNS - errors.runs, "more separate error")
    if isinstance(inner_of(metric), _OF_ONE_CLASS):
        fewest = counts.runs.get(metric.code if isinstance(metric, OneVsRest) else True, 0)
        return _runs_of("positive", fewest)
    return _runs_of("rarest", min(counts.runs.values()))


def _runs_of(which: str, runs: int) -> str | None:
    return f"{count(FEWEST_RUNS - runs, 'more separate run')} of the {which} class" if runs < FEWEST_RUNS else None


def _worked_out(chosen: Metric, task: Task, metric: Any) -> Callable[[Mapping[Any, int]], float | None]:
    if seen_by(metric) is Seen.SCORE:
        return area_under_curve if isinstance(metric, ROCAUC) else average_precision
    return lambda pairs: figure_of_pairs(chosen, task, pairs)


def area_under_curve(counts: Mapping[Pair, int]) -> float | None:
    """The area under the ROC curve of counts by label and bin, ties counted half; ``None`` with one class only.

    >>> area_under_curve({(False, 1): 1, (True, 1): 1, (True, 2): 1})
    0.75
    """
    below = won = positive = 0
    for others, own in _ascending(counts):
        won += own * (2 * below + others)
        below += others
        positive += own
    return won / (2 * below * positive) if below and positive else None


def average_precision(counts: Mapping[Pair, int]) -> float | None:
    """The precision at each bin, weighted by the recall that it adds; ``None`` with one class only.

    >>> average_precision({(True, 3): 1, (False, 2): 1, (True, 1): 1})
    0.8333333333333333
    """
    passed = hits = negative = 0
    total = 0.0
    for others, own in reversed(_ascending(counts)):
        hits += own
        passed += own + others
        negative += others
        total += own * hits / passed
    return total / hits if hits and negative else None


def _ascending(counts: Mapping[Pair, int]) -> list[list[int]]:
    """How many of the negative and of the positive class lie in each bin."""
    by_bin: dict[Any, list[int]] = {}
    for (y, at), times in counts.items():
        by_bin.setdefault(at, [0, 0])[bool(y)] += times
    return [by_bin[at] for at in sorted(by_bin)]

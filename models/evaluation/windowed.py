"""Figures of a window whose answers are kept: worked out anew whenever somebody asks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Hashable, Sequence

from models.answer import Answer
from models.evaluation.intervals.block_counts import BlockCounts
from models.evaluation.intervals.loss_sums import LossSums
from models.evaluation.metrics.alike import figure_of
from models.evaluation.metrics.chosen import Metric
from models.evaluation.metrics.counted import BINS, Seen, counted_figure, score_of, seen_by
from models.evaluation.metrics.forms import NO_INTERVAL, form_of, is_the_error, loss_of
from models.evaluation.metrics.metrics import make_metric, wants_probabilities
from schemas.evaluated import Figure
from schemas.events import Label
from schemas.gauge import Task


def windowed(chosen: Metric, task: Task, answers: Collection[tuple[Label, Answer]]) -> Figure:
    """A metric over labels and the answers given for them, each with a prediction, in order of arrival.

    Answers without what the metric reads are passed over.
    """
    metric, reads_probabilities = make_metric(chosen, task), wants_probabilities(chosen, task)
    seen = [(y, answer) for y, answer in answers if answer[reads_probabilities] is not None]
    value = figure_of(chosen, task, seen)
    form = form_of(metric)
    if form is not None:
        if is_the_error(metric):
            losses = errors(seen, task)
        else:
            losses = LossSums.of(loss_of(metric, y, answer[reads_probabilities]) for y, answer in seen)
        return form.figure(losses.figure(form.kind), value)
    sees = seen_by(metric)
    if sees is None:
        return Figure(value=value, n=len(seen), missing=NO_INTERVAL)
    said: list[Hashable]
    said = [answer.y_pred for _, answer in seen] if sees is Seen.LABEL else ranked([score_of(a) for _, a in seen])
    pairs = [(y, one) for (y, _), one in zip(seen, said, strict=True)]
    return counted_figure(chosen, task, BlockCounts.of(pairs), value=value, errors=errors(seen, task))


def ranked(scores: Sequence[float]) -> list[Hashable]:
    """The numbers of the scores' bins, which hold equally many where no scores are alike.

    >>> ranked([0.3, 0.1, 0.2, 0.3])
    [3, 1, 2, 3]
    """
    ascending = sorted(scores)
    edges = sorted({ascending[at * len(ascending) // BINS] for at in range(BINS)}) if scores else []
    return [bisect_right(edges, score) for score in scores]


def errors(answers: Collection[tuple[Label, Answer]], task: Task) -> LossSums:
    """Whether each answer was wrong; of a regression its absolute error. Each has a prediction."""
    if task is Task.REGRESSION:
        return LossSums.of(abs(y - answer.y_pred) for y, answer in answers if answer.y_pred is not None)
    return LossSums.of(float(y != answer.y_pred) for y, answer in answers)

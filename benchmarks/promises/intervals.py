"""How often intervals hold what they promise, on streams whose errors come in bursts, and how soon they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import sqrt
from statistics import NormalDist, median
from typing import Any, Final

import numpy as np

from benchmarks.promises.row import Row, share_error
from models.evaluation.intervals.block_counts import BlockCounts, Pair
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.faded_mean import FadedMean
from models.evaluation.intervals.interval import wilson
from models.evaluation.intervals.loss_sums import Kind, LossSums
from models.evaluation.metrics.alike import figure_of_pairs
from models.evaluation.metrics.counted import area_under_curve, counted_figure
from schemas.evaluated import Figure
from schemas.gauge import Task

RATE: Final = 0.2
LABELS: Final = 1_000
LOOK_EVERY: Final = 25


def rows(quick: bool) -> Iterator[Row]:
    """Cover of nominal 0.95 for one look and for any, of means and of metrics made of counts; labels until shown."""
    streams = 150 if quick else 1_000
    rng = np.random.default_rng(18)
    before = {0.0: (0.970, None), 0.5: (0.968, 0.75), 0.9: (0.955, 0.32)}
    for correlation, (ours, plain) in before.items():
        losses = markov(rng, streams, LABELS, RATE, correlation)
        yield _cover(f"error rate, correlation {correlation}", [lifetime(row) for row in losses], RATE, ours)
        yield _cover("as a window of 20 panes", [window(row) for row in losses], RATE, None)
        yield _cover("Wilson's, as if independent", [as_if_independent(row) for row in losses], RATE, plain)
    for correlation in before:
        losses = markov(rng, streams // 3, 5 * LABELS, RATE, correlation)
        yield _cover(f"faded error, correlation {correlation}", [faded(row) for row in losses], RATE, None)
    for correlation in before:
        losses = markov(rng, streams // 5, 10 * LABELS, RATE, correlation)
        yield from _looks(losses, correlation)
    yield from _counted(rng, streams)
    for rate, correlation, expected in ((0.2, 0.0, 100), (0.2, 0.5, 200), (0.2, 0.9, 1_000), (0.02, 0.9, 5_000)):
        shown = [_shown_at(row) for row in markov(rng, 41 if quick else 201, 8 * expected, rate, correlation)]
        name = f"labels until half the streams show one, rate {rate}, correlation {correlation}"
        yield Row(name, median(shown), expected, None, "measured before, on a coarse grid")


def markov(rng: np.random.Generator, streams: int, labels: int, rate: float, correlation: float) -> np.ndarray:
    """0/1 losses of a given rate and lag-1 correlation, one stream a row."""
    draws = rng.random((streams, labels))
    stay, begin = correlation + rate * (1 - correlation), rate * (1 - correlation)
    found = np.empty((streams, labels))
    last = rng.random(streams) < rate
    for at in range(labels):
        last = draws[:, at] < np.where(last, stay, begin)
        found[:, at] = last
    return found


def lifetime(losses: np.ndarray) -> Figure:
    """What a series shows of its whole life."""
    mean = DependentMean()
    for loss in losses.tolist():
        mean.update(loss)
    return mean.rate()


def window(losses: np.ndarray) -> Figure:
    """What a series shows of its window."""
    return LossSums.of(losses.tolist()).figure(Kind.RATE)


def faded(losses: np.ndarray) -> Figure:
    """What a series shows of its faded error."""
    mean, held = FadedMean(alpha=0.999), losses.tolist()
    for loss in held:
        mean.update(loss)
    return mean.figure(Kind.RATE, lag_inflation=LossSums.of(held).lag_inflation)


def as_if_independent(losses: np.ndarray) -> Figure:
    """What many a tool shows."""
    low, high = wilson(float(losses.sum()), len(losses))
    return Figure(value=float(losses.mean()), n=len(losses), low=low, high=high)


def _cover(what: str, figures: list[Figure], truth: float, expected: float | None) -> Row:
    shown = [one for one in figures if one.low is not None and one.high is not None]
    held = sum(one.low <= truth <= one.high for one in shown if one.low is not None and one.high is not None)
    share = held / len(shown)
    note = f"shown on {len(shown)} of {len(figures)} streams"
    return Row(f"cover: {what.strip()}", share, expected, share_error(share, len(shown)), note)


def _looks(losses: np.ndarray, correlation: float) -> Iterator[Row]:
    held = {True: 0, False: 0}
    for row in losses.tolist():
        mean, always = DependentMean(), {True: True, False: True}
        for n, loss in enumerate(row, 1):
            mean.update(loss)
            if n >= 100 and n % LOOK_EVERY == 0:
                for any_time in always:
                    figure = mean.rate(any_time=any_time)
                    if figure.low is not None and figure.high is not None:
                        always[any_time] &= figure.low <= RATE <= figure.high
        for any_time in held:
            held[any_time] += always[any_time]
    share = held[True] / len(losses)
    error = share_error(share, len(losses))
    note = f"100 to 10,000 labels, a look every {LOOK_EVERY}; measured before: 0.967 to 0.990"
    yield Row(f"cover at every look, correlation {correlation}", share, None, error, note)
    share = held[False] / len(losses)
    error = share_error(share, len(losses))
    yield Row("  by intervals for one look", share, None, error, "measured before: 0.14 to 0.70")


def _counted(rng: np.random.Generator, streams: int) -> Iterator[Row]:
    positive, apart = 0.3, 1.2
    labels = markov(rng, streams, LABELS, positive, 0.9).astype(bool)
    errors = markov(rng, streams, LABELS, RATE, 0.9)
    predicted = labels ^ errors.astype(bool)
    right, chance = 1 - RATE, _by_chance(positive)
    truths = {
        "F1": (2 * positive * right / (positive + positive * right + (1 - positive) * RATE), 0.930),
        "CohenKappa": ((right - chance) / (1 - chance), 0.930),
    }
    for name, (truth, before) in truths.items():
        figures = []
        for y, y_pred, wrong in zip(labels, predicted, errors, strict=True):
            pairs: list[Pair] = [*zip(y.tolist(), y_pred.tolist(), strict=True)]
            figures.append(by_counts(name, pairs, wrong, partial(figure_of_pairs, name, Task.BINARY)))
        yield _cover(f"{name}, correlation 0.9", figures, truth, before)
    noise = rng.normal(size=labels.shape)
    for at in range(1, LABELS):
        noise[:, at] = 0.9 * noise[:, at - 1] + sqrt(1 - 0.81) * noise[:, at]
    scores = noise + apart * labels
    bins = np.clip((scores + 4) * 7, 0, 63).astype(int)  # 64 of them over all that comes
    figures = []
    for y, at_bin, score in zip(labels, bins, scores, strict=True):
        pairs = [*zip(y.tolist(), at_bin.tolist(), strict=True)]
        figures.append(by_counts("ROCAUC", pairs, (score > apart / 2) != y, area_under_curve))
    yield _cover("ROCAUC, correlation 0.9", figures, NormalDist().cdf(apart / sqrt(2)), 0.920)


def _by_chance(positive: float) -> float:
    predicted = positive * (1 - RATE) + (1 - positive) * RATE
    return positive * predicted + (1 - positive) * (1 - predicted)


def by_counts(
    name: str, pairs: list[Pair], wrong: np.ndarray, value: Callable[[dict[Any, int]], float | None]
) -> Figure:
    """What a series shows of a metric that is made of counts."""
    counts, errors = BlockCounts(), DependentMean()
    for (y, said), loss in zip(pairs, wrong.tolist(), strict=True):
        counts.add(y, said)
        errors.update(float(loss))
    return counted_figure(name, Task.BINARY, counts, value=value(counts.total()), errors=errors.sums)


def _shown_at(losses: np.ndarray) -> int:
    mean = DependentMean()
    for n, loss in enumerate(losses.tolist(), 1):
        mean.update(loss)
        if n >= 100 and n % 5 == 0 and mean.rate().low is not None:
            return n
    return len(losses)

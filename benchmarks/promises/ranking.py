"""How far the ranking figures of a lifetime are from scikit-learn's, where the positive class is rare."""

from __future__ import annotations

import random
import timeit
from collections.abc import Iterator
from typing import Final

from river.metrics import ROCAUC
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.promises.row import Row
from models.evaluation.metrics.ranking import ScoreCounts

PROMISED: Final = 0.005


def rows(quick: bool) -> Iterator[Row]:
    """The largest distance over several streams, beside that of River's ten thresholds; the cost of an answer."""
    n, streams = (40_000, 2) if quick else (200_000, 5)
    for share in (0.002, 0.01, 0.1, 0.5):
        area, precision, river, bound = [], [], [], []
        for seed in range(streams):
            labels, scores = simulated(n, share, seed)
            counts, tens = ScoreCounts(), ROCAUC()
            for y, score in zip(labels, scores, strict=True):
                counts.add(score, y)
                tens.update(y, {True: score})
            exact = roc_auc_score(labels, scores)
            area.append(abs((counts.roc_auc() or 0.0) - exact))
            precision.append(abs((counts.average_precision() or 0.0) - average_precision_score(labels, scores)))
            river.append(abs(tens.get() - exact))
            bound.append(counts.roc_auc_error)
        note = f"{PROMISED} is promised, {max(bound):.4f} is the bound; River's is {max(river):.3f} off"
        yield Row(f"ROC AUC off by, in millionths, {share:.1%} positive", max(area) * 1e6, None, note=note)
        yield Row(f"average precision off by, in millionths, {share:.1%} positive", max(precision) * 1e6, None)
    yield Row("microseconds for an answer", _microseconds(), None)


def simulated(n: int, share: float, seed: int) -> tuple[list[bool], list[float]]:
    """Labels and scores that are about as high as the class is frequent."""
    rng = random.Random(seed)
    labels = [rng.random() < share for _ in range(n)]
    return labels, [rng.betavariate(1.5 if y else 0.8, 0.8 / share) for y in labels]


def _microseconds() -> float:
    labels, scores = simulated(20_000, 0.01, 9)
    counts = ScoreCounts()
    for y, score in zip(labels, scores, strict=True):
        counts.add(score, y)
    labels, scores = labels[:1_000], scores[:1_000]

    def all_of_them() -> None:
        for y, score in zip(labels, scores, strict=True):
            counts.add(score, y)

    return min(timeit.repeat(all_of_them, number=1, repeat=100)) / len(labels) * 1e6

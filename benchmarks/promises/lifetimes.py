"""What a life of contests promises: versions that are equal, with every role on, and how often the champion changes.

Labels are coin flips and the feature is noise, so given the past each version errs half of the time, whatever it has
learned: every promotion is wrong. A version keeps its place, or comes and goes, as by default.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import sqrt
from statistics import fmean, stdev
from typing import Final, NamedTuple

from benchmarks.promises.row import Row, share_error
from models.learner import Learner
from schemas.events import LabelledEvent
from schemas.gauge import Gauge
from schemas.records import ModelVersion, VersionStep

GAUGE: Final = Gauge.model_validate(
    {
        "name": "lifetimes",
        "task": "binary",
        "label": {"field": "y", "positive": 1, "negative": 0},
        "features": {"a": "number"},
        "candidates": ["naive_bayes"],
        "evaluation": {"holdout": 0.0},
        "drift": {"columns": {"enabled": False}},
        "retraining": {"on_drift": True, "standing": True},
    }
)


class Lived(NamedTuple):
    """What became of one stream: wrong promotions, the way back included, and standing challengers that came."""

    promotions: int
    versions: int


def rows(quick: bool) -> Iterator[Row]:
    """The share of streams with a promotion, which is promised to be at most the error rate, and promotions in each."""
    streams, labels = (6, 3_000) if quick else (40, 10_000)
    lives = [lived(seed, labels) for seed in range(streams)]
    wrong = [one.promotions for one in lives]
    share = sum(one > 0 for one in wrong) / streams
    versions = fmean(one.versions for one in lives)
    most = GAUGE.retraining.error_rate
    note = f"at most {most}; {streams} streams of {labels:,} labels, {versions:.1f} versions each"
    yield Row("equal versions: streams with a promotion", share, None, share_error(share, streams), note)
    error = max(stdev(wrong), 1 / sqrt(streams)) / sqrt(streams)
    yield Row("equal versions: promotions in a stream", fmean(wrong), None, error, note)


def lived(seed: int, labels: int) -> Lived:
    """One stream of coin flips, from its first label to its last."""
    rng = random.Random(seed)
    learner = Learner(GAUGE)
    promotions = -1  # the first version leads from the start
    for position in range(labels):
        event = LabelledEvent(None, None, None, {"a": rng.gauss(0, 1)}, rng.random() < 0.5, b"")
        for effect in learner.handle(event, position):
            promotions += isinstance(effect, ModelVersion) and effect.step is VersionStep.PROMOTED
    return Lived(promotions, learner.panel.status().made)

"""The watch on the error over what River's models got wrong on real streams, resampled so that it never changes.

Rows are budgets spent (1 alarm in 100,000 losses), with the 95 % interval of the count of alarms; ``expected`` is what
the prototype spent on one such stream, in blocks of a fixed length.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Final, NamedTuple

import numpy as np

from benchmarks.labelled_streams import STREAMS, data
from benchmarks.promises.error_drift import BUDGET, Losses, alarms_at, alarms_in, spread
from benchmarks.promises.resampling import resampled
from benchmarks.promises.row import Row
from benchmarks.retraining_pays import Job, run
from models.drift.river_detectors import RiverDetector
from models.drift.tempered.detector import TemperedDetector
from models.judging.losses import AbsoluteErrorScale
from schemas.gauge import Task

LEARNING: Final = 1_000
"""First errors of a model, which is then still learning: they would come back in every resampling."""


class Real(NamedTuple):
    """A stream, the length of its blocks, and by candidate what the prototype spent, ``None`` if it was not run."""

    block: int
    candidates: dict[str, float | None]


REAL: Final = {
    "elec2": Real(2_016, {"naive_bayes": 1.5, "logistic_regression": 1.3, "hoeffding_tree": 1.1}),
    "insects": Real(500, {"naive_bayes": None}),
    "flights": Real(4_000, {"naive_bayes": 1.8, "logistic_regression": 1.1}),
    "bikes": Real(4_000, {"linear_regression": 1.4}),
    "adult": Real(500, {"naive_bayes": 0.4, "logistic_regression": 1.3}),
}
"""Blocks hold what depends on itself: six weeks of half hours, some days of flights or bikes."""


def rows(quick: bool) -> Iterator[Row]:
    """Every stream and candidate; nothing where the developer data are not there."""
    if not data().is_dir():
        return
    events, seeds, river_events = (200_000, 1, 50_000) if quick else (1_000_000, 2, 200_000)
    for name, real in REAL.items():
        for candidate, expected in real.candidates.items():
            errors = run(Job(name, candidate, "learning", 0)).losses[LEARNING:]
            numeric = STREAMS[name].problem["task"] == Task.REGRESSION
            streams = [
                _losses(errors[resampled(len(errors), events, real.block, np.random.default_rng([5, seed]))], numeric)
                for seed in range(seeds)
            ]
            found = [at for losses in streams for at in alarms_at(TemperedDetector(budget=BUDGET), losses)]
            alarms, allowed = len(found), BUDGET * events * seeds
            adwin = alarms_in(RiverDetector(use="drift.ADWIN", params={}), streams[0][:river_events])
            note = f"{spread(found, allowed)}; ADWIN {adwin / (BUDGET * river_events):.0f}"
            error = sqrt(max(alarms, 1)) / allowed + sqrt((expected or 0.0) / 10)  # the expected one is of 10 budgets
            yield Row(f"{name}, {candidate}: budgets spent", alarms / allowed, expected, error, note)


def _losses(errors: Losses, numeric: bool) -> Losses:
    """Losses as the service makes them of errors."""
    if not numeric:
        return errors
    scale = AbsoluteErrorScale()
    return np.array([scale.loss(error) for error in errors.tolist()])

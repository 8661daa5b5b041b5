"""The alert that a baseline would serve better: how often it is false, and how long it takes where it is true."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Final

import numpy as np

from benchmarks.promises.row import Row, share_error
from models.counts import Counts
from models.drift.episodes import Episodes
from models.evaluation.verdict.lead import PERIOD, Lead
from models.evaluation.verdict.losing import LOOK_EVERY, Losing
from models.names import Names
from models.turn import Turn
from schemas.gauge import Gauge

_LABELS: Final = 10_000
_GAUGE: Final = Gauge.model_validate(
    {
        "name": "verdict",
        "task": "binary",
        "label": {"field": "y", "positive": 1, "negative": 0},
        "features": {"a": "number"},
        "candidates": ["naive_bayes"],
    }
)


def rows(quick: bool) -> Iterator[Row]:
    """Two answerers with errors of a given lag-1 correlation, each right or wrong by itself."""
    streams = 40 if quick else 400
    stretches = _LABELS // PERIOD
    for correlation in (0.0, 0.9):
        found = [_opened(seed, correlation, 0.3, 0.3) for seed in range(streams)]
        share = sum(at is not None for at in found) / streams
        bound = stretches * 0.01
        yield Row(
            f"equally good, errors correlated {correlation:g}: streams of {_LABELS:,} labels with an alert",
            share,
            None,
            share_error(share, streams),
            f"at most {bound:g} are allowed",
        )
    for points in (5, 10, 20):
        delays = [_opened(seed, 0.0, 0.3, 0.3 - points / 100) for seed in range(max(10, streams // 10))]
        seen = [_LABELS if at is None else at for at in delays]
        yield Row(f"{points} points worse from the start: labels until the alert, median", median(seen), None)


def _opened(seed: int, correlation: float, own: float, other: float) -> int | None:
    rng = np.random.default_rng(seed)
    ours, theirs = (_errors(rng, rate, correlation) for rate in (own, other))
    leads = {"no_change": Lead(_GAUGE)}
    losing = Losing(_GAUGE, Episodes(_GAUGE, Names(0), Counts()), leads)
    for position, (mine, its) in enumerate(zip(ours, theirs, strict=True)):
        turn = Turn(position, None)
        losing.extend("no_change", leads["no_change"].extend([(False, bool(mine), bool(its), position)]))
        if (position + 1) % LOOK_EVERY == 0:
            losing.look("0-1", turn, _never_ahead)
        if turn.effects:
            return position
    return None


def _errors(rng: np.random.Generator, rate: float, correlation: float) -> list[float]:
    renewed, drawn = rng.random(_LABELS) >= correlation, rng.random(_LABELS) < rate
    renewed[0] = True
    errors: list[float] = drawn[np.maximum.accumulate(np.where(renewed, np.arange(_LABELS), 0))].tolist()
    return errors


def _never_ahead(_: str) -> bool:
    return False

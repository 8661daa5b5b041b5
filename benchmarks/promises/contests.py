"""Contests by what leads: how often one promotes a challenger that is as good, and how soon one that is better.

Two versions answer the same events, whose scores are a signal and noise of their own. Noise comes in runs within a
class: with ``rho`` it is that of the class's event before. Equal versions have the same signal, or for F1 and cost also
two thresholds of the same figure; better ones have more. A contest is looked at after every label.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import exp, log, sqrt
from statistics import NormalDist, median
from typing import Any, Final, NamedTuple

from benchmarks.promises.row import Row, share_error
from models.answer import Answer
from models.judging.judge import Judge
from models.retraining.contests.contest import Contest, Verdict
from models.retraining.contests.rivalry import Rivalry
from schemas.gauge import Gauge

ALPHA: Final = 0.05
LOOKS: Final = 20_000
NORMAL: Final = NormalDist()
JUDGES: Final[dict[str, dict[str, Any]]] = {
    "0/1": {},
    "log loss": {"evaluation": {"metric": "LogLoss"}},
    "cost": {"evaluation": {"metric": "Cost"}, "decision": {"costs": {"1": {"0": 10.0}, "0": {"1": 1.0}}}},
    "F1": {"evaluation": {"metric": "F1"}},
    "kappa": {"evaluation": {"metric": "CohenKappa"}},
    "ROC AUC": {"evaluation": {"metric": "ROCAUC"}},
    "average precision": {"evaluation": {"metric": "PRAUC"}},
}


class Side(NamedTuple):
    """A version: how far its scores lie apart between the classes, in deviations of the noise, and its threshold."""

    signal: float
    threshold: float = 0.5


def rows(quick: bool) -> Iterator[Row]:
    """False promotions of equal versions, then events to promote by the gap."""
    contests = 40 if quick else 400
    for name, says in JUDGES.items():
        gauge = gauge_of(says)
        for share in (0.5, 0.05):
            for rho in (0.0, 0.5, 0.8):
                done = [promoted(gauge, share, Side(1.5), Side(1.5), rho, seed) for seed in range(contests)]
                false = sum(at is not None for at in done) / contests
                yield Row(
                    f"{name}, {share:.0%} positive, lag-1 {rho}: false promotions",
                    false,
                    ALPHA,
                    share_error(false, contests),
                    f"95 % interval {interval(false, contests)}; {LOOKS:,} looks each",
                )
    for side in alike_in_f1(0.05):
        done = [promoted(gauge_of(JUDGES["F1"]), 0.05, *side, 0.0, seed) for seed in range(contests)]
        false = sum(at is not None for at in done) / contests
        thresholds = " and ".join(f"{one.threshold:.2f}" for one in side)
        note = f"95 % interval {interval(false, contests)}; thresholds {thresholds}, one F1"
        yield Row("F1, other prediction rates: false promotions", false, ALPHA, share_error(false, contests), note)
    for name, says in JUDGES.items():
        gauge = gauge_of(says)
        for share in (0.5, 0.05):
            for gap in (1.0, 0.5, 0.25):
                done = [promoted(gauge, share, Side(1.5), Side(1.5 + gap), 0.0, s) for s in range(contests // 4)]
                found = [LOOKS if at is None else at for at in done]
                note = f"{sum(at is not None for at in done)} of {len(done)} in {LOOKS:,}"
                if name == "0/1":
                    note += f"; {mcnemar(share, Side(1.5), Side(1.5 + gap)):,.0f} by a McNemar test of a fixed size"
                yield Row(
                    f"{name}, {share:.0%} positive, signal 1.5 to {1.5 + gap}: events", median(found), None, note=note
                )


def gauge_of(says: dict[str, Any]) -> Gauge:
    """A binary gauge that leads with a metric."""
    return Gauge.model_validate(
        {
            "name": "contests",
            "task": "binary",
            "label": {"field": "y", "positive": 1, "negative": 0},
            "features": {"a": "number"},
            "candidates": ["naive_bayes"],
            **says,
        }
    )


def promoted(gauge: Gauge, share: float, champion: Side, challenger: Side, rho: float, seed: int) -> int | None:
    """After how many labels the challenger is promoted; ``None`` if it is not."""
    rng = random.Random(seed)
    rivalry = Rivalry(None, Judge(gauge).paired(), Contest(alpha=ALPHA, margin=None))  # type: ignore[arg-type]
    shift = log(share / (1 - share))
    noise = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(2)]
    costs = gauge.decision is not None
    for n in range(1, LOOKS + 1):
        y = rng.random() < share
        answers = []
        for side, runs in zip((champion, challenger), noise, strict=True):
            if rng.random() >= rho:
                runs[y] = rng.gauss(0, 1)
            seen = runs[y] + (side.signal / 2 if y else -side.signal / 2)
            p = 1 / (1 + exp(-(shift + side.signal * seen)))  # the true probability, by Bayes
            answers.append(Answer(p >= (1 / 11 if costs else side.threshold), {True: p, False: 1 - p}))
        if rivalry.update(y, answers[0], answers[1]) is Verdict.PROMOTE:
            return n
    return None


def interval(part: float, n: int) -> str:
    """Wilson's interval for a share of n, at 95 %."""
    z = NORMAL.inv_cdf(0.975)
    middle, half = part + z * z / (2 * n), z * sqrt(part * (1 - part) / n + (z / (2 * n)) ** 2)
    low, high = ((middle + sign * half) / (1 + z * z / n) for sign in (-1, 1))
    return f"{low:.3f} to {high:.3f}"


def mcnemar(share: float, champion: Side, challenger: Side) -> float:
    """Labels of which one look at level ALPHA, one-sided, finds the better version in half of all cases.

    The contest's median is compared with it: what looking after every label costs.
    """
    only, other = 0.0, 0.0
    for part, misses in ((share, missed), (1 - share, falsely_alarmed)):
        one, two = misses(champion, share), misses(challenger, share)
        only, other = only + part * one * (1 - two), other + part * two * (1 - one)
    return NORMAL.inv_cdf(1 - ALPHA) ** 2 * (only + other) / (only - other) ** 2


def missed(side: Side, share: float) -> float:
    """The share of positives that are not found."""
    return NORMAL.cdf(_at(side, share) - side.signal / 2)


def falsely_alarmed(side: Side, share: float) -> float:
    """The share of negatives that are taken for positives."""
    return 1 - NORMAL.cdf(_at(side, share) + side.signal / 2)


def _at(side: Side, share: float) -> float:
    """The score at the threshold."""
    return (log(side.threshold / (1 - side.threshold)) - log(share / (1 - share))) / side.signal


def f1_of(side: Side, share: float) -> float:
    """The F1 of a version, in closed form."""
    hits = share * (1 - missed(side, share))
    alarms = (1 - share) * falsely_alarmed(side, share)
    return 2 * hits / (hits + alarms + share)


def alike_in_f1(share: float) -> list[tuple[Side, Side]]:
    """A cautious version and an eager one with the same F1, either way round."""
    cautious = Side(1.5, 0.35)
    low, high = 0.01, 0.15
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if f1_of(Side(1.5, middle), share) > f1_of(cautious, share) else (middle, high)
    eager = Side(1.5, low)
    return [(cautious, eager), (eager, cautious)]

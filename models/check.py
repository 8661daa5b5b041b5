"""What the gauge file's schema cannot see: names that River, the recipes and the detectors must know."""

from __future__ import annotations

from typing import Final

from models import footprint
from models.abilities import gives_probabilities
from models.candidates import CandidateError, build, replayable
from models.candidates import check as check_candidate
from models.drift.monitors import check_detectors
from models.evaluation.metrics import check_metric, wants_probabilities
from models.evaluation.thresholds import check_threshold
from models.judge import losses_are_binary
from schemas.gauge import Candidate, Gauge


def problems(gauge: Gauge) -> list[tuple[str, str]]:
    """All that would keep a learner from starting, as (where, what) pairs; empty if it can start."""
    found: list[tuple[str, str]] = []
    if (what := check_metric(gauge.metric, gauge.task)) is not None:
        found.append(("evaluation.metric", what))
    elif (what := check_threshold(gauge)) is not None:
        found.append(("retraining.on_metric", what))
    for n, name in enumerate(gauge.evaluation.also):
        if (what := check_metric(name, gauge.task)) is not None:
            found.append((f"evaluation.also.{n}", what))
    metrics = (
        [] if any(where.startswith("evaluation") for where, _ in found) else [gauge.metric, *gauge.evaluation.also]
    )
    for n, candidate in enumerate(gauge.candidates):
        words = check_candidate(candidate, gauge) or _without_probabilities(candidate, gauge, metrics)
        if not words and gauge.delivery == "exactly-once" and not _replayable(candidate, gauge):
            words = [f'{_NOT_REPLAYABLE}; or choose delivery = "at-least-once"']
        found += [(f"candidates.{n} ({candidate.name})", what) for what in words]
    if gauge.drift.enabled:
        words = check_detectors(gauge.drift, binary_losses=losses_are_binary(gauge)) if metrics else []
        found += [("drift.detectors", what) for what in words]
    return found


_NOT_REPLAYABLE: Final = (
    "after a restart this model does not go on exactly as it would have: its predictions, and what follows from them, "
    "may differ from those of a run that was never interrupted; give it a fixed seed and a state that can be pickled"
)


def warnings(gauge: Gauge) -> list[tuple[str, str]]:
    """What a learner can start with and its owner should know, as (where, what) pairs: candidates that do not go on
    bit by bit after a restart, and horizons that allow more than memory may hold. A candidate with problems is passed
    over; `problems` speaks of it.
    """
    return [
        *footprint.warnings(gauge),
        *(
            (f"candidates.{n} ({candidate.name})", _NOT_REPLAYABLE)
            for n, candidate in enumerate(gauge.candidates)
            if not _replayable(candidate, gauge)
        ),
    ]


def _replayable(candidate: Candidate, gauge: Gauge) -> bool:
    try:
        return replayable(candidate, gauge)
    except CandidateError:
        return True


def _without_probabilities(candidate: Candidate, gauge: Gauge, metrics: list[str]) -> list[str]:
    wanting = [f"metric '{name}'" for name in metrics if wants_probabilities(name, gauge.task)]
    if gauge.retraining.judge == "log_loss":
        wanting.append("retraining.judge = 'log_loss'")
    if not wanting or gives_probabilities(build(candidate, gauge)):
        return []
    return [f"{' and '.join(wanting)} needs class probabilities, and this model gives labels only"]

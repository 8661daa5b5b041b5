"""What the gauge file's schema cannot see: names that River, the recipes and the detectors must know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from models import footprint
from models.abilities import gives_probabilities
from models.candidates import build, examine, replayable
from models.decision.costs import check_costs
from models.drift.detectors import check_detectors
from models.evaluation.metrics.chosen import Metric, called, metrics_of
from models.evaluation.metrics.metrics import wants_probabilities
from models.evaluation.metrics.parameters import check_metrics
from models.evaluation.metrics.thresholds import check_threshold
from models.judging.judge import losses_are_binary
from models.judging.judged import why_not
from models.recipes import RECIPES
from schemas.gauge import Candidate, Gauge, Task

Found: TypeAlias = list[tuple[str, str]]
"""(where, what) pairs."""


def problems(gauge: Gauge) -> Found:
    """All that would keep a learner from starting; empty if it can start."""
    found, _ = of_settings(gauge)
    for n in range(len(gauge.candidates)):
        found += of_candidate(gauge, n)[0]
    return found


def of_settings(gauge: Gauge) -> tuple[Found, Found]:
    """What is wrong with all but the candidates, and what its owner should know."""
    found = check_metrics(gauge)
    if not found:
        words = [] if (what := check_threshold(gauge)) is None else [what]
        found += [("retraining.on_metric", what) for what in words]
        words = check_detectors(gauge.drift, binary_losses=losses_are_binary(gauge)) if gauge.drift.enabled else []
        found += [("drift.detectors", what) for what in words]
        found += [("retraining.judge", what) for what in [why_not(gauge)] if what is not None]
    known = footprint.warnings(gauge)
    if (what := check_costs(gauge)) is not None:
        known.append(("decision.costs", what))
    return [*found, *_shared_names(gauge)], known


def of_candidate(gauge: Gauge, n: int, *, made: Callable[[], None] = lambda: None) -> tuple[Found, Found]:
    """What is wrong with the n-th candidate, and what its owner should know: that it fails on odd events, or does not
    go on bit by bit after a restart. ``made`` is called between making the model and trying it.
    """
    candidate = gauge.candidates[n]
    where = f"candidates.{n} ({candidate.name})"
    words, doubts = examine(candidate, gauge, made)
    metrics = [] if check_metrics(gauge) else metrics_of(gauge)
    words = words or without_probabilities(candidate, gauge, metrics)
    if not words and not replayable(candidate, gauge):
        doubts = [*doubts, _NOT_REPLAYABLE]
        if gauge.delivery == "exactly-once":
            words = [f'{_NOT_REPLAYABLE}; or choose delivery = "at-least-once"']
    return [(where, what) for what in words], [(where, what) for what in doubts]


def _shared_names(gauge: Gauge) -> Found:
    """Candidates are told apart by name. One whose recipe does not exist has another problem first."""
    places: dict[str, list[int]] = {}
    for number, candidate in enumerate(gauge.candidates, start=1):
        if candidate.recipe is None or candidate.recipe in RECIPES:
            places.setdefault(candidate.name, []).append(number)
    return [("candidates", _shared(name, numbers)) for name, numbers in places.items() if len(numbers) > 1]


def _shared(name: str, numbers: list[int]) -> str:
    several, which = ("both", "the second") if len(numbers) == 2 else ("all", "all but one")
    first = ", ".join(map(str, numbers[:-1]))
    return (
        f"{first} and {numbers[-1]} are {several} named '{name}', and names tell candidates "
        f'apart: give {which} a name of its own (name = "{name}-2")'
    )


_NOT_REPLAYABLE: Final = (
    "after a restart this model does not go on exactly as it would have: its predictions, and what follows from them, "
    "may differ from those of a run that was never interrupted; give it a fixed seed and a state that can be pickled"
)


def warnings(gauge: Gauge) -> Found:
    """What a learner can start with and its owner should know. A candidate with problems is passed over; `problems`
    speaks of it.
    """
    _, found = of_settings(gauge)
    for n in range(len(gauge.candidates)):
        found += of_candidate(gauge, n)[1]
    return found


def without_probabilities(candidate: Candidate, gauge: Gauge, metrics: Sequence[Metric]) -> list[str]:
    """What is wrong with a candidate that gives labels only, where metrics, judge, decision or sets need more."""
    wanting = [f"metric '{called(metric)}'" for metric in metrics if wants_probabilities(metric, gauge.task)]
    if gauge.retraining.judge == "log_loss":
        wanting.append("retraining.judge = 'log_loss'")
    if gauge.decision is not None:
        wanting.append(f"decision.{gauge.decision.way}")
    if gauge.uncertainty.cover is not None and gauge.task is not Task.REGRESSION:
        wanting.append("uncertainty.cover")
    if not wanting or gives_probabilities(build(candidate, gauge)):
        return []
    return [f"{' and '.join(wanting)} needs class probabilities, and this model gives labels only"]

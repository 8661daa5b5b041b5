"""The zoo on one file: every candidate alone, then ways to retrain the best one, each run in a process of its own.

A run folds the whole file through the worker's own core. Candidates are ranked as they learn and nothing else: nobody
is replaced, so that what is compared are models. How to retrain is asked afterwards, of the best of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from models.candidates import recipes_for
from models.check import problems
from models.evaluation.coverage import covered
from models.evaluation.metrics.metrics import bigger_is_better
from models.race import Heard, Oracle, behind, mean_loss, oracle
from schemas.evaluated import Figure
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert, ModelVersion, VersionStep
from streams.data.backtest import fold
from streams.data.datafile import rows
from streams.data.replay import records
from streams.here.children import Ended, each
from streams.here.libraries import libraries

ALWAYS_LABELS: Final = 256
"""A challenger after so few labels that there is hardly a moment without one."""

_TRIGGERS: Final = ("on", "on_drift", "on_metric", "every_labels", "schedule", "standing")
_NEED_THE_WATCH: Final = ("hold", "start")
"""What a gauge file may say of retraining only while drift is watched. A burst is no drift: it stays for all alike."""


class Run(NamedTuple):
    """What is to be run: a gauge file's content over a file."""

    name: str
    content: dict[str, Any]
    data: Path
    delimiter: str | None
    limit: int | None


class Outcome(NamedTuple):
    """What came of a run."""

    losses: array[float]
    metric: Figure
    model_us: float | None
    """Microseconds per event in the models; ``None`` without an event."""
    seconds: float
    alarms: int
    promotions: int


class Ranked(NamedTuple):
    """A candidate among the others. ``behind`` is by how much its loss is larger than the best one's."""

    name: str
    outcome: Outcome | None
    problem: str | None
    behind: Figure | None


class Way(NamedTuple):
    """A way to retrain. ``regret`` is its loss less that of the oracle who may choose anew in each stretch."""

    name: str
    outcome: Outcome | None
    problem: str | None
    loss: Figure | None
    regret: float | None
    beside_never: Figure | None


class Compared(NamedTuple):
    """Everything that was found."""

    ranked: list[Ranked]
    ways: list[Way]
    oracle: Oracle | None
    winner: dict[str, Any] | None
    """The content of the gauge file with the best candidate alone; ``None`` if no candidate could be run."""
    seconds: float


def entries(gauge: Gauge, content: Mapping[str, Any], wanted: Sequence[str] | None) -> dict[str, Any]:
    """Candidates by name as a gauge file has them: those declared, and every recipe for the task under its own name.

    ``wanted`` names some of them; ``None`` means all.

    Raises
    ------
    ValueError
        If one is wanted that is neither.
    """
    names = [one.name for one in gauge.candidates]
    # A file that declares none has the default, which is a recipe under its own name.
    declared = dict(zip(names, content.get("candidates", names), strict=True))
    known = {**{name: name for name in recipes_for(gauge.task)}, **declared}
    found = {**declared, **known} if wanted is None else {name: known[name] for name in wanted if name in known}
    if wanted is not None and (unknown := [name for name in wanted if name not in known]):
        raise ValueError(f"there is no candidate or recipe '{unknown[0]}' (there are: {', '.join(known)})")
    return found


def compare(
    gauge: Gauge,
    content: Mapping[str, Any],
    candidates: Mapping[str, Any],
    data: Path,
    *,
    delimiter: str | None,
    limit: int | None,
    at_once: int,
    progress: Callable[[str, Ended[Outcome], int, int], None],
) -> Compared:
    """Run all candidates, then the ways to retrain the best one; ``progress`` hears of each run that has ended."""
    begin = perf_counter()
    total = len(candidates) + len(WAYS) + 1

    def runs(contents: Mapping[str, dict[str, Any]], before: int) -> dict[str, Ended[Outcome]]:
        jobs = [Run(name, one, data, delimiter, limit) for name, one in contents.items()]
        done: dict[str, Ended[Outcome]] = {}
        for number, ended in each(run, jobs, at_once):
            done[jobs[number].name] = ended
            progress(jobs[number].name, ended, before + len(done), total)
        return {job.name: done[job.name] for job in jobs}

    alone = runs({name: never(content, [entry]) for name, entry in candidates.items()}, 0)
    ranked = rank(gauge, alone)
    best = ranked[0] if ranked and ranked[0].outcome is not None else None
    if best is None or best.outcome is None:
        return Compared(ranked, [], None, None, perf_counter() - begin)
    winner = {**content, "candidates": [candidates[best.name]]}
    labels = len(best.outcome.losses)
    contents = {name: way(winner, labels) for name, way in WAYS.items()}
    ways = {"never": Ended(best.outcome), **runs({**contents, "as declared": dict(content)}, len(candidates))}
    found = {name: one.result for name, one in {**alone, **ways}.items() if one.result is not None}
    known = {name: one.losses for name, one in found.items() if len(one.losses) == labels}
    hindsight = oracle(known)
    return Compared(
        ranked, [_way(name, one, best.outcome, hindsight) for name, one in ways.items()], hindsight, winner,
        perf_counter() - begin,
    )  # fmt: skip


def run(job: Run) -> Outcome:
    """One run, in this process.

    Raises
    ------
    ValueError
        If the gauge file is none, or the candidate cannot be run.
    """
    try:
        gauge = Gauge.model_validate(job.content)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"]) from error
    if found := problems(gauge):
        raise ValueError("; ".join(what for _, what in found))
    begin = perf_counter()
    learner = Heard(gauge, libraries=libraries(), stopwatch=perf_counter)
    alarms = promotions = 0
    for folded in fold(learner, records(rows(job.data, job.delimiter), gauge, limit=job.limit)):
        for effect in folded.effects:
            if isinstance(effect, DriftAlert):
                alarms += effect.status is AlertStatus.OPENED
            elif isinstance(effect, ModelVersion):
                promotions += effect.step is VersionStep.PROMOTED
    board, events = learner.board, learner.counts.predictions
    return Outcome(
        losses=learner.losses,
        metric=covered(board.served, board.coverage.service)[gauge.metric],
        model_us=sum(learner.panel.seconds.values()) / events * 1e6 if events else None,
        seconds=perf_counter() - begin,
        alarms=alarms,
        promotions=max(promotions - 1, 0),
    )


def rank(gauge: Gauge, alone: Mapping[str, Ended[Outcome]]) -> list[Ranked]:
    """Best first by the leading metric; those without a figure after them, those that failed last."""
    better = -1 if bigger_is_better(gauge.metric, gauge.task) else 1

    def order(name: str) -> tuple[bool, bool, float]:
        outcome = alone[name].result
        value = None if outcome is None else outcome.metric.value
        return outcome is None, value is None, 0.0 if value is None else better * value

    names = sorted(alone, key=order)
    best = alone[names[0]].result if names else None
    ranked = []
    for name in names:
        outcome, problem = alone[name]
        apart = None
        if outcome is not None and best is not None and outcome is not best:
            apart = behind(outcome.losses, best.losses)
        ranked.append(Ranked(name, outcome, problem, apart))
    return ranked


def never(content: Mapping[str, Any], candidates: list[Any]) -> dict[str, Any]:
    """The gauge file with these candidates, which learn on and are never replaced; nobody watches for drift."""
    retraining = _triggered(content, on_drift=False, standing=False)["retraining"]
    return {
        **content,
        "retraining": {key: value for key, value in retraining.items() if key not in _NEED_THE_WATCH},
        "candidates": candidates,
        "drift": {**content.get("drift", {}), "enabled": False},
    }


def _triggered(content: Mapping[str, Any], **triggers: Any) -> dict[str, Any]:
    kept = {key: value for key, value in content.get("retraining", {}).items() if key not in _TRIGGERS}
    return {**content, "retraining": {**kept, **triggers}}


WAYS: Final[dict[str, Callable[[Mapping[str, Any], int], dict[str, Any]]]] = {
    "always": lambda content, _: _triggered(content, on_drift=False, every_labels=ALWAYS_LABELS),
    "ten times": lambda content, labels: _triggered(content, on_drift=False, every_labels=max(labels // 10, 1)),
    "on drift": lambda content, _: _triggered(content, on_drift=True),
}
"""By its name how each way changes a gauge file for a number of labels; the last is the default policy."""


def _way(name: str, ended: Ended[Outcome], never: Outcome, hindsight: Oracle | None) -> Way:
    outcome, problem = ended
    if outcome is None:
        return Way(name, None, problem, None, None, None)
    loss = mean_loss(outcome.losses)
    regret = None if hindsight is None or loss.value is None else loss.value - hindsight.segments_loss
    comparable = outcome is not never and len(outcome.losses) == len(never.losses)
    return Way(name, outcome, problem, loss, regret, behind(outcome.losses, never.losses) if comparable else None)

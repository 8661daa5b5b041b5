"""What a learner must know before it continues with a changed gauge file: whether its state can follow."""

from __future__ import annotations

from models.candidates import CandidateError, build
from models.check import of_settings, without_probabilities
from models.evaluation.metrics.chosen import metrics_of
from schemas.change import Cost, changes
from schemas.gauge import Gauge


class AdoptionError(ValueError):
    """A gauge file that a running state cannot follow; ``problems`` says where and why, one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def check_adoption(old: Gauge, new: Gauge) -> None:
    """Look at everything that `models.learner.Learner.adopt` may stumble over.

    Candidates that are new are made once, and not tried: `models.check.problems` tries them.

    Raises
    ------
    AdoptionError
        If a change costs more than to be accepted, or the new file holds what no learner can start with.
    """
    problems = [f"{one.where}: {one.means}" for one in changes(old, new) if one.cost is Cost.RESET]
    problems = problems or [f"{where}: {what}" for where, what in of_settings(new)[0]] or _of_candidates(old, new)
    if problems:
        raise AdoptionError(problems)


def _of_candidates(old: Gauge, new: Gauge) -> list[str]:
    known = {candidate.name for candidate in old.candidates}
    metrics = metrics_of(new)
    problems: list[str] = []
    for candidate in new.candidates:
        try:
            if candidate.name not in known:
                build(candidate, new)
            found = without_probabilities(candidate, new, metrics)
        except CandidateError as error:
            found = error.problems
        problems += [f"candidates ({candidate.name}): {what}" for what in found]
    return problems

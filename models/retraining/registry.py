"""The registry: makes versions, names them, and emits an event for every step that one of them takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import copy
from typing import Final

from models.abilities import gives_probabilities
from models.answer import class_codes
from models.candidates import build
from models.copied import copied
from models.decision.rule import rule_of
from models.evaluation.verdict.baselines import Baseline
from models.names import Names
from models.retraining.conduct import Conduct
from models.retraining.policy.policy import Trigger
from models.retraining.roster import Roster
from models.retraining.stand_in import StandIn
from models.retraining.starts import STARTS, Model, Retired
from models.retraining.version import Life, Version
from models.turn import Turn
from schemas.gauge import Candidate, Gauge, Task
from schemas.records import Figures, ModelVersion, VersionStep


class Registry:
    """The versions of one learner that were ever made, by number.

    Parameters
    ----------
    gauge
        What candidates are built by.
    names
        What versions are called.
    libraries
        Name to version of what the models run on; goes into every version event.
    """

    def __init__(self, gauge: Gauge, names: Names, libraries: dict[str, str]) -> None:
        self._gauge = gauge
        self._names = names
        self._libraries = libraries
        self.retired = Retired()
        """The last versions that others have replaced, where challengers may begin as one of them, or operators roll
        back to one.
        """
        self.made = 0
        """How many versions were made."""
        self.unheard = 0
        """How many of them are gone without having taken a step: standing challengers that never answered."""
        self.steps: Counter[VersionStep] = Counter()
        """How many version events there were of each kind."""

    def broken(self, roster: Roster) -> Iterator[str]:
        """What cannot be, in words."""
        steps = self.steps
        quiet = self.unheard + sum(version.life is Life.NEW for version in roster.live)
        if steps[VersionStep.REGISTERED] + quiet != self.made:
            yield f"{self.made} versions were made, {steps[VersionStep.REGISTERED]} registered and {quiet} not"
        gone = self.unheard + sum(steps[step] for step in _LAST)
        if self.made - gone != len(roster.live):
            yield f"of {self.made} versions {gone} are gone and {len(roster.live)} live"
        if roster.leader not in [candidate.name for candidate in self.candidates]:
            yield f"the leading candidate {roster.leader} is not declared"

    def runs_on(self, libraries: dict[str, str]) -> None:
        """What the models run on from here on."""
        self._libraries = libraries

    def adopt(self, gauge: Gauge) -> list[str]:
        """Make versions by a changed gauge file from here on; the candidates that it adds."""
        known = {candidate.name for candidate in self._gauge.candidates}
        self._gauge = gauge
        if not self._keeps_retired:
            self.retired.forget()
        for version in self.retired:
            version.adopt(gauge)
        return [candidate.name for candidate in gauge.candidates if candidate.name not in known]

    @property
    def candidates(self) -> list[Candidate]:
        """The declared candidates, in order."""
        return self._gauge.candidates

    def candidate(self, name: str) -> Candidate:
        """A declared candidate by name."""
        return next(candidate for candidate in self._gauge.candidates if candidate.name == name)

    def make(self, candidate: Candidate, *, parent: str | None, trigger: Trigger) -> Version:
        """A new version of a candidate, with an untrained model."""
        gauge = self._gauge
        model = build(candidate, gauge)
        return Version(
            name=self._next_name(),
            candidate=candidate.name,
            parent=parent,
            trigger=trigger,
            model=model,
            task=gauge.task,
            classes=class_codes(gauge),
            probabilities=gauge.task is not Task.REGRESSION and gives_probabilities(model),
            rule=rule_of(gauge),
            is_changed_by_asking=candidate.recipe is None,
        )

    def twin(self, version: Version) -> Version:
        """A copy of a version, which learns and fails by itself.

        Whatever the model's own way of being copied raises passes through.
        """
        twin = copy(version)
        # A model of a user's may hold the gauge.
        twin.model, twin.rule = copied((version.model, version.rule), self._gauge)
        twin.conduct = Conduct()
        return twin

    @property
    def _keeps_retired(self) -> bool:
        gauge = self._gauge
        return STARTS[gauge.retraining.start].model is Model.RETIRED or "roll_back" in gauge.operators.allow

    def stand_in(self, baseline: Baseline, failed: Version) -> StandIn:
        """A new version whose model is a baseline; ``failed`` is the version that was the last to fail."""
        task = self._gauge.task
        name = self._next_name()
        return StandIn(name=name, baseline=baseline, failed=failed, task=task, trigger=Trigger.FAILURE)

    def step(
        self, version: Version, step: VersionStep, reason: str, turn: Turn, figures: Figures | None = None
    ) -> None:
        """Let a version take a step in its life, and emit the event.

        Raises
        ------
        IllegalStepError
            If its life has no such step; nothing changes.
        """
        version.take(step)
        command = turn.command
        self.steps[step] += 1
        if step is VersionStep.RETIRED and self._keeps_retired and not isinstance(version, StandIn):
            self.retired.keep(version)
        turn.emit(
            ModelVersion(
                position=turn.position,
                time=turn.time,
                version=version.name,
                step=step,
                candidate=version.candidate,
                parent=version.parent,
                trigger=version.trigger,
                reason=reason,
                gauge_digest=self._gauge.digest,
                learned_first=version.learned_first,
                learned_last=version.learned_last,
                learned_labels=version.learned_labels,
                libraries=self._libraries,
                figures={"faded_loss": version.faded_loss.get(), **(figures or {}), **_failures(version)},
                who=None if command is None else command.who,
                why=None if command is None else command.why,
            )
        )

    def announce(self, version: Version, reason: str, turn: Turn, *, why: str | None = None) -> None:
        """Let a version that has taken no step yet be heard of; ``why`` is its trigger in words."""
        if version.life is Life.NEW:
            self.step(version, VersionStep.REGISTERED, f"trigger: {why or version.trigger}", turn)
            self.step(version, VersionStep.ON_TRIAL, reason, turn)

    @property
    def next_name(self) -> str:
        """What the next version will be called."""
        return self._names.of(self.made + 1)

    def _next_name(self) -> str:
        name = self.next_name
        self.made += 1
        return name


_LAST: Final = (VersionStep.REJECTED, VersionStep.RETIRED, VersionStep.ROLLED_BACK)
"""Steps that end a version."""


def _failures(version: Version) -> Figures:
    return {"failures": version.conduct.failures} if version.conduct.failures else {}

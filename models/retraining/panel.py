"""The panel: every live model version, who leads, who is on trial against the leader, and the steps between.

A *standing* version is the one that stands for its candidate; the champion is one of them, the others race it for as
long as they live. A *challenger on trial* was started by a trigger and wants to take its candidate's place: it is
promoted, or rejected when the contest gives up. Places change only through a contest, or when a model keeps failing.
When no model is left, the best baseline *stands in* until a challenger of a declared candidate beats it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from models.abilities import gives_probabilities
from models.answer import Answer, class_codes
from models.candidates import build
from models.evaluation.board import Board, Lineup
from models.judge import Judge
from models.retraining.contest import Contest, Verdict
from models.retraining.guard import Guard
from models.retraining.rivalry import Rivalry
from models.retraining.stand_in import StandIn
from models.retraining.triggers import Trigger
from models.retraining.version import Version
from schemas.events import Features, Label
from schemas.gauge import Candidate, Gauge, Task
from schemas.records import Effect, Figures, ModelVersion, VersionStep


class At(NamedTuple):
    """Where in the log something happens."""

    position: int
    time: datetime | None


class Panel:
    """The live versions of one learner.

    ``board`` knows the baselines, the best of which stands in when no model is left. ``stopwatch`` is the `Guard`'s.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        board: Board,
        place: str,
        libraries: dict[str, str],
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        self._gauge = gauge
        self._board = board
        self._place = place
        self._libraries = libraries
        self._guard = Guard((candidate.name for candidate in gauge.candidates), stopwatch)
        self._judge = Judge(gauge)
        self._made = 0
        self._standing: dict[str, Version] = {}
        self._trials: list[Version] = []
        self.stand_in: StandIn | None = None
        self._rivalries: dict[str, Rivalry] = {}
        self._inherited: dict[str, Version] = {}
        self._leader = gauge.candidates[0].name
        self.steps: Counter[str] = Counter()
        """How many version events there were of each kind."""

    def inherit(self, saved: Panel) -> None:
        """Begin with the models that stand in ``saved``, which must not be used afterwards; the same one leads."""
        self._inherited = dict(saved._standing)
        self._leader = saved._leader

    def rename(self, place: str) -> None:
        """Versions made from now on are named after ``place``."""
        self._place = place

    def open(self, at: At) -> list[Effect]:
        """Register one version per candidate: the first leads, or the one that led what was inherited."""
        effects: list[Effect] = []
        for candidate in self._gauge.candidates:
            parent = self._inherited.get(candidate.name)
            version = self._make(candidate, parent=None, trigger=Trigger.START)
            if parent is not None:
                version.continue_from(parent)
            reason = "the log begins" if parent is None else "the log begins, and a saved state goes on"
            effects.append(self._step(version, VersionStep.REGISTERED, reason, at))
            self._standing[candidate.name] = version
        self.champion = self._standing[self._leader]
        racers = [version for version in self._standing.values() if version is not self.champion]
        reason = "it led the saved state" if self._inherited else "the first candidate leads from the start"
        self._inherited = {}
        effects.append(self._step(self.champion, VersionStep.PROMOTED, reason, at))
        effects += [self._step(racer, VersionStep.ON_TRIAL, "it races the champion", at) for racer in racers]
        self._line_up()
        return effects

    def ask(self, x: Features, at: At) -> tuple[dict[str, Answer], list[Effect]]:
        """Every live version's answer. One that has failed once too often is discarded, and the next best leads."""
        answers, lost = self._guard.ask(self.live, x, at.position)
        if not lost:
            return answers, []
        for version in lost:
            del answers[version.name]
        effects = self._discard(lost, at)
        if (stand_in := self.stand_in) is not None and stand_in.name not in answers:
            answers[stand_in.name] = stand_in.answer(x)
        return answers, effects

    def compare(self, y: Label, answers: dict[str, Answer]) -> list[tuple[Rivalry, Verdict]]:
        """Enter a label into every contest; the verdicts that ask for something, for `settle`."""
        verdicts: list[tuple[Rivalry, Verdict]] = []
        for rivalry in self._rivalries.values():
            verdict = rivalry.update(y, answers.get(self.champion.name), answers.get(rivalry.challenger.name))
            if verdict is not Verdict.GO_ON:
                verdicts.append((rivalry, verdict))
        return verdicts

    def learn(self, x: Features, y: Label, answers: dict[str, Answer], at: At) -> list[Effect]:
        """Teach every live version. One that has failed once too often is discarded, and the next best leads."""
        lost = self._guard.teach(self.live, x, y, at.position)
        for version in self.live:
            answer = answers.get(version.name)
            loss = None if answer is None else self._judge.loss(y, answer)
            if loss is not None:
                version.faded_loss.update(loss)
        if not lost:
            return []
        former = self.stand_in
        effects = self._discard(lost, at)
        if self.stand_in is not None and self.stand_in is not former:
            self.stand_in.learn(x, y, at.position)  # the baseline that it was copied from learns this label after us
        return effects

    def settle(self, verdicts: Iterable[tuple[Rivalry, Verdict]], at: At) -> list[Effect]:
        """Act on verdicts: give up first, then at most one promotion, since it starts every contest anew."""
        effects: list[Effect] = []
        for rivalry, verdict in sorted(verdicts, key=lambda pair: pair[1] is Verdict.PROMOTE):
            version = rivalry.challenger
            if self._rivalries.get(version.name) is not rivalry:
                continue  # it has failed meanwhile, or its champion has: a new one must be beaten anew
            if verdict is Verdict.PROMOTE:
                effects += self._promote(version, "it won the contest", at)
                break
            effects += self._reject(version, "the contest gave up: no lead worth having", at)
        return effects

    def start_challenger(self, trigger: Trigger, at: At, recent: Iterable[tuple[Features, Label, int]]) -> list[Effect]:
        """Put a new version of the leading candidate on trial, after it has learned ``recent`` labels.

        While a baseline stands in, that is the candidate that led before.

        A trial of the same candidate that is still on gives way to a drift's, whose world is newer, and to no other.
        """
        candidate = next(c for c in self._gauge.candidates if c.name == self._leader)
        running = next((trial for trial in self._trials if trial.candidate == candidate.name), None)
        effects: list[Effect] = []
        if running is not None:
            if trigger is not Trigger.DRIFT:
                return []
            effects += self._reject(running, "the world moved again: a newer challenger takes its place", at)
        version = self._make(candidate, parent=self.champion.name, trigger=trigger)
        effects.append(self._step(version, VersionStep.REGISTERED, f"trigger: {trigger}", at))
        effects.append(self._step(version, VersionStep.ON_TRIAL, "the contest begins", at))
        self._trials.append(version)
        self._line_up(keep_contests=True)
        for x, y, position in recent:
            if lost := self._guard.teach((version,), x, y, position):
                return effects + self._discard(lost, at)
        return effects

    @property
    def on_trial(self) -> int:
        """How many challengers a trigger has put on trial and no verdict has ended."""
        return len(self._trials)

    @property
    def made(self) -> int:
        """How many versions were ever registered."""
        return self._made

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds spent in each candidate's models; with a stopwatch only."""
        return self._guard.seconds

    @property
    def failures(self) -> int:
        """Failing answers and lessons of all versions so far."""
        return self._guard.failures

    @property
    def failing(self) -> dict[str, dict[str, Any]]:
        """The live versions that have failed: name to candidate, number of failures and the newest one's kind."""
        return {
            version.name: {
                "candidate": version.candidate,
                "failures": version.conduct.failures,
                "last": version.conduct.last,
            }
            for version in (self.live if self._made else ())
            if version.conduct.failures
        }

    def _make(self, candidate: Candidate, *, parent: str | None, trigger: Trigger) -> Version:
        model = build(candidate, self._gauge)
        return Version(
            name=self._next_name(),
            candidate=candidate.name,
            parent=parent,
            trigger=trigger,
            model=model,
            task=self._gauge.task,
            classes=class_codes(self._gauge),
            probabilities=self._gauge.task is not Task.REGRESSION and gives_probabilities(model),
        )

    def _next_name(self) -> str:
        self._made += 1
        return f"{self._place}-{self._made}"

    def _line_up(self, *, keep_contests: bool = False) -> None:
        stand_in = [] if self.stand_in is None else [self.stand_in]
        self.live: list[Version] = [*self._standing.values(), *stand_in, *self._trials]
        self.lineup = Lineup(self.champion.name, {name: version.name for name, version in self._standing.items()})
        kept = self._rivalries if keep_contests else {}
        self._rivalries = {
            version.name: kept.get(version.name) or self._rivalry(version)
            for version in self.live
            if version is not self.champion
        }

    def _rivalry(self, version: Version) -> Rivalry:
        policy = self._gauge.retraining
        if version in self._trials:
            contest = Contest(
                alpha=policy.error_rate,
                margin=policy.margin,
                patience=policy.patience_labels,
                warm_up=policy.warm_up_labels,
            )
        else:
            contest = Contest(alpha=policy.error_rate, margin=None)  # a racing candidate is never given up
        return Rivalry(version, self._judge, contest)

    def _promote(self, version: Version, reason: str, at: At) -> list[Effect]:
        effects: list[Effect] = []
        former, replaced = self.champion, self._standing.get(version.candidate)
        figures = self._contest_figures(version)
        if version in self._trials:
            self._trials.remove(version)
            self._standing[version.candidate] = version
            if replaced is not None:
                effects.append(self._step(replaced, VersionStep.RETIRED, f"version {version.name} takes its place", at))
        if former is self.stand_in:
            effects.append(self._step(former, VersionStep.RETIRED, f"version {version.name} leads now", at))
            self.stand_in = None
        elif former is not replaced:
            effects.append(self._step(former, VersionStep.DEMOTED, f"version {version.name} leads now", at))
        effects.append(self._step(version, VersionStep.PROMOTED, reason, at, figures))
        self._lead(version)
        return effects

    def _lead(self, version: Version) -> None:
        self.champion = version
        if version is not self.stand_in:
            self._leader = version.candidate
        self._line_up()

    def _reject(self, version: Version, reason: str, at: At) -> list[Effect]:
        figures = self._contest_figures(version)
        self._trials.remove(version)
        self._line_up(keep_contests=True)
        return [self._step(version, VersionStep.REJECTED, reason, at, figures)]

    def _discard(self, lost: list[Version], at: At) -> list[Effect]:
        effects: list[Effect] = []
        for version in lost:
            conduct = version.conduct
            reason = f"the model keeps failing, {conduct.failures} times so far; the last: {conduct.last}"
            effects.append(self._step(version, VersionStep.RETIRED, reason, at))
            if version in self._trials:
                self._trials.remove(version)
            else:
                del self._standing[version.candidate]
        if self.champion not in lost:
            self._line_up(keep_contests=True)
            return effects
        if not self._standing and not self._trials:
            return effects + self._stand_in_for(lost[-1], at)
        heir = min(self._standing.values() or self._trials, key=_record)
        if heir in self._trials:
            self._trials.remove(heir)
            self._standing[heir.candidate] = heir
        effects.append(self._step(heir, VersionStep.PROMOTED, "the champion failed and it is the next best", at))
        self._lead(heir)
        return effects

    def _stand_in_for(self, failed: Version, at: At) -> list[Effect]:
        baseline = self._board.best_baseline()
        task = self._gauge.task
        version = StandIn(name=self._next_name(), baseline=baseline, failed=failed, task=task, trigger=Trigger.FAILURE)
        effects: list[Effect] = [
            self._step(version, VersionStep.REGISTERED, "no model is left", at),
            self._step(version, VersionStep.PROMOTED, f"of the baselines {baseline.name} is the best so far", at),
        ]
        self.stand_in = version
        self._lead(version)
        return effects

    def _contest_figures(self, version: Version) -> Figures:
        rivalry = self._rivalries.get(version.name)
        return {} if rivalry is None else rivalry.figures()

    def _step(
        self, version: Version, step: VersionStep, reason: str, at: At, figures: Figures | None = None
    ) -> ModelVersion:
        version.take(step)
        self.steps[str(step)] += 1
        return ModelVersion(
            position=at.position,
            time=at.time,
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
        )


def _failures(version: Version) -> Figures:
    return {"failures": version.conduct.failures} if version.conduct.failures else {}


def _record(version: Version) -> float:
    loss = version.faded_loss.get()
    return float("inf") if loss is None else loss

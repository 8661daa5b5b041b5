"""The panel: every live model version, who leads, who is on trial against the leader, and the steps between.

A *standing* version is the one that stands for its candidate; the champion is one of them, the others race it for as
long as they live. A *challenger on trial* was started by a trigger and wants to take its candidate's place: it is
promoted, or rejected when the contest gives up. Places change only through a contest, or when a model fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from models.answer import Answer
from models.candidates import build, gives_probabilities
from models.evaluation.board import Lineup
from models.judge import Judge
from models.retraining.contest import Contest, Verdict
from models.retraining.rivalry import Rivalry
from models.retraining.triggers import Trigger
from models.retraining.version import BadAnswerError, Version
from schemas.events import Features, Label
from schemas.gauge import Candidate, Gauge, Task
from schemas.records import Effect, Figures, ModelVersion, VersionStep


class At(NamedTuple):
    """Where in the log something happens."""

    position: int
    time: datetime | None


class NoModelLeftError(RuntimeError):
    """Every model has failed: there is nothing to answer with. The worker must stop."""


class Panel:
    """The live versions of one learner.

    ``stopwatch`` is for offline runs: a function giving seconds, by which the time spent in each candidate's models is
    added up in ``seconds``. It changes nothing else.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        place: str,
        libraries: dict[str, str],
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        self._gauge = gauge
        self._place = place
        self._libraries = libraries
        self._stopwatch = stopwatch
        self._judge = Judge(gauge)
        self._made = 0
        self._standing: dict[str, Version] = {}
        self._trials: list[Version] = []
        self._rivalries: dict[str, Rivalry] = {}
        self._inherited: dict[str, Version] = {}
        self._leader = gauge.candidates[0].name
        self.seconds = {candidate.name: 0.0 for candidate in gauge.candidates}

    def inherit(self, saved: Panel) -> None:
        """Begin with the models that stand in ``saved``, which must not be used afterwards; the same one leads."""
        self._inherited = dict(saved._standing)
        self._leader = saved.champion.candidate

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
        """Every live version's answer; a version that fails is discarded, and the next best leads.

        Raises
        ------
        NoModelLeftError
            If none is left to answer.
        """
        answers: dict[str, Answer] = {}
        failures: list[tuple[Version, BaseException]] = []
        untimed = self._stopwatch is None
        for version in self.live:
            try:
                answers[version.name] = version.answer(x) if untimed else self._timed(version, version.answer, x)
            except _PASSING:
                raise
            except BaseException as error:  # noqa: BLE001  a model may raise anything, Rust's PanicException included
                failures.append((version, error))
        return answers, self._discard(failures, at) if failures else []

    def compare(self, y: Label, answers: dict[str, Answer]) -> list[tuple[Rivalry, Verdict]]:
        """Enter a label into every contest; the verdicts that ask for something, for `settle`."""
        verdicts: list[tuple[Rivalry, Verdict]] = []
        for rivalry in self._rivalries.values():
            verdict = rivalry.update(y, answers.get(self.champion.name), answers.get(rivalry.challenger.name))
            if verdict is not Verdict.GO_ON:
                verdicts.append((rivalry, verdict))
        return verdicts

    def learn(self, x: Features, y: Label, answers: dict[str, Answer], at: At) -> list[Effect]:
        """Teach every live version; a version that fails is discarded, and the next best leads."""
        failures: list[tuple[Version, BaseException]] = []
        untimed = self._stopwatch is None
        for version in self.live:
            try:
                if untimed:
                    version.learn(x, y, at.position)
                else:
                    self._timed(version, version.learn, x, y, at.position)
            except _PASSING:
                raise
            except BaseException as error:  # noqa: BLE001  as above
                failures.append((version, error))
                continue
            answer = answers.get(version.name)
            loss = None if answer is None else self._judge.loss(y, answer)
            if loss is not None:
                version.faded_loss.update(loss)
        return self._discard(failures, at) if failures else []

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
        """Put a new version of the champion's candidate on trial, after it has learned ``recent`` labels.

        A trial of the same candidate that is still on gives way to a drift's, whose world is newer, and to no other.
        """
        candidate = next(c for c in self._gauge.candidates if c.name == self.champion.candidate)
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
        try:
            for x, y, position in recent:
                version.learn(x, y, position)
        except _PASSING:
            raise
        except BaseException as error:  # noqa: BLE001  as above
            effects += self._discard([(version, error)], at)
        return effects

    @property
    def on_trial(self) -> int:
        """How many challengers a trigger has put on trial and no verdict has ended."""
        return len(self._trials)

    @property
    def made(self) -> int:
        """How many versions were ever registered."""
        return self._made

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_stopwatch": None}

    def _make(self, candidate: Candidate, *, parent: str | None, trigger: Trigger) -> Version:
        model = build(candidate, self._gauge)
        self._made += 1
        return Version(
            name=f"{self._place}-{self._made}",
            candidate=candidate.name,
            parent=parent,
            trigger=trigger,
            model=model,
            task=self._gauge.task,
            classes=class_codes(self._gauge),
            probabilities=self._gauge.task is not Task.REGRESSION and gives_probabilities(model),
        )

    def _line_up(self, *, keep_contests: bool = False) -> None:
        self.live = [*self._standing.values(), *self._trials]
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
        if former is not replaced:
            effects.append(self._step(former, VersionStep.DEMOTED, f"version {version.name} leads now", at))
        effects.append(self._step(version, VersionStep.PROMOTED, reason, at, figures))
        self.champion = version
        self._line_up()
        return effects

    def _reject(self, version: Version, reason: str, at: At) -> list[Effect]:
        figures = self._contest_figures(version)
        self._trials.remove(version)
        self._line_up(keep_contests=True)
        return [self._step(version, VersionStep.REJECTED, reason, at, figures)]

    def _discard(self, failures: list[tuple[Version, BaseException]], at: At) -> list[Effect]:
        effects: list[Effect] = []
        for version, error in failures:
            # Never the error's own words: a model's may hold values of features, and this is published.
            reason = f"the model failed: {type(error).__name__}"
            if isinstance(error, BadAnswerError):
                reason += f": {error}"
            effects.append(self._step(version, VersionStep.RETIRED, reason, at))
            if version in self._trials:
                self._trials.remove(version)
            else:
                del self._standing[version.candidate]
        remaining = [*self._standing.values(), *self._trials]
        if not remaining:
            what = f"every model of gauge {self._gauge.name} has failed, the last one: {reason}"
            raise NoModelLeftError(what) from error
        if any(version is self.champion for version, _ in failures):
            heir = min(self._standing.values() or self._trials, key=_record)
            if heir in self._trials:
                self._trials.remove(heir)
                self._standing[heir.candidate] = heir
            self.champion = heir
            effects.append(self._step(heir, VersionStep.PROMOTED, "the champion failed and it is the next best", at))
            self._line_up()
        else:
            self._line_up(keep_contests=True)
        return effects

    def _contest_figures(self, version: Version) -> Figures:
        rivalry = self._rivalries.get(version.name)
        return {} if rivalry is None else rivalry.figures()

    def _step(
        self, version: Version, step: VersionStep, reason: str, at: At, figures: Figures | None = None
    ) -> ModelVersion:
        version.take(step)
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
            figures={"faded_loss": version.faded_loss.get(), **(figures or {})},
        )

    def _timed(self, version: Version, function: Callable[..., Any], *args: Any) -> Any:
        assert self._stopwatch is not None
        begin = self._stopwatch()
        try:
            return function(*args)
        finally:
            self.seconds[version.candidate] += self._stopwatch() - begin


_PASSING = (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)
"""What is no fault of a model. Another worker may have the memory that this one lacks, so to retire a model for want of
it would not be deterministic."""


def class_codes(gauge: Gauge) -> frozenset[Label]:
    """The codes a model may answer with; empty for regression."""
    if gauge.task is Task.BINARY:
        return frozenset((False, True))
    return frozenset(range(len(gauge.classes)))


def _record(version: Version) -> float:
    loss = version.faded_loss.get()
    return float("inf") if loss is None else loss

"""Succession: who leads first, who takes whose place, and who inherits when a model keeps failing.

Places change only through a contest, or when a model keeps failing. When no model is left, the best baseline *stands
in* until a challenger of a declared candidate beats it.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.evaluation.board import Board
from models.retraining.contest import Verdict
from models.retraining.contests import Contests, Rivalry
from models.retraining.policy import Trigger
from models.retraining.registry import Registry
from models.retraining.roster import Roster
from models.retraining.version import Version
from models.turn import Turn
from schemas.gauge import Candidate
from schemas.records import VersionStep


class Succession:
    """Moves versions between their places; ``board`` knows the baselines."""

    def __init__(self, roster: Roster, registry: Registry, contests: Contests, board: Board) -> None:
        self._roster = roster
        self._registry = registry
        self._contests = contests
        self._board = board

    def begin(self, inherited: dict[str, Version], turn: Turn) -> None:
        """Register one version per candidate: the first leads, or the one that led what was inherited."""
        roster, registry = self._roster, self._registry
        for candidate in registry.candidates:
            parent = inherited.get(candidate.name)
            version = registry.make(candidate, parent=None, trigger=Trigger.START)
            if parent is not None:
                version.continue_from(parent)
            reason = "the log begins" if parent is None else "the log begins, and a saved state goes on"
            registry.step(version, VersionStep.REGISTERED, reason, turn)
            roster.standing[candidate.name] = version
        champion = roster.standing[roster.leader]
        reason = "it led the saved state" if inherited else "the first candidate leads from the start"
        registry.step(champion, VersionStep.PROMOTED, reason, turn)
        for racer in roster.standing.values():
            if racer is not champion:
                registry.step(racer, VersionStep.ON_TRIAL, "it races the champion", turn)
        self._lead(champion)

    def admit(self, candidate: Candidate, turn: Turn) -> Version:
        """Register the first version of a candidate that the gauge file names from here on; it races the champion."""
        registry = self._registry
        version = registry.make(candidate, parent=None, trigger=Trigger.ADDED)
        registry.step(version, VersionStep.REGISTERED, "the gauge file names it from here on", turn)
        registry.step(version, VersionStep.ON_TRIAL, "it races the champion", turn)
        self._roster.standing[candidate.name] = version
        self._line_up()
        return version

    def challenge(self, candidate: Candidate, trigger: Trigger, turn: Turn, *, why: str) -> Version:
        """Put a new version of a candidate on trial; ``why`` is the trigger in words."""
        registry = self._registry
        version = registry.make(candidate, parent=self._roster.champion.name, trigger=trigger)
        registry.step(version, VersionStep.REGISTERED, f"trigger: {why}", turn)
        registry.step(version, VersionStep.ON_TRIAL, "the contest begins", turn)
        self._roster.trials.append(version)
        self._line_up()
        return version

    def settle(self, verdicts: Iterable[tuple[Rivalry, Verdict]], turn: Turn) -> None:
        """Act on verdicts: give up first, then at most one promotion, since it starts every contest anew."""
        for rivalry, verdict in sorted(verdicts, key=lambda pair: pair[1] is Verdict.PROMOTE):
            if not self._contests.is_on(rivalry):
                continue  # it has failed meanwhile, or its champion has: a new one must be beaten anew
            if verdict is Verdict.PROMOTE:
                self._promote(rivalry.challenger, "it won the contest", turn)
                break
            self.reject(rivalry.challenger, "the contest gave up: no lead worth having", turn)

    def reject(self, challenger: Version, reason: str, turn: Turn) -> None:
        """End a trial."""
        figures = self._contests.figures(challenger)
        self._roster.take_out(challenger)
        self._line_up()
        self._registry.step(challenger, VersionStep.REJECTED, reason, turn, figures)

    def discard(self, lost: list[Version], turn: Turn) -> None:
        """Retire versions that have failed once too often; where the champion is one of them, the next best leads."""
        roster, registry = self._roster, self._registry
        for version in lost:
            conduct = version.conduct
            reason = f"the model keeps failing, {conduct.failures} times so far; the last: {conduct.last}"
            registry.step(version, VersionStep.RETIRED, reason, turn)
            roster.take_out(version)
        if roster.champion not in lost:
            self._line_up()
        elif (heir := heir_of(roster, ())) is not None:
            self._inherit(heir, turn)
        else:
            self._stand_in_for(lost[-1], turn)

    def _promote(self, version: Version, reason: str, turn: Turn) -> None:
        roster, registry = self._roster, self._registry
        former, figures = roster.champion, self._contests.figures(version)
        replaced = roster.seat(version) if version in roster.trials else None
        if replaced is not None:
            registry.step(replaced, VersionStep.RETIRED, f"version {version.name} takes its place", turn)
        if former is roster.stand_in:
            registry.step(former, VersionStep.RETIRED, f"version {version.name} leads now", turn)
            roster.stand_in = None
        elif former is not replaced:
            registry.step(former, VersionStep.DEMOTED, f"version {version.name} leads now", turn)
        registry.step(version, VersionStep.PROMOTED, reason, turn, figures)
        self._lead(version)

    def _inherit(self, heir: Version, turn: Turn) -> None:
        if heir in self._roster.trials:
            self._roster.seat(heir)
        self._registry.step(heir, VersionStep.PROMOTED, "the champion failed and it is the next best", turn)
        self._lead(heir)

    def _stand_in_for(self, failed: Version, turn: Turn) -> None:
        baseline = self._board.best_baseline()
        version = self._registry.stand_in(baseline, failed)
        self._registry.step(version, VersionStep.REGISTERED, "no model is left", turn)
        best = f"of the baselines {baseline.name} is the best so far"
        self._registry.step(version, VersionStep.PROMOTED, best, turn)
        self._roster.stand_in = version
        self._lead(version)

    def _lead(self, version: Version) -> None:
        self._roster.lead(version)
        self._board.decided_by(version.rule)
        self._contests.renew(self._roster)

    def _line_up(self) -> None:
        self._roster.line_up()
        self._contests.follow(self._roster)


def heir_of(roster: Roster, lost: Iterable[Version]) -> Version | None:
    """The next best, ``lost`` left out: of the standing versions, or else of those on trial, the least faded loss.

    ``None`` if no model is left.
    """
    gone = {version.name for version in lost}
    standing = [version for version in roster.standing.values() if version.name not in gone]
    trials = [version for version in roster.trials if version.name not in gone]
    return min(standing or trials, key=_record, default=None)


def _record(version: Version) -> float:
    loss = version.faded_loss.get()
    return float("inf") if loss is None else loss

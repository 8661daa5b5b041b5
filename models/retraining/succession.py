"""Succession: who leads first, who takes whose place, and who inherits when a model keeps failing.

Places change only through a contest, or when a model keeps failing. When no model is left, the best baseline *stands
in* until a challenger of a declared candidate beats it.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.asked import Asked
from models.evaluation.board import Board
from models.recipes import keeps_no_memory
from models.retraining.contests.contests import Contests
from models.retraining.halving import Halving
from models.retraining.lead import Lead
from models.retraining.policy.policy import Trigger
from models.retraining.proposals import Proposals
from models.retraining.registry import Registry
from models.retraining.roles import ROLES
from models.retraining.roster import Roster
from models.retraining.standing import Lives
from models.retraining.version import Life, Version
from models.turn import Turn
from schemas.gauge import Candidate
from schemas.records import VersionStep


class Succession:
    """Moves versions between their places; ``board`` knows the baselines."""

    def __init__(
        self,
        roster: Roster,
        registry: Registry,
        contests: Contests,
        lead: Lead,
        board: Board,
        proposals: Proposals,
    ) -> None:
        self._proposals = proposals
        self._roster = roster
        self._registry = registry
        self._contests = contests
        self._answering = lead
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
        self._lead(champion, turn)

    def admit(self, candidate: Candidate, turn: Turn) -> Version:
        """Register the first version of a candidate that the gauge file names from here on; it races the champion."""
        registry = self._registry
        version = registry.make(candidate, parent=None, trigger=Trigger.ADDED)
        registry.step(version, VersionStep.REGISTERED, "the gauge file names it from here on", turn)
        registry.step(version, VersionStep.ON_TRIAL, "it races the champion", turn)
        self._roster.standing[candidate.name] = version
        self._line_up()
        return version

    def challenge(
        self, candidate: Candidate, trigger: Trigger, turn: Turn, *, why: str, twin: Version | None = None
    ) -> Version:
        """Put a new version of a candidate on trial: a ``twin`` of another one, or one with an untrained model.

        ``why`` is the trigger in words.
        """
        version = self._made(candidate, trigger, twin)
        self._registry.announce(version, "the contest begins", turn, why=why)
        self._roster.trials.append(version)
        self._line_up()
        return version

    def stand(
        self,
        candidate: Candidate,
        trigger: Trigger,
        turn: Turn,
        *,
        why: str | None = None,
        twin: Version | None = None,
    ) -> Version:
        """Give the seat of the standing challenger to a new version of the leading candidate.

        ``why`` is the trigger in words. One that no trigger has started is not heard of before it answers.
        """
        self._roster.fresh = version = self._made(candidate, trigger, twin)
        if why is not None:
            self._registry.announce(version, "the contest begins", turn, why=why)
        self._line_up()
        return version

    def _made(self, candidate: Candidate, trigger: Trigger, twin: Version | None) -> Version:
        parent = self._roster.champion if twin is None else twin
        version = self._registry.make(candidate, parent=parent.name, trigger=trigger)
        if twin is not None:
            version.begin_as(twin)
        return version

    def vacate(self, reason: str, turn: Turn) -> None:
        """End whoever holds the seat of the standing challenger."""
        self._dismiss((self._roster.parent, self._roster.fresh), reason, turn)
        self._line_up()

    def keep_none(self, turn: Turn) -> None:
        """End every version that lives for the standing policy's sake."""
        self._dismiss_the_leaders("the gauge file keeps it no more", turn)
        self._line_up()

    def answer(self, turn: Turn) -> None:
        """Another version answers from here on: it is heard of, and what decides its labels decides."""
        version = self._roster.answering
        self._registry.announce(version, "it has the best recent record: it answers", turn)
        self._board.decided_by(version.rule)

    def decline(self, reason: str, turn: Turn) -> None:
        """Do not promote the version that is proposed; it lives on, and is not proposed again for a while."""
        assert self._proposals.version is not None, "nothing is proposed"
        version = self._roster.named(self._proposals.version)
        self._registry.step(version, VersionStep.DECLINED, reason, turn, self._contests.figures(version))
        self._proposals.decline()

    def reject(self, challenger: Version, reason: str, turn: Turn) -> None:
        """End a trial."""
        self._dismiss((challenger,), reason, turn)
        self._line_up()

    def halve(self, halving: Halving, turn: Turn) -> None:
        """A label was learned: retire the worse half, if a rung is reached; never who leads, answers or is proposed."""
        if not halving.is_on:
            return
        roster = self._roster
        spared = {roster.champion.name, roster.answering.name, self._proposals.version or ""}
        gone = halving.learned(roster.standing, spared)
        for version in gone:
            roster.take_out(version)
            reason = "of the candidates it is in the worse half by its loss of late"
            self._registry.step(version, VersionStep.RETIRED, reason, turn, self._contests.figures(version))
        if gone:
            self._line_up()

    def exchange(self, lives: Lives, asked: Asked, turn: Turn) -> None:
        """A label was learned: give the seat of the standing challenger to a new version, if that is due.

        A life counts the labels by which the version in the seat is judged: where labels are late, the first of them
        comes as late.
        """
        roster = self._roster
        seated = roster.seated
        if not self._answering.is_on or (seated is not None and seated.name == self._proposals.version):
            return
        if roster.trial_of(roster.leader) is not None:
            lives.restart(0)
        elif (seated is None or seated.name in asked.answers) and lives.label():
            candidate = self._registry.candidate(roster.leader)
            if not keeps_no_memory(candidate):
                self.vacate("its life ended", turn)
                self.stand(candidate, Trigger.STANDING, turn)
                lives.begin()

    def discard(self, lost: list[Version], turn: Turn) -> None:
        """Retire versions that have failed once too often; where the champion is one of them, the next best leads."""
        roster, registry = self._roster, self._registry
        heir = heir_of(roster, lost, self._answering.barred(roster))
        for version in lost:
            conduct = version.conduct
            reason = f"the model keeps failing, {conduct.failures} times so far; the last: {conduct.last}"
            registry.announce(version, "the contest begins", turn)
            registry.step(version, VersionStep.RETIRED, reason, turn)
            roster.take_out(version)
        if roster.champion not in lost:
            self._line_up()
        elif heir is not None:
            self._inherit(heir, turn)
        else:
            self._stand_in_for(lost[-1], turn)

    def recall(self, candidate: Candidate, twin: Version, turn: Turn) -> None:
        """Let a copy of a version that was replaced lead, for an operator rolls back to it; versions only grow."""
        roster, reason = self._roster, f"an operator rolled back to version {twin.name}, as which it begins"
        version = self._made(candidate, Trigger.OPERATOR, twin)
        self._registry.announce(version, "the contest begins", turn)
        if version.candidate == roster.leader and roster.stand_in is None:
            self._dismiss((roster.parent, roster.fresh), f"version {version.name} leads now", turn)
            roster.parent = version
        else:
            roster.trials.append(version)
        self._line_up()
        self.promote(version, reason, turn)

    def promote(self, version: Version, reason: str, turn: Turn) -> None:
        """Let a live version that does not lead take the champion's place."""
        roster, registry = self._roster, self._registry
        former, figures = roster.champion, self._contests.figures(version)
        leads_back = ROLES[roster.role_of(version)].leads_back
        registry.announce(version, "the contest begins", turn)
        replaced = roster.seat(version)
        self._dismiss((roster.parent,), f"version {version.name} leads now", turn)
        if leads_back:
            why = "is better" if turn.command is None else "leads again"
            registry.step(former, VersionStep.ROLLED_BACK, f"version {version.name}, whose place it took, {why}", turn)
        elif former is replaced and self._answering.is_on:
            registry.step(
                former, VersionStep.DEMOTED, f"version {version.name} takes its place; it is the way back", turn
            )
            roster.keep(former)
        elif replaced is not None:
            registry.step(replaced, VersionStep.RETIRED, f"version {version.name} takes its place", turn)
        if former is roster.stand_in:
            registry.step(former, VersionStep.RETIRED, f"version {version.name} leads now", turn)
            roster.stand_in = None
        elif former is not replaced and not leads_back:
            registry.step(former, VersionStep.DEMOTED, f"version {version.name} leads now", turn)
        registry.step(version, VersionStep.PROMOTED, reason, turn, figures)
        self._lead(version, turn)

    def _inherit(self, heir: Version, turn: Turn) -> None:
        self._registry.announce(heir, "the contest begins", turn)
        self._roster.seat(heir)
        self._registry.step(heir, VersionStep.PROMOTED, "the champion failed and it is the next best", turn)
        self._lead(heir, turn)

    def _stand_in_for(self, failed: Version, turn: Turn) -> None:
        baseline = self._board.best_baseline()
        version = self._registry.stand_in(baseline, failed)
        self._registry.step(version, VersionStep.REGISTERED, "no model is left", turn)
        best = f"of the baselines {baseline.name} is the best so far"
        self._registry.step(version, VersionStep.PROMOTED, best, turn)
        self._roster.stand_in = version
        self._lead(version, turn)

    def _lead(self, version: Version, turn: Turn) -> None:
        roster = self._roster
        if version.candidate != roster.leader:
            self._dismiss_the_leaders(f"version {version.name} of another candidate leads now", turn)
        roster.lead(version)
        if self._proposals.version in {one.name for one in roster.live} - {version.name}:
            self.decline(f"version {version.name} leads now, and it was not compared with that one", turn)
        self._proposals.renew()
        self._board.decided_by(version.rule)
        self._contests.succeed(roster)
        self._answering.renew(roster)

    def _line_up(self) -> None:
        self._roster.line_up()
        self._contests.follow(self._roster)
        self._answering.follow(self._roster)
        self._proposals.follow([version.name for version in self._roster.live])

    def _dismiss_the_leaders(self, reason: str, turn: Turn) -> None:
        roster = self._roster
        self._dismiss((roster.anchor, roster.parent, roster.fresh), reason, turn)

    def _dismiss(self, versions: Iterable[Version | None], reason: str, turn: Turn) -> None:
        # Whoever calls this lines up afterwards.
        for version in versions:
            if version is None:
                continue
            figures, role = self._contests.figures(version), self._roster.role_of(version)
            self._roster.take_out(version)
            if version.life is Life.NEW:
                self._registry.unheard += 1
            else:
                step = VersionStep.RETIRED if ROLES[role].leads_back else VersionStep.REJECTED
                self._registry.step(version, step, reason, turn, figures)


def heir_of(roster: Roster, lost: Iterable[Version], barred: Iterable[str]) -> Version | None:
    """The next best, ``lost`` left out: the first in the order of succession, and of several the least faded loss.

    ``barred`` are candidates that may not inherit. ``None`` if no model is left.
    """
    gone, barred = {version.name for version in lost}, {*barred}
    left = [
        version
        for version in roster.live
        if version.name not in gone and version is not roster.stand_in and version.candidate not in barred
    ]
    return min(left, key=lambda version: (ROLES[roster.role_of(version)].succeeds, _record(version)), default=None)


def _record(version: Version) -> float:
    loss = version.faded_loss.get()
    return float("inf") if loss is None else loss

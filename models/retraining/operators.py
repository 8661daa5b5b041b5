"""Operators' words, obeyed at their place in the log. One that cannot be obeyed there changes nothing, and says why.

What a gauge file allows is decided at the door (`models.door.commands`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from models.retraining.challengers import Challengers
from models.retraining.guard import is_the_models, words
from models.retraining.lead import Lead
from models.retraining.policy.policy import Policy, Trigger
from models.retraining.proposals import Proposals
from models.retraining.registry import Registry
from models.retraining.roster import Roster
from models.retraining.succession import Succession
from models.retraining.version import Version
from models.turn import Turn
from schemas.commands import Approve, Command, Decline, Pause, Promote, Resume, Retrain, RollBack
from schemas.records import VersionStep


class CommandRefusedError(ValueError):
    """A command that cannot be obeyed where it stands; nothing has changed. Its words are published."""


class Operators:
    """Obeys. What it is made of is the panel's."""

    def __init__(
        self,
        roster: Roster,
        registry: Registry,
        succession: Succession,
        challengers: Challengers,
        *,
        policy: Policy,
        lead: Lead,
        proposals: Proposals,
    ) -> None:
        self._roster = roster
        self._registry = registry
        self._succession = succession
        self._challengers = challengers
        self._policy = policy
        self._lead = lead
        self._proposals = proposals

    def obey(self, command: Command, turn: Turn) -> None:
        """Do what was said.

        Raises
        ------
        CommandRefusedError
            If it cannot be done here; nothing has changed.
        """
        turn.command = command
        try:
            _OBEYED[type(command)](self, command, turn)
        finally:
            turn.command = None

    def _promote(self, command: Promote, turn: Turn) -> None:
        self._succession.promote(self._may_lead(self._live(command.version)), "an operator promoted it", turn)

    def _roll_back(self, command: RollBack, turn: Turn) -> None:
        name = command.version
        retired = self._registry.retired.named(name)
        if retired is None:
            version = self._may_lead(self._live(name))
            if not version.has_led:
                raise CommandRefusedError(f"version {name} has never led: promote it instead")
            self._succession.promote(version, "an operator rolled back to it", turn)
            return
        if not retired.has_led:
            raise CommandRefusedError(f"version {name} has never led, and is gone")
        self._may_lead(retired)
        try:
            twin = self._registry.twin(retired)
        except BaseException as error:
            if not is_the_models(error):
                raise
            raise CommandRefusedError(f"the model of version {name} cannot be copied: {words(error)}") from error
        self._succession.recall(self._registry.candidate(retired.candidate), twin, turn)

    def _retrain(self, command: Retrain, turn: Turn) -> None:
        held, running = self._policy.held_for, self._challengers.running
        if held is not None:
            raise CommandRefusedError(f"learning is held, and a new version could not learn; {held.why}")
        if not self._challengers.could_differ:
            leader = self._roster.leader
            raise CommandRefusedError(f"candidate {leader} keeps no memory: a new version could not differ")
        if running is not None and running.name == self._proposals.version:
            raise CommandRefusedError(f"version {running.name} is proposed: approve or decline it first")
        if running is not None:
            raise CommandRefusedError(f"version {running.name} is on trial already: promote it, or await its verdict")
        self._challengers.start(Trigger.OPERATOR, turn)

    def _pause(self, command: Pause, turn: Turn) -> None:
        if self._policy.is_paused:
            raise CommandRefusedError("learning is paused already")
        self._policy.pause(command.who, command.why)
        self._registry.step(self._roster.champion, VersionStep.PAUSED, "an operator paused learning", turn)

    def _resume(self, command: Resume, turn: Turn) -> None:
        if not self._policy.is_paused:
            raise CommandRefusedError("learning is not paused")
        self._policy.resume()
        self._registry.step(self._roster.champion, VersionStep.RESUMED, "an operator resumed learning", turn)
        if not self._policy.holds:
            self._challengers.catch_up(turn)

    def _approve(self, command: Approve, turn: Turn) -> None:
        version = self._may_lead(self._proposed(command.version))
        self._succession.promote(version, "it won the contest, and an operator approved", turn)

    def _decline(self, command: Decline, turn: Turn) -> None:
        self._proposed(command.version)
        self._succession.decline("an operator declined it", turn)

    def _proposed(self, name: str) -> Version:
        proposed = self._proposals.version
        if proposed != name:
            other = "none is" if proposed is None else f"{proposed} is"
            raise CommandRefusedError(f"version {name} is not proposed; {other}")
        return self._roster.named(name)

    def _live(self, name: str) -> Version:
        found = next((version for version in self._roster.live if version.name == name), None)
        if found is None:
            live = ", ".join(f"{version.name} ({self._roster.role_of(version).value})" for version in self._roster.live)
            raise CommandRefusedError(f"no version {name} lives; there are {live}")
        return found

    def _may_lead(self, version: Version) -> Version:
        if version is self._roster.champion:
            raise CommandRefusedError(f"version {version.name} leads already")
        if version.candidate in self._lead.barred(self._roster):
            raise CommandRefusedError(
                f"version {version.name} looks at no feature, and retraining.baseline_may_lead is false"
            )
        return version


_OBEYED: Final[dict[type[Command], Callable[[Operators, Any, Turn], None]]] = {
    Promote: Operators._promote,
    RollBack: Operators._roll_back,
    Retrain: Operators._retrain,
    Pause: Operators._pause,
    Resume: Operators._resume,
    Approve: Operators._approve,
    Decline: Operators._decline,
}
"""Every command that there is."""

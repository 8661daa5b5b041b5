"""Challengers: how a new version of the leading candidate gets on trial, and what it learns before that."""

from __future__ import annotations

from models.asked import Asked
from models.recipes import keeps_no_memory
from models.retraining.guard import Guard
from models.retraining.lead import Lead
from models.retraining.policy.policy import Policy, Trigger
from models.retraining.proposals import Proposals
from models.retraining.registry import Registry
from models.retraining.roster import Roster
from models.retraining.sources import Sources
from models.retraining.standing import Lives
from models.retraining.starts import Starts
from models.retraining.succession import Succession
from models.retraining.version import Version
from models.turn import Turn
from schemas.gauge import Candidate


class Challengers:
    """Starts them. What it is made of is the panel's."""

    def __init__(
        self,
        roster: Roster,
        registry: Registry,
        succession: Succession,
        *,
        policy: Policy,
        starts: Starts,
        sources: Sources,
        guard: Guard,
        lead: Lead,
        lives: Lives,
        proposals: Proposals,
    ) -> None:
        self._roster = roster
        self._registry = registry
        self._succession = succession
        self._policy = policy
        self._starts = starts
        self._sources = sources
        self._guard = guard
        self._lead = lead
        self._lives = lives
        self._proposals = proposals
        self._waiting: list[str] = []
        """Versions that a gauge file has added while learning is held."""

    @property
    def could_differ(self) -> bool:
        """Whether a new version of the leading candidate may differ from the champion: not if it keeps no memory."""
        roster = self._roster
        return roster.stand_in is not None or not keeps_no_memory(self._registry.candidate(roster.leader))

    @property
    def running(self) -> Version | None:
        """The trial of the leading candidate that is on, or who is proposed in the seat that a new one would take."""
        seated = self._roster.seated
        trial = self._roster.trial_of(self._roster.leader)
        return seated if trial is None and seated is not None and seated.name == self._proposals.version else trial

    def start(self, trigger: Trigger, turn: Turn) -> None:
        """Put a new version of the leading candidate on trial, after it has learned the labels kept for that.

        While a baseline stands in, that is the candidate that led before.

        A trial of the same candidate that is still on gives way to a drift's, whose world is newer, and to no other.
        Where a standing challenger is kept, the new one takes its seat; from one that is proposed, on the same terms.
        A model that keeps no memory needs none: a new one could not differ.
        """
        succession, running = self._succession, self.running
        if not self.could_differ:
            self._policy.passed_over(trigger)
            return
        if running is not None:
            if trigger is not Trigger.DRIFT:
                return
            succession.reject(running, "the world moved again: a newer challenger takes its place", turn)
        leading = self._registry.candidate(self._roster.leader)
        why, source = self._policy.why(trigger), self._sources.find()
        twin, why = (None, why) if source is None else (source.twin, f"{why}; {source.words}")
        if self._lead.is_on:
            succession.vacate(f"a challenger was started: {why}", turn)
        if self._lead.is_on and trigger is Trigger.DRIFT:
            self._lives.restart(0)
            self._lives.begin()
            challenger = succession.stand(leading, trigger, turn, why=why, twin=twin)
        else:
            challenger = succession.challenge(leading, trigger, turn, why=why, twin=twin)
        self.warm_up(challenger, turn)
        self._policy.started(trigger)

    def admit(self, candidate: Candidate, turn: Turn) -> None:
        """Register the first version of a candidate that a gauge file adds, and teach it the labels kept for that.

        While learning is held it learns nothing, and is not judged: it answers as it begins, until `catch_up`.
        """
        version = self._succession.admit(candidate, turn)
        if self._policy.holds:
            self._waiting.append(version.name)
        else:
            self.warm_up(version, turn)

    def catch_up(self, turn: Turn) -> None:
        """Learning is held no more: teach those that were added meanwhile the labels kept for them."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for version in [one for one in self._roster.live if one.name in waiting]:
                self.warm_up(version, turn)

    def judged(self, asked: Asked) -> Asked:
        """An event without the answers of those that have yet to catch up, unless one of them leads or answers."""
        if not self._waiting:
            return asked
        _, _, *answered = lineup = asked.lineup
        waiting = {*self._waiting} - {lineup.champion, *answered, self._roster.champion.name}
        return asked._replace(answers={name: one for name, one in asked.answers.items() if name not in waiting})

    def warm_up(self, version: Version, turn: Turn) -> None:
        """Teach a new version the labels that are kept for it."""
        for x, y, position in self._starts.lessons(version.learned_last):
            if lost := self._guard.teach((version,), x, y, position):
                self._succession.discard(lost, turn)
                return

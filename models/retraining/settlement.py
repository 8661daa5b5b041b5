"""What follows from the verdicts of contests: an end, a promotion, or a proposal to an operator."""

from __future__ import annotations

from collections.abc import Sequence

from models.retraining.contests.contest import Verdict
from models.retraining.contests.contests import Contests
from models.retraining.contests.rivalry import Rivalry
from models.retraining.proposals import Proposals
from models.retraining.registry import Registry
from models.retraining.succession import Succession
from models.turn import Turn
from schemas.records import VersionStep


class Settlement:
    """Acts on verdicts. What it is made of is the panel's."""

    def __init__(self, registry: Registry, contests: Contests, succession: Succession, proposals: Proposals) -> None:
        self._registry = registry
        self._contests = contests
        self._succession = succession
        self._proposals = proposals

    def settle(self, verdicts: Sequence[tuple[Rivalry, Verdict]], turn: Turn) -> None:
        """Act on verdicts: give up first, then at most one promotion, since it starts every contest anew.

        Who won and needs an operator's approval is proposed, unless somebody else won who needs none. While a version
        is proposed its contest does not give up.
        """
        # One may have failed meanwhile, or its champion has: a new one must be beaten anew.
        those_on = [pair for pair in verdicts if self._contests.is_on(pair[0])]
        for rivalry, verdict in those_on:
            if verdict is not Verdict.PROMOTE and rivalry.challenger.name != self._proposals.version:
                self._succession.reject(rivalry.challenger, rivalry.reason, turn)
        winners = [rivalry for rivalry, verdict in those_on if verdict is Verdict.PROMOTE]
        waiting = [(rivalry, why) for rivalry in winners if (why := self._proposals.wanted_for(rivalry)) is not None]
        clear = [rivalry for rivalry in winners if rivalry not in [pair[0] for pair in waiting]]
        if clear:
            self._succession.promote(clear[0].challenger, "it won the contest", turn)
            return
        for rivalry, why in waiting:
            if self._proposals.may_open(rivalry.challenger.name):
                self._propose(rivalry, why, turn)

    def _propose(self, rivalry: Rivalry, why: str, turn: Turn) -> None:
        version, registry = rivalry.challenger, self._registry
        registry.announce(version, "the contest begins", turn)
        registry.step(version, VersionStep.PROPOSED, f"it won the contest; {why}", turn, rivalry.figures())
        self._proposals.open(version.name)

    def label(self, turn: Turn) -> None:
        """A label has come: whom nobody has approved in time is declined."""
        self._proposals.label()
        if self._proposals.is_overdue:
            self._succession.decline("no operator approved it in time", turn)

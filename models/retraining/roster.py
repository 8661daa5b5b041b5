"""The roster: every live version by its role. Data alone; who moves where is decided in `succession`.

A *standing* version is the one that stands for its candidate: the champion is one of them, the others race it for as
long as they live. When no model is left, a baseline *stands in*. See `models.retraining.roles` for the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.asked import Lineup
from models.retraining.roles import ROLES, Role
from models.retraining.stand_in import StandIn
from models.retraining.version import Version


class Roster:
    """Who lives, who leads, and who stands for which candidate.

    ``live`` and ``lineup`` are derived from the rest: whoever changes a place calls `line_up` or `lead` afterwards.

    Parameters
    ----------
    leader
        The candidate whose version is to lead first.
    """

    def __init__(self, leader: str) -> None:
        self.standing: dict[str, Version] = {}
        self.trials: list[Version] = []
        """Challengers that a trigger has started, at most one for each candidate."""
        self.anchor: Version | None = None
        """``None`` while the champion itself was never begun anew."""
        self.parent: Version | None = None
        self.fresh: Version | None = None
        self.stand_in: StandIn | None = None
        self.leader = leader
        """The candidate that leads; while a baseline stands in, the one that led before."""
        self.live: list[Version] = []
        self.lineup = Lineup("", {}, "")
        self._champion: Version | None = None

    @property
    def champion(self) -> Version:
        """The version that leads; there is none before the first record."""
        assert self._champion is not None, "no version leads before the first record"
        return self._champion

    @property
    def answering(self) -> Version:
        """The version whose answers are published."""
        return self.named(self.lineup.answering)

    @property
    def seated(self) -> Version | None:
        """Who has the seat of the standing challenger: a fresh version, or the parent."""
        return self.parent if self.fresh is None else self.fresh

    def named(self, name: str) -> Version:
        """A live version by name."""
        return next(version for version in self.live if version.name == name)

    def role_of(self, version: Version) -> Role:
        """Why a live version lives."""
        if version is self.stand_in:
            return Role.STAND_IN
        if version is self._champion:
            return Role.CHAMPION
        if version in self.trials:
            return Role.CHALLENGER
        return next((role for role, held in self._of_the_leader() if held is version), Role.RACER)

    @property
    def roles(self) -> dict[str, Role]:
        """Every live version's role, by name."""
        return {version.name: self.role_of(version) for version in self.live}

    def broken(self) -> Iterator[str]:
        """What cannot be, in words; nothing of a sound roster."""
        champion = self._champion
        if champion is None:
            if self.live or self.standing or self.trials:
                yield "versions live and none leads"
            return
        if self.live != self._everybody():
            yield "the live versions are not those that stand, stand in or are on trial"
        if self.lineup[:2] != (champion.name, {name: version.name for name, version in self.standing.items()}):
            yield "the lineup is not that of the champion and the standing versions"
        names = [version.name for version in self.live]
        for which in ("answering", "strict", "bold"):
            if (name := getattr(self.lineup, which)) not in names:
                yield f"version {name} is {which} and does not live"
        if champion not in self.live:
            yield f"the champion {champion.name} is not alive"
            return
        if len(set(names)) < len(names):
            yield "two live versions have one name"
        for version in self.live:
            if version.life not in ROLES[role := self.role_of(version)].lives:
                yield f"version {version.name} is {role.value}, and its life says {version.life.value}"
        for name, version in self.standing.items():
            if version.candidate != name:
                yield f"version {version.name} of {version.candidate} stands for {name}"
        for role, held in self._of_the_leader():
            if held is not None and held.candidate != self.leader:
                yield f"the {role.value} {held.name} is of {held.candidate}, and {self.leader} leads"
        if self.stand_in not in (None, champion):
            yield "a baseline stands in while a model leads"
        if self.parent is not None and self.fresh is not None:
            yield "a parent and a fresh version hold one seat"

    def lead(self, version: Version) -> None:
        """Make a version the champion; it answers."""
        self._champion = version
        if version is not self.stand_in:
            self.leader = version.candidate
        self.line_up()
        self.answer(version.name, version.name, version.name)

    def line_up(self) -> None:
        """Derive who lives, in the order in which they are asked and taught. Who answers and is gone, does no more."""
        self.live = self._everybody()
        names = {version.name for version in self.live}
        champion = self.champion.name
        leads = (name if name in names else champion for name in self.lineup[2:])
        self.lineup = Lineup(champion, {name: version.name for name, version in self.standing.items()}, *leads)

    def answer(self, answering: str, strict: str, bold: str) -> None:
        """Let a live version answer from here on; the others are who would by the rules of `models.retraining.lead`."""
        self.lineup = self.lineup._replace(answering=answering, strict=strict, bold=bold)

    def take_out(self, version: Version) -> None:
        """Remove a version from its place."""
        if version in self.trials:
            self.trials.remove(version)
        elif version is self.anchor:
            self.anchor = None
        elif version is self.parent:
            self.parent = None
        elif version is self.fresh:
            self.fresh = None
        else:
            del self.standing[version.candidate]

    def seat(self, version: Version) -> Version | None:
        """Let a version stand for its candidate; the version whose place it takes, if there was one."""
        former = self.standing.get(version.candidate)
        if former is version:
            return None
        self.take_out(version)
        self.standing[version.candidate] = version
        return former

    def keep(self, former: Version) -> None:
        """Let a version whose place was taken be the way back: the anchor, or the parent where there is an anchor."""
        if self.anchor is None:
            self.anchor = former
        else:
            self.parent = former

    def trial_of(self, candidate: str) -> Version | None:
        """The challenger of a candidate that is on trial, if there is one."""
        for trial in self.trials:
            if trial.candidate == candidate:
                return trial
        return None

    def _of_the_leader(self) -> Iterator[tuple[Role, Version | None]]:
        yield Role.ANCHOR, self.anchor
        yield Role.PARENT, self.parent
        yield Role.FRESH, self.fresh

    def _everybody(self) -> list[Version]:
        of_the_leader = (held for _, held in self._of_the_leader() if held is not None)
        stand_in = [] if self.stand_in is None else [self.stand_in]
        return [*self.standing.values(), *stand_in, *of_the_leader, *self.trials]

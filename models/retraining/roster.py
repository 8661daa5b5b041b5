"""The roster: every live version and its place. Data alone; who moves where is decided in `succession`.

A *standing* version is the one that stands for its candidate; the champion is one of them, the others race it for as
long as they live. A *challenger on trial* was started by a trigger and wants to take its candidate's place. When no
model is left, a baseline *stands in*.
"""

from __future__ import annotations

from models.asked import Lineup
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
        self.stand_in: StandIn | None = None
        self.leader = leader
        """The candidate that leads; while a baseline stands in, the one that led before."""
        self.live: list[Version] = []
        self.lineup = Lineup("", {})
        self._champion: Version | None = None

    @property
    def champion(self) -> Version:
        """The version that answers; there is none before the first record."""
        assert self._champion is not None, "no version leads before the first record"
        return self._champion

    @property
    def is_empty(self) -> bool:
        """Whether no model is left."""
        return not self.standing and not self.trials

    def lead(self, version: Version) -> None:
        """Make a version the champion."""
        self._champion = version
        if version is not self.stand_in:
            self.leader = version.candidate
        self.line_up()

    def line_up(self) -> None:
        """Derive who lives, in the order in which they are asked and taught."""
        stand_in = [] if self.stand_in is None else [self.stand_in]
        self.live = [*self.standing.values(), *stand_in, *self.trials]
        self.lineup = Lineup(self.champion.name, {name: version.name for name, version in self.standing.items()})

    def take_out(self, version: Version) -> None:
        """Remove a version from its place."""
        if version in self.trials:
            self.trials.remove(version)
        else:
            del self.standing[version.candidate]

    def seat(self, challenger: Version) -> Version | None:
        """Let a challenger on trial stand for its candidate; the version whose place it takes, if there was one."""
        former = self.standing.get(challenger.candidate)
        self.trials.remove(challenger)
        self.standing[challenger.candidate] = challenger
        return former

    def trial_of(self, candidate: str) -> Version | None:
        """The challenger of a candidate that is on trial, if there is one."""
        return next((trial for trial in self.trials if trial.candidate == candidate), None)

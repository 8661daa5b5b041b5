"""The roster: every live version and its place. Data alone; who moves where is decided in `succession`.

A *standing* version is the one that stands for its candidate; the champion is one of them, the others race it for as
long as they live. A *challenger on trial* was started by a trigger and wants to take its candidate's place. When no
model is left, a baseline *stands in*.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.asked import Lineup
from models.retraining.stand_in import StandIn
from models.retraining.version import Life, Version


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
        self.lineup = Lineup("", {}, "")
        self._champion: Version | None = None

    @property
    def champion(self) -> Version:
        """The version that answers; there is none before the first record."""
        assert self._champion is not None, "no version leads before the first record"
        return self._champion

    def broken(self) -> Iterator[str]:
        """What cannot be, in words; nothing of a sound roster."""
        champion = self._champion
        if champion is None:
            if self.live or self.standing or self.trials:
                yield "versions live and none leads"
            return
        stand_in = [] if self.stand_in is None else [self.stand_in]
        if self.live != [*self.standing.values(), *stand_in, *self.trials]:
            yield "the live versions are not those that stand, stand in or are on trial"
        if self.lineup[:2] != (champion.name, {name: version.name for name, version in self.standing.items()}):
            yield "the lineup is not that of the champion and the standing versions"
        if self.lineup.answering not in [version.name for version in self.live]:
            yield f"version {self.lineup.answering} answers and does not live"
        if champion not in self.live:
            yield f"the champion {champion.name} is not alive"
        if len({version.name for version in self.live}) < len(self.live):
            yield "two live versions have one name"
        for version in self.live:
            if version.life is not (Life.CHAMPION if version is champion else Life.ON_TRIAL):
                yield f"version {version.name} lives, and its life says {version.life.value}"
        for name, version in self.standing.items():
            if version.candidate != name:
                yield f"version {version.name} of {version.candidate} stands for {name}"
        if self.stand_in not in (None, champion):
            yield "a baseline stands in while a model leads"

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
        champion = self.champion.name
        self.lineup = Lineup(champion, {name: version.name for name, version in self.standing.items()}, champion)

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

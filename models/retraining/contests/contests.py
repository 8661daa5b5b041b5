"""The contests that are on: every live version but the champion against it, on the events both predicted."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from models.answer import Answer
from models.groups import slices_of
from models.judging.judge import Judge
from models.judging.judged import IN_BLOCK
from models.recipes import is_baseline
from models.retraining.contests.contest import GO_ON, Contest, Verdict
from models.retraining.contests.level import Level
from models.retraining.contests.rivalry import Rivalry
from models.retraining.contests.slice_guard import SliceGuard
from models.retraining.roles import Role
from models.retraining.roster import Roster
from models.retraining.standing import is_kept
from models.retraining.version import Version
from schemas.events import Label
from schemas.gauge import Gauge
from schemas.records import Figures
from schemas.status import ContestStatus

TELLS_APART_BY: Final = 256
"""Labels in which a challenger must have answered otherwise than the champion, where no warm-up is declared."""


class Ladder(Enum):
    """Who shares a level."""

    RACES = "races"
    CHALLENGERS = "challengers"
    FRESH = "fresh"


_LADDERS: Final = {Role.CHALLENGER: Ladder.CHALLENGERS, Role.FRESH: Ladder.FRESH}


class Contests:
    """One rivalry per live version other than the champion.

    The gauge is read when a contest begins; one that is on keeps what it began with.

    The level is spent over a lifetime. Versions that want back what they had, or race, share theirs over all their
    contests ever: each time it takes more evidence, which keeps two of them from taking turns. Challengers share theirs
    over those that one champion has to beat, and begin again when another leads; so do fresh versions. What there is of
    these three kinds have equal parts of ``error_rate``.
    """

    def __init__(self, judge: Judge, gauge: Gauge) -> None:
        self._judge = judge
        self._gauge = gauge
        self._on: dict[str, Rivalry] = {}
        self._watching: list[str] = []
        """Baselines whose champion is a model: they lead only if the gauge file lets them."""
        self._levels = {ladder: Level(self._alpha()) for ladder in Ladder}

    def broken(self, roster: Roster) -> Iterator[str]:
        """What cannot be, in words."""
        rivals = [version for version in roster.live if version.name != roster.lineup.champion]
        if [(name, rivalry.challenger) for name, rivalry in self._on.items()] != [(one.name, one) for one in rivals]:
            yield "the contests are not those of the live versions other than the champion"

    def adopt(self, gauge: Gauge) -> None:
        """Begin contests by a changed gauge file from here on; the guard of those that are on follows other slices."""
        slices_changed = gauge.slices != self._gauge.slices
        self._gauge = gauge
        if slices_changed:
            for rivalry in self._on.values():
                rivalry.guard_by(self._guard())
        for level in self._levels.values():
            level.adopt(self._alpha())

    def judge(
        self, y: Label, answers: dict[str, Answer], champion: str, groups: tuple[str | None, ...] = ()
    ) -> list[tuple[Rivalry, Verdict]]:
        """Enter a label into every contest; the verdicts that ask for something.

        ``groups`` is the event's group in each slice.
        """
        verdicts: list[tuple[Rivalry, Verdict]] = []
        may_lead = self._gauge.retraining.baseline_may_lead
        for name, rivalry in self._on.items():
            if not may_lead and name in self._watching:
                continue
            verdict = rivalry.update(y, answers.get(champion), answers.get(name), groups)
            if verdict is not GO_ON:
                verdicts.append((rivalry, verdict))
        return verdicts

    def is_on(self, rivalry: Rivalry) -> bool:
        """Whether a rivalry is still the one of its challenger: it may have failed, or have a new champion to beat."""
        return self._on.get(rivalry.challenger.name) is rivalry

    def figures(self, version: Version) -> Figures:
        """The numbers of a version's contest; none for one that is in no contest."""
        rivalry = self._on.get(version.name)
        return {} if rivalry is None else rivalry.figures()

    def status(self) -> dict[str, ContestStatus]:
        """The contests that are on, by challenger; one whose challenger may not lead is none."""
        barred = () if self._gauge.retraining.baseline_may_lead else self._watching
        return {name: rivalry.status() for name, rivalry in self._on.items() if name not in barred}

    def renew(self, roster: Roster) -> None:
        """Begin every contest anew: another version leads, or labels are decided otherwise."""
        self._on = {}
        self.follow(roster)

    def succeed(self, roster: Roster) -> None:
        """Begin every contest anew, against a new champion."""
        self._levels[Ladder.CHALLENGERS].renew()
        self._levels[Ladder.FRESH].renew()
        self.renew(roster)

    def follow(self, roster: Roster) -> None:
        """Begin a contest for who is new, and end those of who is gone; the others go on."""
        kept = self._on
        self._on = {
            version.name: kept.get(version.name) or self._rivalry(version, roster)
            for version in roster.live
            if version is not roster.champion
        }
        baselines = {candidate.name for candidate in self._gauge.candidates if is_baseline(candidate)}
        led_by_a_model = roster.champion is not roster.stand_in and roster.champion.candidate not in baselines
        self._watching = [one.name for one in roster.live if led_by_a_model and one.candidate in baselines]

    def _rivalry(self, version: Version, roster: Roster) -> Rivalry:
        policy, difference = self._gauge.retraining, self._judge.paired()
        guard, guarded_by = self._guard(), None if difference.per_label else self._judge.paired_each()
        alpha = self._levels[_LADDERS.get(roster.role_of(version), Ladder.RACES)].next()
        if version not in roster.trials:
            # A racing candidate is never given up.
            contest = Contest(alpha=alpha, margin=None)
            return Rivalry(version, difference, contest, guard=guard, guarded_by=guarded_by)
        warm_up = policy.warm_up_labels
        contest = Contest(
            alpha=alpha,
            margin=policy.margin,
            warm_up=warm_up if difference.per_label else -(-warm_up // (2 * IN_BLOCK)),
        )
        return Rivalry(
            version,
            difference,
            contest,
            patience=policy.patience_labels,
            tells_apart_by=warm_up or TELLS_APART_BY,
            guard=guard,
            guarded_by=guarded_by,
        )

    def _guard(self) -> SliceGuard | None:
        gauge = self._gauge
        return SliceGuard(slices_of(gauge), alpha=gauge.retraining.error_rate) if gauge.slices else None

    def _alpha(self) -> float:
        gauge = self._gauge
        kept = is_kept(gauge)
        return gauge.retraining.error_rate / (1 + (kept or len(gauge.candidates) > 1) + kept)

"""One version's contest against the champion."""

from __future__ import annotations

from typing import Final

from models.answer import Answer
from models.judging.differences import Difference
from models.retraining.contests.contest import GO_ON, Contest, Verdict
from models.retraining.contests.slice_guard import SliceGuard, Worse
from models.retraining.version import Version
from schemas.events import Label
from schemas.plurals import count
from schemas.records import Figures
from schemas.status import ContestStatus

LOOK_EVERY: Final = 50
"""Labels after which a challenger that a slice held back is looked at again."""


class Rivalry:
    """A challenger, what it is compared by, and its contest, which its owner ends at the first verdict but ``GO_ON``.

    Parameters
    ----------
    patience
        Labels after which it is given up, whether or not they told the contest anything; ``None`` for no end.
    tells_apart_by
        Labels by which both must have answered differently once, or it is given up; ``None`` for no such bound.
    guard
        What keeps a winner from being promoted while a slice gets worse.
    guarded_by
        What tells the guard of each label; ``None``: what the contest is told, which then must be of each label.
    """

    def __init__(
        self,
        challenger: Version,
        difference: Difference,
        contest: Contest,
        *,
        patience: int | None = None,
        tells_apart_by: int | None = None,
        guard: SliceGuard | None = None,
        guarded_by: Difference | None = None,
    ) -> None:
        self.challenger = challenger
        self.worse: Worse | None = None
        """The group for whose sake it was not promoted when it last won."""
        self._difference = difference
        self._contest = contest
        self._patience = patience
        self._tells_apart_by = tells_apart_by
        self._guard = guard
        self._guarded_by = guarded_by
        self._labels = 0
        self._differed = False
        self._next_look = 0

    def update(
        self, y: Label, champion: Answer | None, challenger: Answer | None, groups: tuple[str | None, ...] = ()
    ) -> Verdict:
        """Judge one label. Where either had no prediction, or nothing gives them a scale yet, nothing is judged.

        ``groups`` is the event's group in each slice.
        """
        if champion is None or challenger is None or champion.y_pred is None or challenger.y_pred is None:
            return GO_ON
        self._labels += 1
        if not self._differed:
            self._differed = champion[:2] != challenger[:2]
        difference = self._difference
        d = difference(y, champion, challenger)
        verdict = GO_ON
        if d is not None:
            verdict = self._contest.update(d, scale=difference.scale, of=y if difference.is_of_classes else None)
        if self._guard is not None:
            each = d if self._guarded_by is None else self._guarded_by(y, champion, challenger)
            if each is not None:
                self._guard.update(groups, each)
        if verdict is not GO_ON and verdict is Verdict.PROMOTE and self._is_held_back():
            verdict = GO_ON
        return Verdict.GIVE_UP if verdict is GO_ON and self._is_over() else verdict

    def guard_by(self, guard: SliceGuard | None) -> None:
        """Guard other slices from here on."""
        self._guard, self.worse, self._next_look = guard, None, 0

    def _is_held_back(self) -> bool:
        if self._guard is not None and self._labels >= self._next_look:
            self.worse = self._guard.worse()
            self._next_look = self._labels + LOOK_EVERY
        return self.worse is not None

    def _is_over(self) -> bool:
        if self._patience is not None and self._labels >= self._patience:
            return True
        return self._is_alike

    @property
    def _is_alike(self) -> bool:
        return not self._differed and self._tells_apart_by is not None and self._labels >= self._tells_apart_by

    @property
    def reason(self) -> str:
        """Why it is given up, in words."""
        if self._is_alike:
            return f"its answers were the champion's on all of {count(self._labels, 'label')}"
        if self.worse is not None:
            slice_, group, labels, _ = self.worse
            return f"it won the contest, and serves {slice_} {group} worse ({count(labels, 'label')})"
        return "the contest gave up: no lead worth having"

    def doubt(self, margin: float) -> str | None:
        """Why a win is borderline, in words; ``None`` if it is clear.

        It is where the gain so far is below ``margin``, or some group of a slice was served worse so far, proven or
        not: that it is better is sure to the contest's level, that it is worth having is not.
        """
        gain = self._difference.gain()
        if gain is None:
            gain = self._contest.mean * self._difference.scale
        if gain < margin:
            return f"borderline: its gain so far, {gain:.3g}, is below the margin, {margin:g}"
        seems = None if self._guard is None else self._guard.seems_worse()
        if seems is not None:
            labels = count(seems.labels, "label")
            return f"borderline: {seems.slice} {seems.group} was served worse so far ({labels}), which is not proven"
        return None

    def figures(self) -> Figures:
        """The contest's numbers: labels judged, gain in what is judged (above 0: the challenger is better), evidence.

        The gain is that of the metric, where one judges that is no mean of losses; else the mean loss difference.
        """
        now = self.status()
        return {
            "contest_labels": now.labels,
            "mean_gain": now.gain,
            "evidence": now.evidence,
            "threshold": now.threshold,
        }

    def status(self) -> ContestStatus:
        """The same numbers, as a status shows them."""
        contest, difference = self._contest, self._difference
        gain = difference.gain()
        return ContestStatus(
            labels=contest.n if difference.per_label else self._labels,
            gain=contest.mean if gain is None else gain,
            evidence=contest.evidence,
            threshold=contest.threshold,
        )

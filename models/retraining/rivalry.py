"""A challenger's contest against the champion, on the events that both predicted before either learned."""

from __future__ import annotations

from models.answer import Answer
from models.judge import Judge
from models.retraining.contest import Contest, Verdict
from models.retraining.version import Version
from schemas.events import Label
from schemas.records import Figures


class Rivalry:
    """One contest, which its owner ends at the first verdict other than ``GO_ON``."""

    def __init__(self, challenger: Version, judge: Judge, contest: Contest) -> None:
        self.challenger = challenger
        self._difference = judge.paired()
        self._contest = contest

    def update(self, y: Label, champion: Answer | None, challenger: Answer | None) -> Verdict:
        """Judge one label. Where either had no prediction, or nothing gives them a scale yet, nothing is judged."""
        if champion is None or challenger is None or champion.y_pred is None or challenger.y_pred is None:
            return Verdict.GO_ON
        d = self._difference(y, champion, challenger)
        return Verdict.GO_ON if d is None else self._contest.update(d)

    def figures(self) -> Figures:
        """The contest's numbers: labels judged, mean loss difference (above 0: the challenger is better), evidence."""
        contest = self._contest
        return {
            "contest_labels": contest.n,
            "mean_gain": contest.mean,
            "evidence": contest.evidence,
            "threshold": contest.threshold,
        }

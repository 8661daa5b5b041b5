"""The contests that are on: every live version but the champion against it, on the events both predicted."""

from __future__ import annotations

from collections.abc import Iterator

from models.answer import Answer
from models.judge import Judge
from models.retraining.contest import Contest, Verdict
from models.retraining.roster import Roster
from models.retraining.version import Version
from schemas.events import Label
from schemas.gauge import Retraining
from schemas.records import Figures


class Rivalry:
    """One version's contest against the champion, which its owner ends at the first verdict other than ``GO_ON``."""

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


class Contests:
    """One rivalry per live version other than the champion.

    ``policy`` is read when a contest begins; one that is on keeps what it began with.
    """

    def __init__(self, judge: Judge, policy: Retraining) -> None:
        self._judge = judge
        self._policy = policy
        self._on: dict[str, Rivalry] = {}

    def broken(self, roster: Roster) -> Iterator[str]:
        """What cannot be, in words."""
        rivals = [version for version in roster.live if version.name != roster.lineup.champion]
        if [(name, rivalry.challenger) for name, rivalry in self._on.items()] != [(one.name, one) for one in rivals]:
            yield "the contests are not those of the live versions other than the champion"

    def adopt(self, policy: Retraining) -> None:
        """Begin contests by a changed policy from here on."""
        self._policy = policy

    def judge(self, y: Label, answers: dict[str, Answer], champion: str) -> list[tuple[Rivalry, Verdict]]:
        """Enter a label into every contest; the verdicts that ask for something."""
        verdicts: list[tuple[Rivalry, Verdict]] = []
        for name, rivalry in self._on.items():
            verdict = rivalry.update(y, answers.get(champion), answers.get(name))
            if verdict is not Verdict.GO_ON:
                verdicts.append((rivalry, verdict))
        return verdicts

    def is_on(self, rivalry: Rivalry) -> bool:
        """Whether a rivalry is still the one of its challenger: it may have failed, or have a new champion to beat."""
        return self._on.get(rivalry.challenger.name) is rivalry

    def figures(self, version: Version) -> Figures:
        """The numbers of a version's contest; none for one that is in no contest."""
        rivalry = self._on.get(version.name)
        return {} if rivalry is None else rivalry.figures()

    def renew(self, roster: Roster) -> None:
        """Begin every contest anew: another version leads."""
        self._on = {}
        self.follow(roster)

    def follow(self, roster: Roster) -> None:
        """Begin a contest for who is new, and end those of who is gone; the others go on."""
        kept = self._on
        self._on = {
            version.name: kept.get(version.name) or self._rivalry(version, roster)
            for version in roster.live
            if version is not roster.champion
        }

    def _rivalry(self, version: Version, roster: Roster) -> Rivalry:
        policy = self._policy
        if version in roster.trials:
            contest = Contest(
                alpha=policy.error_rate,
                margin=policy.margin,
                patience=policy.patience_labels,
                warm_up=policy.warm_up_labels,
            )
        else:
            contest = Contest(alpha=policy.error_rate, margin=None)  # a racing candidate is never given up
        return Rivalry(version, self._judge, contest)

"""Who answers: the live version with the best record of late (the *shadow lead*).

A contest takes hundreds of labels to be sure, and until then the worse model would answer. Nothing is lost if another
live version answers meanwhile: every one is asked anyway, and each prediction names its version. So the lead needs no
proof, only a record that is good of late, and it ends when that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from math import sqrt
from typing import Final

from models.answer import Answer
from models.asked import Asked
from models.judging.judge import Judge
from models.recipes import is_baseline
from models.retraining.contests.contest import Contest, Verdict
from models.retraining.roster import Roster
from models.retraining.version import Version
from schemas.events import Label
from schemas.gauge import Gauge

FADING: Final = 0.98
"""What a label keeps of a record: it is about the newest fifty."""
MEMORY: Final = 1 / (1 - FADING)
"""How many events a record is about."""


class Rule(StrEnum):
    """How good a record must be to take the lead from who has it, with record R and squares Q.

    ``STRICT``: better by ``2 sqrt(Q)``, two standard deviations of a record without lead. ``BOLD``: better by 1, one
    error. With late labels a record tells who was better then; if that wanders, the variance of what it tells of now
    grows with every memory that lies between. Both are therefore multiplied by ``sqrt(1 + lateness / MEMORY)``.
    """

    STRICT = "strict"
    BOLD = "bold"

    @property
    def other(self) -> Rule:
        """The other one."""
        return Rule.BOLD if self is Rule.STRICT else Rule.STRICT


_STRICT, _BOLD = Rule  # up to Python 3.11 a member is found slowly by its class, and one is asked for at every label


class Record:
    """A version's faded record against the champion.

    With d = loss(champion) - loss(version)::

        R = 0.98 * R + d
        Q = 0.98 ** 2 * Q + d ** 2
    """

    __slots__ = ("_difference", "gain", "squares")

    def __init__(self, judge: Judge) -> None:
        self._difference = judge.paired_each()
        self.gain = 0.0
        self.squares = 0.0

    def update(self, y: Label, champion: Answer, version: Answer) -> None:
        """Take one label on which both had a prediction."""
        d = self._difference(y, champion, version)
        if d is not None:
            self.gain = FADING * self.gain + d
            self.squares = FADING * FADING * self.squares + d * d

    def margin(self, rule: Rule) -> float:
        """By how much it must be better than who leads, to lead."""
        return 2 * sqrt(self.squares) if rule is _STRICT else 1.0


class Lead:
    """Who would answer by either rule, and which rule is followed.

    The strict rule is followed until a contest between the two rules' own answers, on the events on which they differ,
    favours the bold one; and from then on the other way round. A version that leads keeps the lead until its record is
    no better than the champion's.

    Parameters
    ----------
    judge
        What records and the rules' contest are about.
    gauge
        The level of the rules' contest, and whether candidates that look at no feature may answer.
    is_on
        Whether anybody but the champion may answer. Where every promotion is approved by an operator, only who has led
        may.
    """

    def __init__(self, judge: Judge, gauge: Gauge, *, is_on: bool) -> None:
        self.is_on = is_on
        self._barred = _barred(gauge)
        self._approved_only = _approved_only(gauge)
        self.rule = _STRICT
        self._judge = judge
        self._error_rate = gauge.retraining.error_rate
        self._champion = ""
        self._records: dict[str, Record] = {}
        self._strict = self._bold = ""
        """Who would answer by either rule."""
        self._lateness = 0.0
        """Events that were asked between an event and its label: a faded mean."""
        self._begin()

    def broken(self, roster: Roster) -> Iterator[str]:
        """What cannot be, in words."""
        rivals = [version.name for version in self._rivals(roster)]
        if self._champion != roster.lineup.champion or [*self._records] != rivals:
            yield "the records are not those of the live versions other than the champion"
        if roster.lineup[2:] != self._told():
            yield "the lineup does not say who answers by its record"

    def adopt(self, gauge: Gauge, *, is_on: bool) -> None:
        """Begin the next contest of the rules at another level; whoever changes the `terms` lets this `follow`."""
        self._error_rate = gauge.retraining.error_rate
        self._barred = _barred(gauge)
        self._approved_only = _approved_only(gauge)
        self.is_on = is_on

    @property
    def terms(self) -> tuple[bool, tuple[str, ...], bool]:
        """Whether anybody but the champion may answer, which candidates may not while a model leads, and whether only
        who has led may.
        """
        return self.is_on, self._barred, self._approved_only

    def renew(self, roster: Roster) -> None:
        """Begin every record anew: another version leads, or labels are decided otherwise."""
        self._champion = ""
        self.follow(roster)

    def follow(self, roster: Roster) -> None:
        """Begin a record for who is new, forget who is gone, and let the lineup say who answers."""
        champion = roster.champion.name
        kept = self._records if champion == self._champion else {}
        self._champion = champion
        self._records = {
            version.name: kept.get(version.name) or Record(self._judge) for version in self._rivals(roster)
        }
        stay = kept.keys() & self._records
        self._strict = self._strict if self._strict in stay else champion
        self._bold = self._bold if self._bold in stay else champion
        roster.answer(*self._told())

    def update(self, y: Label, asked: Asked, roster: Roster, late: int) -> bool:
        """Take one label that is not held out; whether another version answers from here on.

        ``late`` is how many events were asked since the label's own.
        """
        answers = asked.answers
        self._lateness = FADING * self._lateness + (1 - FADING) * late
        self._judge_rules(y, asked)
        champion = answers.get(self._champion)
        if champion is not None and champion.y_pred is not None:
            for name, record in self._records.items():
                answer = answers.get(name)
                if answer is not None and answer.y_pred is not None:
                    record.update(y, champion, answer)
            self._strict = self._leader(_STRICT, self._strict)
            self._bold = self._leader(_BOLD, self._bold)
        before, told = roster.lineup, self._told()
        if told != before[2:]:
            roster.answer(*told)
        return roster.lineup.answering != before.answering

    def barred(self, roster: Roster) -> tuple[str, ...]:
        """Candidates of which none may answer, nor inherit the lead: those that look at no feature, below a model."""
        champion = roster.champion
        led_by_a_model = champion is not roster.stand_in and champion.candidate not in self._barred
        return self._barred if led_by_a_model else ()

    def _rivals(self, roster: Roster) -> list[Version]:
        if not self.is_on:
            return []
        champion, barred = roster.champion, self.barred(roster)
        others = [version for version in roster.live if version is not champion and version.candidate not in barred]
        return [version for version in others if version.has_led] if self._approved_only else others

    def _leader(self, rule: Rule, holder: str) -> str:
        records = self._records
        leading = records.get(holder)
        gain = 0.0 if leading is None else leading.gain
        if gain <= 0.0:
            holder, gain = self._champion, 0.0
        best, most = holder, gain
        for name, record in records.items():
            if record.gain > most and record.gain > gain + self._doubt * record.margin(rule):
                best, most = name, record.gain
        return best

    @property
    def _doubt(self) -> float:
        return sqrt(1 + self._lateness / MEMORY)

    def _judge_rules(self, y: Label, asked: Asked) -> None:
        lineup = asked.lineup
        if lineup.strict == lineup.bold:
            return
        followed, other = (asked.answers[name] for name in self._in_order(lineup.strict, lineup.bold))
        if followed.y_pred is None or other.y_pred is None:
            return
        d = self._difference(y, followed, other)
        if d is not None and self._contest.update(d) is Verdict.PROMOTE:
            self.rule = self.rule.other
            self._begin()

    def _in_order(self, strict: str, bold: str) -> tuple[str, str]:
        return (strict, bold) if self.rule is _STRICT else (bold, strict)

    def _begin(self) -> None:
        self._contest = Contest(alpha=self._error_rate, margin=None)
        self._difference = self._judge.paired_each()

    def _told(self) -> tuple[str, str, str]:
        """Who answers, and who would by either rule, as the lineup has them."""
        return self._strict if self.rule is _STRICT else self._bold, self._strict, self._bold


def _barred(gauge: Gauge) -> tuple[str, ...]:
    may = gauge.retraining.baseline_may_lead
    return tuple(candidate.name for candidate in gauge.candidates if is_baseline(candidate) and not may)


def _approved_only(gauge: Gauge) -> bool:
    return gauge.retraining.approval == "always"

"""Who answers: against the rules written out naively, and by streams on which one sees who should."""

from __future__ import annotations

import random
from itertools import pairwise
from math import sqrt
from typing import Any

import pytest

from models.answer import NO_ANSWER, Answer
from models.asked import Asked
from models.judging.judge import Judge
from models.retraining.contests.contest import Contest, Verdict
from models.retraining.lead import Lead, Rule
from models.retraining.roster import Roster
from models.retraining.version import Version
from schemas.gauge import Gauge, Task
from tests import builders

GAUGE = builders.gauge(candidates=["naive_bayes", "logistic_regression", "knn"])
LENIENT = builders.gauge("retraining.error_rate = 0.4", candidates=["naive_bayes", "logistic_regression", "knn"])


def version(name: str, candidate: str) -> Version:
    return Version(
        name=name,
        candidate=candidate,
        parent=None,
        trigger="start",
        model=None,
        task=Task.BINARY,
        classes=frozenset((True, False)),
        probabilities=False,
    )


def roster(names: tuple[str, ...] = ("0-1", "0-2", "0-3")) -> Roster:
    """The first leads, the others race it."""
    made = Roster("naive_bayes")
    for name, candidate in zip(names, GAUGE.candidates, strict=False):
        made.standing[candidate.name] = version(name, candidate.name)
    made.lead(made.standing["naive_bayes"])
    return made


def lead(among: Roster, gauge: Gauge = GAUGE) -> Lead:
    made = Lead(Judge(gauge), gauge, is_on=True)
    made.renew(among)
    return made


def asked(among: Roster, answers: dict[str, Any]) -> Asked:
    given = {name: NO_ANSWER if y is None else Answer(y, None) for name, y in answers.items()}
    return Asked(0, {}, given, {}, among.lineup, held_out=False, event_id="e")


def wrong_or_right(seed: int, length: int) -> list[dict[str, bool]]:
    """Answers of three versions to events whose label is true: who is good changes every 300 events."""
    chance = random.Random(seed)
    rates = [{name: chance.random() for name in ("0-1", "0-2", "0-3")} for _ in range(length // 300 + 1)]
    return [{name: chance.random() > rate for name, rate in rates[n // 300].items()} for n in range(length)]


def naively(answers: list[dict[str, bool]], error_rate: float, late: int = 0) -> list[tuple[str, str, str]]:
    """Answering, strict and bold for every event, by sums over all the past: no recursion, nothing kept.

    Every label comes ``late`` events after its own.
    """
    said: list[tuple[str, str, str]] = []
    strict = bold = "0-1"
    follows_bold, contest = False, Contest(alpha=error_rate, margin=None)
    d = {name: [int(one[name]) - int(one["0-1"]) for one in answers] for name in ("0-2", "0-3")}
    for n, one in enumerate(answers):
        said.append((bold if follows_bold else strict, strict, bold))
        if strict != bold:
            gain = int(one[bold]) - int(one[strict])
            if contest.update(-gain if follows_bold else gain) is Verdict.PROMOTE:
                follows_bold, contest = not follows_bold, Contest(alpha=error_rate, margin=None)
        gains = {"0-1": 0.0} | {
            name: sum(0.98 ** (n - t) * d[name][t] for t in range(max(0, n - 1500), n + 1)) for name in d
        }
        scatter = {name: sqrt(sum(0.98 ** (2 * (n - t)) * d[name][t] ** 2 for t in range(n + 1))) for name in d}

        def next_of(holder: str, margins: dict[str, float], gains: dict[str, float] = gains) -> str:
            holder = holder if gains[holder] > 0 else "0-1"
            able = [name for name in margins if name != holder and gains[name] > gains[holder] + margins[name]]
            return max([holder, *able], key=lambda name: gains[name])

        doubt = sqrt(1 + sum(0.02 * 0.98**t * late for t in range(n + 1)) / 50)
        strict = next_of(strict, {name: doubt * 2 * scatter[name] for name in d})
        bold = next_of(bold, dict.fromkeys(d, doubt))
    return said


@pytest.mark.parametrize(("seed", "late"), [(0, 0), (1, 0), (2, 0), (0, 150), (1, 500)])
def test_the_version_that_answers_is_the_one_of_the_naive_rules(seed, late):
    answers = wrong_or_right(seed, 900)
    among = roster()
    who = lead(among)

    said = []
    for one in answers:
        said.append(among.lineup[2:])
        changed = who.update(True, asked(among, one), among, late)
        assert changed == (among.lineup.answering != said[-1][0])

    assert said == naively(answers, 0.05, late)
    assert len({strict for _, strict, _ in said}) > 1  # not one alone had the lead
    assert not [*who.broken(among)]


def test_the_bold_rule_is_followed_once_its_answers_have_won_the_contest():
    among = roster(("0-1", "0-2"))
    who = lead(among)
    # Who is right changes every 40 events: a rule that waits for significance is always late.
    for n in range(4_000):
        good = n // 40 % 2 == 0
        who.update(True, asked(among, {"0-1": good or n % 3 == 0, "0-2": not good or n % 3 == 0}), among, 0)

    assert who.rule is Rule.BOLD


def test_a_version_leads_until_its_record_is_no_better_than_the_champions():
    among = roster(("0-1", "0-2"))
    who = lead(among)

    leads = []
    for right in [True] * 12 + [False] * 40:
        who.update(True, asked(among, {"0-1": not right, "0-2": right}), among, 0)
        leads.append(among.lineup.answering)

    changes = [(n, after) for n, (before, after) in enumerate(pairwise(["0-1", *leads])) if before != after]
    # R after n equal differences is (1 - .98^n) / .02, and sqrt(Q) the root of (1 - .98^2n) / (1 - .98^2): R is above
    # 2 sqrt(Q) from the fifth on. 12 gains are used up by losses once .98^k (1 - .98^12) <= 1 - .98^k: by the tenth.
    assert changes == [(4, "0-2"), (12 + 9, "0-1")]


def test_only_labels_that_both_had_answered_count():
    among = roster(("0-1", "0-2"))
    who = lead(among)

    for _ in range(50):
        who.update(True, asked(among, {"0-1": False, "0-2": None}), among, 0)
        who.update(True, asked(among, {"0-1": None, "0-2": True}), among, 0)
        who.update(True, asked(among, {"0-1": False}), among, 0)

    assert among.lineup.answering == "0-1"


def test_the_rules_are_judged_by_what_they_would_have_answered_when_the_event_came():
    among = roster(("0-1", "0-2"))
    who = lead(among, LENIENT)
    early = asked(among, {"0-1": False, "0-2": True})  # both rules followed the champion
    for _ in range(2):
        who.update(True, asked(among, {"0-1": False, "0-2": True}), among, 0)
    assert (among.lineup.strict, among.lineup.bold) == ("0-1", "0-2")

    for _ in range(3):
        who.update(True, early, among, 0)

    assert who._contest.n == 0


def test_a_new_champion_answers_and_every_record_begins_anew():
    among = roster()
    who = lead(among)
    for _ in range(10):
        who.update(True, asked(among, {"0-1": False, "0-2": True, "0-3": False}), among, 0)
    assert among.lineup.answering == "0-2"

    among.lead(among.standing["knn"])
    who.renew(among)

    assert among.lineup[2:] == ("0-3", "0-3", "0-3")
    assert {record.gain for record in who._records.values()} == {0.0}
    assert not [*who.broken(among)]


def test_who_is_gone_answers_no_more_and_the_others_keep_their_records():
    among = roster()
    who = lead(among)
    for _ in range(10):
        who.update(True, asked(among, {"0-1": False, "0-2": True, "0-3": True}), among, 0)
    assert among.lineup.answering == "0-2"
    kept = who._records["0-3"].gain

    among.take_out(among.standing["logistic_regression"])
    among.line_up()
    who.follow(among)

    assert (among.lineup.answering, who._records["0-3"].gain) == ("0-1", kept)


def test_numbers_are_compared_by_the_scale_of_the_contest():
    gauge = builders.gauge(task="regression", candidates=["mean", "knn"])
    among = roster(("0-1", "0-2"))
    who = lead(among, gauge)

    for _ in range(40):
        who.update(10.0, asked(among, {"0-1": 13.0, "0-2": 11.0}), among, 0)

    # The smaller error is 1 and the scale 4, so that each label is worth (3 - 1) / 4.
    record = who._records["0-2"]
    assert record.gain == pytest.approx(0.5 * (1 - 0.98**39) / 0.02)
    assert among.lineup.answering == "0-2"


@pytest.mark.parametrize(("may", "answering"), [(False, "0-1"), (True, "0-2")])
def test_a_baseline_answers_only_where_it_may(may: bool, answering: str) -> None:
    declared = ["naive_bayes", "majority", "knn"]
    gauge = builders.gauge(f"retraining.baseline_may_lead = {str(may).lower()}", candidates=declared)
    among = Roster("naive_bayes")
    for name, candidate in zip(("0-1", "0-2", "0-3"), gauge.candidates, strict=True):
        among.standing[candidate.name] = version(name, candidate.name)
    among.lead(among.standing["naive_bayes"])
    who = lead(among, gauge)

    for _ in range(20):
        who.update(True, asked(among, {"0-1": False, "0-2": True, "0-3": False}), among, 0)

    assert among.lineup.answering == answering
    assert [*who.broken(among)] == []

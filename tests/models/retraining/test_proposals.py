"""Winners that wait for an operator: when one is proposed, what ends that, and when it comes again."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from models.answer import Answer
from models.judging.differences import PairedLosses
from models.judging.judge import Judge
from models.retraining.contests.contest import Contest
from models.retraining.contests.rivalry import Rivalry
from models.retraining.contests.slice_guard import SliceGuard
from models.retraining.operators import CommandRefusedError
from models.retraining.panel import Panel
from models.retraining.policy.policy import Trigger
from models.retraining.version import Version
from schemas.commands import Approve, Decline, Promote, Retrain
from schemas.gauge import GaugeError, parse
from schemas.records import Effect
from tests import builders
from tests.models.retraining.test_panel import CANDIDATES, POSITION, Always, Never, challenged, labels, made

ALLOW = '[operators]\nallow = ["approve", "promote"]\n'
ANN: dict[str, Any] = {"who": "ann@ops", "why": "looked at it"}
TIMEOUT = 40
RIGHT, WRONG = True, False


def opened(*models: Any, approval: str = "always", more: str = "", standing: bool = False) -> Panel:
    """A panel with these models, in which winners are proposed."""
    text = f"{ALLOW}{more}[retraining]\nwarm_up_labels = 0\npatience_labels = 1000\n"
    text += f'approval = "{approval}"\napproval_timeout_labels = {TIMEOUT}\nstanding = {str(standing).lower()}\n'
    panel = made(builders.gauge(text, candidates=CANDIDATES[: len(models)]))
    panel.open(builders.turn(POSITION))
    for version, model in zip(panel.live, models, strict=True):
        version.model = model
    return panel


def proposed(panel: Panel) -> list[Effect]:
    """Labels until somebody is proposed, and no further."""
    effects: list[Effect] = []
    for _ in range(60):
        effects += labels(panel, 1)
        if panel.status().proposed is not None:
            return effects
    raise AssertionError("nobody was proposed")


def told(panel: Panel, command: Any) -> list[Effect]:
    turn = builders.turn(POSITION)
    panel.obey(command, turn)
    return turn.effects


def test_a_winner_is_proposed_once_and_the_champion_leads_on():
    panel = opened(Always(WRONG), Always(RIGHT))

    effects = proposed(panel) + labels(panel, TIMEOUT - 1)

    assert builders.steps(effects) == [("2-2", "proposed")]
    [step] = builders.versions(effects)
    assert step.reason == "it won the contest; every promotion is approved by an operator"
    assert step.figures["evidence"] >= step.figures["threshold"]  # type: ignore[operator]
    assert panel.champion.name == panel.lineup.answering == "2-1"


def test_without_approval_the_same_winner_is_promoted():
    panel = opened(Always(WRONG), Always(RIGHT), approval="auto")

    assert ("2-2", "promoted") in builders.steps(labels(panel, 60))


def test_one_that_is_approved_leads_and_says_by_whom():
    panel = opened(Always(WRONG), Always(RIGHT))
    proposed(panel)

    effects = told(panel, Approve(version="2-2", **ANN))

    assert builders.steps(effects) == [("2-1", "demoted"), ("2-2", "promoted")]
    assert {(step.who, step.why) for step in builders.versions(effects)} == {("ann@ops", "looked at it")}
    assert builders.versions(effects)[1].reason == "it won the contest, and an operator approved"
    assert panel.status().proposed is None


def test_one_that_is_declined_lives_on_and_comes_again_after_as_many_labels_as_it_might_have_waited():
    panel = opened(Always(WRONG), Always(RIGHT))
    proposed(panel)

    effects = told(panel, Decline(version="2-2", **ANN))

    assert builders.steps(effects) == [("2-2", "declined")]
    assert labels(panel, TIMEOUT - 1) == []
    assert builders.steps(labels(panel, 1)) == [("2-2", "proposed")]


def test_one_that_nobody_approves_is_declined_in_time():
    panel = opened(Always(WRONG), Always(RIGHT))
    proposed(panel)
    assert panel.status().proposed.labels_left == TIMEOUT  # type: ignore[union-attr]

    assert labels(panel, TIMEOUT - 1) == []
    effects = labels(panel, 1)

    assert builders.steps(effects) == [("2-2", "declined")]
    [step] = builders.versions(effects)
    assert (step.reason, step.who) == ("no operator approved it in time", None)


@pytest.mark.parametrize("command", [Approve, Decline])
def test_what_is_not_proposed_is_neither_approved_nor_declined(command):
    panel = opened(Always(WRONG), Always(RIGHT))
    before = pickle.dumps(panel)
    with pytest.raises(CommandRefusedError, match="version 2-2 is not proposed; none is"):
        told(panel, command(version="2-2", **ANN))
    assert pickle.dumps(panel) == before

    proposed(panel)
    with pytest.raises(CommandRefusedError, match="version 2-1 is not proposed; 2-2 is"):
        told(panel, command(version="2-1", **ANN))


def test_one_is_proposed_at_a_time_and_the_next_when_it_is_decided():
    panel = opened(Always(WRONG), Always(RIGHT), Always(RIGHT))
    assert builders.steps(proposed(panel)) == [("2-2", "proposed")]

    told(panel, Decline(version="2-2", **ANN))

    assert builders.steps(labels(panel, 5)) == [("2-3", "proposed")]


def test_when_another_version_leads_the_proposal_is_off_for_it_was_not_compared_with_that_one():
    panel = opened(Always(WRONG), Always(RIGHT), Always(RIGHT))
    proposed(panel)

    effects = told(panel, Promote(version="2-3", **ANN))

    assert builders.steps(effects) == [("2-1", "demoted"), ("2-3", "promoted"), ("2-2", "declined")]
    assert panel.status().proposed is None


def test_when_the_champion_fails_somebody_leads_without_being_asked_for():
    panel = opened(Never("ask"), Always(RIGHT))
    panel.champion.learned_labels = 1
    panel.champion.conduct.unanswered = 10**6

    effects = labels(panel, 1)

    assert ("2-2", "promoted") in builders.steps(effects)


def test_a_challenger_that_is_proposed_is_not_given_up():
    panel = opened(Always(WRONG))
    challenged(panel, Always(RIGHT))
    proposed(panel)

    effects = labels(panel, TIMEOUT - 1, y=False)  # the champion is right from here on

    assert builders.steps(effects) == []
    assert builders.steps(labels(panel, 1, y=False)) == [("2-2", "declined")]


def test_a_proposed_challenger_gives_way_to_a_drifts_and_the_proposal_ends():
    panel = opened(Always(WRONG))
    challenged(panel, Always(RIGHT))
    proposed(panel)

    effects = challenged(panel, Always(RIGHT), Trigger.DRIFT)

    assert ("2-2", "rejected") in builders.steps(effects)
    assert panel.status().proposed is None


def seated_and_proposed() -> tuple[Panel, Version]:
    """A panel in which the standing challenger is proposed."""
    panel = opened(Always(WRONG), standing=True)
    panel._lives.left = 1
    labels(panel, 1, y=False)
    fresh = panel.roster.fresh
    assert fresh is not None
    fresh.model = Always(RIGHT)
    proposed(panel)
    return panel, fresh


def test_the_seat_of_a_standing_challenger_that_is_proposed_is_not_exchanged():
    panel, fresh = seated_and_proposed()
    panel._lives.left = 1

    labels(panel, 5)

    assert panel.roster.fresh is fresh


@pytest.mark.parametrize("trigger", [Trigger.LABELS, Trigger.METRIC, Trigger.SCHEDULE])
def test_nobody_but_a_drifts_challenger_takes_the_seat_of_one_that_is_proposed(trigger):
    panel, fresh = seated_and_proposed()
    turn = builders.turn(POSITION)

    panel.start_challenger(trigger, turn)
    assert (turn.effects, panel.roster.fresh) == ([], fresh)

    panel.start_challenger(Trigger.DRIFT, turn)
    assert builders.steps(turn.effects)[0] == (fresh.name, "rejected")
    assert panel.status().proposed is None


def test_an_operator_decides_on_the_one_that_is_proposed_before_its_seat_is_given_away():
    panel, fresh = seated_and_proposed()
    before = pickle.dumps(panel)

    with pytest.raises(CommandRefusedError, match=f"version {fresh.name} is proposed: approve or decline it first"):
        told(panel, Retrain(**ANN))

    assert pickle.dumps(panel) == before


def test_one_that_may_not_lead_any_more_is_not_approved():
    text = f'{ALLOW}[retraining]\nwarm_up_labels = 0\napproval = "always"\nbaseline_may_lead = '
    panel = made(builders.gauge(f"{text}true", candidates=["naive_bayes", "majority"]))
    panel.open(builders.turn(POSITION))
    for version, model in zip(panel.live, (Always(WRONG), Always(RIGHT)), strict=True):
        version.model = model
    proposed(panel)

    panel.adopt(builders.gauge(f"{text}false", candidates=["naive_bayes", "majority"]))

    with pytest.raises(CommandRefusedError, match="looks at no feature"):
        told(panel, Approve(version="2-2", **ANN))
    assert builders.steps(told(panel, Decline(version="2-2", **ANN))) == [("2-2", "declined")]


@pytest.mark.parametrize(("approval", "answers"), [("always", "2-1"), ("auto", "2-2")])
def test_where_every_promotion_is_approved_nobody_answers_who_never_led(approval, answers):
    panel = opened(Always(WRONG), Always(RIGHT), approval=approval, standing=True)

    labels(panel, 6)

    assert panel.champion.name == "2-1"
    assert panel.lineup.answering == answers


# -- borderline -------------------------------------------------------------------------------------------------------


def test_a_clear_win_needs_nobody():
    panel = opened(Always(WRONG), Always(RIGHT), approval="borderline")

    assert ("2-2", "promoted") in builders.steps(labels(panel, 60))


def test_a_win_by_less_than_the_margin_is_borderline():
    first = Always(RIGHT)
    panel = opened(first, Always(RIGHT), approval="borderline")
    effects: list[Effect] = []
    for n in range(3_000):
        first.y = n % 60 > 0  # a gain of 1 in 60
        effects += labels(panel, 1)
        if effects:
            break

    [step] = builders.versions(effects)

    assert step.reason.startswith("it won the contest; borderline: its gain so far, 0.0")
    assert step.reason.endswith("is below the margin, 0.02")
    assert step.figures["mean_gain"] < 0.02  # type: ignore[operator]


def test_a_win_while_a_group_seems_to_be_served_worse_is_borderline():
    guard = SliceGuard(("site",), alpha=0.05)
    rivalry = Rivalry(None, PairedLosses(Judge(builders.gauge())), Contest(alpha=0.05), guard=guard)  # type: ignore[arg-type]
    right, wrong = Answer(True, {True: 1.0}), Answer(False, {False: 1.0})
    for n in range(400):
        worse = n % 10 == 0 and n % 40 != 0  # of 40 labels in the north
        answers = (right, wrong) if worse else (wrong, right)
        rivalry.update(True, *answers, ("north" if n % 10 == 0 else "south",))

    assert rivalry.doubt(0.02) == "borderline: site north was served worse so far (40 labels), which is not proven"


# -- the gauge file ---------------------------------------------------------------------------------------------------

FILE = """
name = "pumps"
task = "binary"
[label]
field = "failed"
positive = 1
negative = 0
[features]
a = "number"
[retraining]
approval = "always"
"""


def test_what_waits_for_an_operator_needs_one_who_may_approve():
    with pytest.raises(GaugeError, match=r"nobody may approve: add 'approve' to operators\.allow"):
        parse(FILE)

    assert parse(FILE + '[operators]\nallow = ["approve"]').retraining.approval == "always"


def test_a_file_that_wants_no_approval_any_more_promotes_who_still_wins():
    panel = opened(Always(WRONG), Always(RIGHT))
    proposed(panel)

    panel.adopt(builders.gauge(f'{ALLOW}[retraining]\napproval = "auto"', candidates=CANDIDATES[:2]))

    assert builders.steps(labels(panel, 1)) == [("2-1", "demoted"), ("2-2", "promoted")]

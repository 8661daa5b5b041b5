"""The standing challenger, the anchor, the parent and the way back, with models that answer as they are told."""

from __future__ import annotations

import pickle
from collections import deque
from functools import partial
from typing import Any

import pytest

from models.asked import Asked
from models.learner import Learner
from models.retraining import panel as panels
from models.retraining.conduct import PATIENCE
from models.retraining.panel import Panel
from models.retraining.policy.policy import Trigger
from models.retraining.roles import ROLES, Role
from models.retraining.standing import FIRST_LIFE, LONGEST_LIFE, Lives
from schemas.records import Effect, VersionStep
from tests import builders
from tests.models.retraining.test_panel import (
    CANDIDATES,
    POSITION,
    RIGHT,
    WRONG,
    Always,
    Never,
    made,
    started,
    to_win,
    worn_out,
)

SHORT = 16
PART = 0.05 / 3
"""What races, challengers and fresh versions have of the level, each."""
FIRST = to_win(alpha=PART)
"""In the first contest of a kind."""


@pytest.fixture(autouse=True)
def _short_lives(monkeypatch):
    monkeypatch.setattr(panels, "Lives", partial(Lives, SHORT, 4 * SHORT))


def opened(*models: Any, text: str = "") -> Panel:
    gauge = builders.gauge("[retraining]\nstanding = true\n" + text, candidates=CANDIDATES[: len(models)])
    panel = made(gauge)
    panel.open(builders.turn(POSITION))
    for version, model in zip(panel.live, models, strict=True):
        version.model = model
    return panel


def labels(panel: Panel, count: int, y: bool = True) -> list[Effect]:
    """Events with their labels at once, as a learner hands them over."""
    effects: list[Effect] = []
    for _ in range(count):
        turn = builders.turn(POSITION)
        champion = panel.lineup.champion
        answers = panel.ask({"a": 1.0}, turn)
        asked = Asked(POSITION, {"a": 1.0}, answers, {}, panel.lineup, held_out=False, event_id="7")
        panel.label(asked, y, None, turn)
        if panel.lineup.champion != champion:
            panel.champion_changed(turn)
        assert not [*panel.broken()]
        effects += turn.effects
    return effects


def roles(panel: Panel) -> dict[str, str]:
    return panel.status().roles


def fresh(panel: Panel, model: Any) -> None:
    """Let the standing challenger, who must be there, answer so."""
    assert panel.roster.fresh is not None
    panel.roster.fresh.model = model


def test_every_role_has_its_terms():
    assert set(ROLES) == set(Role)


def test_lives_double_up_to_the_longest_and_begin_short_again():
    lives, ended = Lives(), []
    for n in range(1, 40_000):
        if lives.label():
            ended.append(n)
            lives.begin()

    lengths = [after - before for before, after in zip([0, *ended], ended, strict=False)]
    assert lengths[:8] == [FIRST_LIFE, FIRST_LIFE, 512, 1024, 2048, 4096, LONGEST_LIFE, LONGEST_LIFE]
    lives.restart(3)
    assert [lives.label() for _ in range(4)] == [False, False, True, True]
    lives.begin()
    assert (lives.left, lives.life) == (FIRST_LIFE, 2 * FIRST_LIFE)


def test_a_standing_challenger_comes_and_goes_unheard_while_it_never_answers():
    panel = opened(Always(RIGHT))

    assert labels(panel, SHORT - 1) == []
    assert roles(panel) == {"2-1": "champion"}
    assert labels(panel, 1) == []
    assert roles(panel) == {"2-1": "champion", "2-2": "fresh"}
    fresh(panel, Always(RIGHT))
    assert labels(panel, SHORT) == []

    status = panel.status()
    assert status.roles == {"2-1": "champion", "2-3": "fresh"}
    assert (status.made, status.unheard, status.on_trial) == (3, 1, 0)
    assert panel._lives.left == 2 * SHORT


def late(panel: Panel, by: int, count: int) -> None:
    """Events whose labels come ``by`` events later."""
    waiting: deque[Asked] = deque()
    for _ in range(count):
        turn = builders.turn(POSITION)
        answers = panel.ask({"a": 1.0}, turn)
        waiting.append(Asked(POSITION, {"a": 1.0}, answers, {}, panel.lineup, held_out=False, event_id="7"))
        if len(waiting) > by:
            panel.label(waiting.popleft(), True, None, turn)


def test_a_life_counts_the_labels_of_events_that_the_version_was_asked():
    panel, by = opened(Always(RIGHT)), 3 * SHORT
    late(panel, by, by + SHORT)
    came = panel.roster.fresh

    late(panel, by, by + SHORT - 1)
    assert panel.roster.fresh is came
    late(panel, by, by + 1)
    assert panel.roster.fresh is not came


def test_a_candidate_that_keeps_no_memory_gets_no_standing_challenger():
    panel = made(builders.gauge("[retraining]\nstanding = true", candidates=["no_change"]))
    panel.open(builders.turn(POSITION))

    assert labels(panel, 3 * SHORT) == []

    assert roles(panel) == {"2-1": "champion"}
    assert panel.status().made == 1


def test_one_that_answers_is_heard_of_before_its_first_answer():
    panel = opened(Always(WRONG))
    labels(panel, SHORT)
    fresh(panel, Always(RIGHT))

    effects = labels(panel, 5)

    assert builders.steps(effects) == [("2-2", "registered"), ("2-2", "on_trial")]
    assert {effect.trigger for effect in builders.versions(effects)} == {"standing"}
    assert (panel.champion.name, panel.status().answering.version) == ("2-1", "2-2")


def test_the_champion_that_it_beats_stays_as_the_anchor():
    panel = opened(Always(WRONG))
    labels(panel, SHORT)
    fresh(panel, Always(RIGHT))

    effects = labels(panel, FIRST)

    assert builders.steps(effects)[2:] == [("2-1", "demoted"), ("2-2", "promoted")]
    assert roles(panel) == {"2-2": "champion", "2-1": "anchor"}
    assert panel.lineup.standing == {"naive_bayes": "2-2"}


def test_the_anchor_that_is_better_leads_again_and_who_took_its_place_is_rolled_back():
    panel = opened(Always(WRONG))
    labels(panel, SHORT)
    fresh(panel, Always(RIGHT))
    labels(panel, FIRST)

    effects = labels(panel, FIRST, y=False)

    assert builders.steps(effects) == [("2-2", "rolled_back"), ("2-1", "promoted")]
    assert roles(panel) == {"2-1": "champion"}
    assert [one.reason for one in builders.versions(effects)] == [
        "version 2-1, whose place it took, is better",
        "it won the contest",
    ]


def second_promotion() -> tuple[Panel, list[Effect]]:
    """The anchor answers true, the parent false: it beat the anchor and lost to who answers true again."""
    panel = opened(Always(True))
    labels(panel, SHORT)
    fresh(panel, Always(False))
    labels(panel, FIRST, y=False)
    labels(panel, SHORT, y=False)
    assert roles(panel) == {"2-2": "champion", "2-1": "anchor", "2-3": "fresh"}
    fresh(panel, Always(True))
    panel.roster.anchor.model = Always(False)
    return panel, labels(panel, FIRST)


def test_who_replaced_the_anchor_stays_warm_for_a_while_when_it_is_replaced():
    panel, effects = second_promotion()

    steps = builders.steps(effects)
    assert steps[-2:] == [("2-2", "demoted"), ("2-3", "promoted")]
    assert roles(panel) == {"2-3": "champion", "2-1": "anchor", "2-2": "parent"}
    later = labels(panel, SHORT)
    assert ("2-2", "retired") in builders.steps(later)
    assert roles(panel) == {"2-3": "champion", "2-1": "anchor", "2-4": "fresh"}


def test_a_parent_that_is_better_leads_again():
    panel, _ = second_promotion()
    panel.roster.anchor.model = Always(True)

    effects = labels(panel, to_win(3, alpha=PART), y=False)

    assert builders.steps(effects) == [("2-3", "rolled_back"), ("2-2", "promoted")]
    assert roles(panel) == {"2-2": "champion", "2-1": "anchor"}


def test_a_drifts_challenger_takes_the_seat_and_lives_begin_short_again():
    panel = opened(Always(RIGHT))
    labels(panel, 4 * SHORT)
    assert panel._lives.life > 2 * SHORT
    before = panel.roster.fresh.name

    effects = started(panel, Trigger.DRIFT)

    assert [step for _, step in builders.steps(effects)] == ["registered", "on_trial"]
    assert panel.roster.fresh.name != before
    assert (panel._lives.left, panel._lives.life) == (SHORT, 2 * SHORT)


def test_another_triggers_challenger_has_its_own_terms_and_the_seat_is_empty_meanwhile():
    panel = opened(Always(RIGHT), text="patience_labels = 40\nwarm_up_labels = 0\n")
    labels(panel, SHORT)

    started(panel, Trigger.LABELS)
    panel.live[-1].model = Always(RIGHT)

    assert sorted(roles(panel).values()) == ["challenger", "champion"]
    ended = labels(panel, 60)
    assert ("2-3", "rejected") in builders.steps(ended)
    assert sorted(roles(panel).values()) == ["champion", "fresh"]


def test_another_candidate_that_leads_ends_what_lived_for_the_former():
    panel = opened(Always(True), Always(True))
    labels(panel, SHORT)
    fresh(panel, Always(False))
    labels(panel, FIRST, y=False)
    assert roles(panel) == {"2-3": "champion", "2-2": "racer", "2-1": "anchor"}
    panel.roster.anchor.model = Always(False)

    effects = labels(panel, to_win(2, alpha=PART))

    assert builders.steps(effects) == [("2-3", "demoted"), ("2-2", "promoted"), ("2-1", "retired")]
    assert roles(panel) == {"2-3": "racer", "2-2": "champion"}


def test_the_anchor_inherits_before_a_younger_version():
    panel = opened(Always(WRONG))
    labels(panel, SHORT)
    fresh(panel, Always(RIGHT))
    labels(panel, FIRST)
    labels(panel, SHORT)
    panel.champion.model = Never("ask")
    panel.champion.conduct.unanswered = PATIENCE - 1
    foreseen = panel.foresee({"a": 1.0})

    turn = builders.turn(POSITION)
    answers = panel.ask({"a": 1.0}, turn)

    assert builders.steps(turn.effects) == [("2-2", "retired"), ("2-1", "promoted")]
    assert foreseen == ("2-1", answers["2-1"])
    assert panel.lineup.answering == "2-1"


def test_one_that_answers_and_fails_once_too_often_gives_way_to_the_champion():
    panel = opened(Always(WRONG))
    labels(panel, SHORT)
    fresh(panel, Always(RIGHT))
    labels(panel, 5)
    fresh(panel, Never("ask"))
    worn_out(panel)
    foreseen = panel.foresee({"a": 1.0})

    turn = builders.turn(POSITION)
    answers = panel.ask({"a": 1.0}, turn)

    assert builders.steps(turn.effects) == [("2-2", "retired")]
    assert (panel.lineup.answering, foreseen) == ("2-1", ("2-1", answers["2-1"]))


def test_one_that_fails_unheard_is_heard_of_and_the_seat_stays_empty_until_its_life_is_over():
    panel = opened(Always(RIGHT))
    labels(panel, SHORT)
    fresh(panel, Never("learn"))
    panel.roster.fresh.conduct.unlearned = PATIENCE - 1

    assert [step for _, step in builders.steps(labels(panel, 1))] == ["registered", "on_trial", "retired"]
    assert labels(panel, SHORT - 2) == []
    assert roles(panel) == {"2-1": "champion"}
    labels(panel, 1)
    assert roles(panel) == {"2-1": "champion", "2-3": "fresh"}


@pytest.mark.parametrize(
    ("may_lead", "expected"),
    [("false", {"2-2": "racer", "2-3": "stand_in"}), ("true", {"2-2": "champion"})],
)
def test_a_declared_baseline_inherits_the_lead_only_where_it_may_lead(may_lead, expected):
    panel = failing_champion("naive_bayes", "majority", text=f"baseline_may_lead = {may_lead}")

    labels(panel, 1)

    assert roles(panel) == expected


def test_a_failing_champion_is_inherited_by_the_worst_model_before_any_declared_baseline():
    panel = failing_champion("naive_bayes", "majority", "hoeffding_tree")
    panel.live[1].faded_loss.update(0.0)
    panel.live[2].faded_loss.update(1.0)

    labels(panel, 1)

    assert roles(panel) == {"2-2": "racer", "2-3": "champion"}


def failing_champion(*candidates: str, text: str = "") -> Panel:
    panel = made(builders.gauge(f"[retraining]\n{text}", candidates=candidates))
    panel.open(builders.turn(POSITION))
    panel.champion.model = Never("learn")
    panel.champion.conduct.unlearned = PATIENCE - 1
    return panel


def test_while_a_baseline_stands_in_challengers_come_by_themselves():
    panel = opened(Never("learn"))
    worn_out(panel)
    labels(panel, 1)
    assert [*roles(panel).values()] == ["stand_in"]

    labels(panel, SHORT)

    assert [*roles(panel).values()] == ["stand_in", "fresh"]


def test_a_gauge_file_that_keeps_none_ends_them_at_the_next_record():
    panel = opened(Always(WRONG))
    labels(panel, SHORT)
    fresh(panel, Always(RIGHT))
    labels(panel, FIRST)
    labels(panel, SHORT)
    assert sorted(roles(panel).values()) == ["anchor", "champion", "fresh"]

    panel.adopt(builders.gauge("[retraining]\nstanding = false"))
    assert not panel.is_open
    turn = builders.turn(POSITION)
    panel.open(turn)

    assert builders.steps(turn.effects) == [("2-1", "retired")]
    assert [*roles(panel).values()] == ["champion"]
    assert labels(panel, 4 * SHORT) == []
    panel.adopt(builders.gauge("[retraining]\nstanding = true"))
    panel.open(builders.turn(POSITION))
    labels(panel, SHORT)
    assert sorted(roles(panel).values()) == ["champion", "fresh"]


def test_the_state_is_whole_after_a_restore():
    panel, _ = second_promotion()

    restored = pickle.loads(pickle.dumps(panel))

    assert not [*restored.broken()]
    assert builders.steps(labels(restored, 3 * SHORT)) == builders.steps(labels(panel, 3 * SHORT))


def test_without_drift_there_is_one_model_for_each_candidate():
    gauge = builders.gauge("[retraining]\non_drift = false")
    learner = Learner(gauge)
    records = [builders.record(n, a=float(n % 7), y="bad" if n % 2 else "good") for n in range(3 * SHORT)]

    builders.fold(learner, builders.decoded(gauge, records))

    assert learner.status().versions.roles == {"0-1": "champion"}
    assert learner.status().versions.steps[VersionStep.REGISTERED] == learner.status().versions.made == 1


def test_the_status_shows_each_contest_that_is_on_as_the_version_events_do():
    gauge = builders.gauge('[retraining]\nstanding = true\n[label]\narrival = "with_event"')
    values = [builders.record(n, a=float(n % 7), y="bad" if n % 7 > 3 else "good") for n in range(300)]
    learner, effects = builders.run(gauge, values)

    status = learner.status().versions

    assert status.champion is not None
    assert {status.champion.version, *status.contests} == {*status.roles}
    assert len(status.contests) >= 1
    for name, contest in status.contests.items():
        assert 0 < contest.labels <= 300
        assert 0 < contest.evidence < contest.threshold, name
    ended = [one for one in builders.versions(effects) if "evidence" in one.figures]
    assert all(one.figures.keys() >= {"contest_labels", "mean_gain", "evidence", "threshold"} for one in ended)

"""Who leads, who is on trial, and every step between, with models that answer as they are told."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from models.answer import Answer
from models.asked import Asked
from models.counts import Counts
from models.drift.episodes import Episodes
from models.evaluation.board import Board
from models.names import Names
from models.retraining.conduct import PATIENCE
from models.retraining.contests.contest import Contest, Verdict
from models.retraining.panel import Panel
from models.retraining.policy.policy import Trigger
from models.turn import Turn
from schemas.gauge import Gauge
from schemas.records import Effect, ModelVersion, VersionStep
from tests import builders

POSITION = 7
QUICK = "[retraining]\nwarm_up_labels = 0\npatience_labels = {patience}"


class Always:
    """Answers the same class always, and remembers what it was taught."""

    def __init__(self, y: bool) -> None:
        self.y = y
        self.learned: list[Any] = []

    def predict_proba_one(self, x: Any) -> dict[bool, float]:
        return {self.y: 1.0}

    def learn_one(self, x: Any, y: bool) -> None:
        self.learned.append((x, y))


class Never(Always):
    """Raises where it is told to."""

    def __init__(self, fails: str) -> None:
        super().__init__(True)
        self.fails = fails

    def predict_proba_one(self, x: Any) -> dict[bool, float]:
        if self.fails == "ask":
            raise builders.BrokenError("cannot answer")
        return super().predict_proba_one(x)

    def learn_one(self, x: Any, y: bool) -> None:
        if self.fails == "learn":
            raise builders.BrokenError("cannot learn")


CANDIDATES = ("naive_bayes", "hoeffding_tree", "logistic_regression")
"""All answer with their likeliest class, so that `Always` may stand for them."""


def made(gauge: Gauge, stopwatch: Any = None) -> Panel:
    episodes = Episodes(gauge, Names(2), Counts())
    return Panel(
        gauge,
        board=Board(gauge, episodes),
        episodes=episodes,
        libraries={"river": "9"},
        stopwatch=stopwatch,
    )


def what_follows(act: Callable[[Turn], Any]) -> list[Effect]:
    """The effects of one act on a panel."""
    turn = builders.turn(POSITION)
    act(turn)
    return turn.effects


def asked(panel: Panel, x: Any = None) -> tuple[dict[str, Answer], list[Effect]]:
    """Every answer to one event, and what followed from asking."""
    turn = builders.turn(POSITION)
    return panel.ask({} if x is None else x, turn), turn.effects


def opened(*models: Any, patience: int = 1_000) -> Panel:
    """A panel with these models: the first leads, the others race it."""
    gauge = builders.gauge(QUICK.format(patience=patience), candidates=CANDIDATES[: len(models)])
    panel = made(gauge)
    panel.open(builders.turn(POSITION))
    for version, model in zip(panel.live, models, strict=True):
        version.model = model
    return panel


def worn_out(panel: Panel) -> Panel:
    """The same panel, in which the next failure of any version is one too many."""
    for version in panel.live:
        version.learned_labels += 1
        version.conduct.unanswered = version.conduct.unlearned = PATIENCE - 1
    return panel


def challenged(panel: Panel, model: Any, trigger: Trigger = Trigger.LABELS) -> list[Effect]:
    effects = started(panel, trigger)
    panel.live[-1].model = model
    return effects


def on_trial(panel: Panel) -> int:
    return panel.status().on_trial


def started(panel: Panel, trigger: Trigger) -> list[Effect]:
    return what_follows(lambda turn: panel.start_challenger(trigger, turn))


def labels(panel: Panel, count: int, y: bool = True, position: int = POSITION) -> list[Effect]:
    """So many events, each with its label at once."""
    effects: list[Effect] = []
    for _ in range(count):
        turn = builders.turn(position)
        answers = panel.ask({"a": 1.0}, turn)
        panel.label(event(panel, answers), y, None, turn)
        effects += turn.effects
    return effects


def event(panel: Panel, answers: dict[str, Answer]) -> Asked:
    return Asked(POSITION, {"a": 1.0}, answers, {}, panel.lineup, held_out=False, event_id="7")


RIGHT, WRONG = True, False


def to_win(contest: int = 1, *, alpha: float = 0.05) -> int:
    """Labels that a challenger needs which is always right where the champion is always wrong."""
    bets = Contest(alpha=alpha * contest**-1.5 / 2.612375348685488, margin=None)
    return next(n for n in count(1) if bets.update(1.0) is Verdict.PROMOTE)


TO_WIN = to_win()
RACE = to_win(alpha=0.025)
"""In the first race of two candidates, which have one half of the level while trials have the other."""
AGAIN = to_win(2, alpha=0.025)
"""In the second."""


def test_the_first_candidate_leads_and_the_others_race_it():
    gauge = builders.gauge(candidates=CANDIDATES)
    panel = made(gauge)

    effects = what_follows(panel.open)

    assert builders.steps(effects) == [
        ("2-1", "registered"),
        ("2-2", "registered"),
        ("2-3", "registered"),
        ("2-1", "promoted"),
        ("2-2", "on_trial"),
        ("2-3", "on_trial"),
    ]
    assert (panel.champion.name, panel.status().made, on_trial(panel)) == ("2-1", 3, 0)
    standing = {"naive_bayes": "2-1", "hoeffding_tree": "2-2", "logistic_regression": "2-3"}
    assert panel.lineup[:3] == ("2-1", standing, "2-1")


def test_a_step_says_all_about_its_version():
    panel = opened(Always(WRONG))
    labels(panel, 3, position=40)
    challenged(panel, Always(RIGHT))

    [promoted] = builders.versions(labels(panel, TO_WIN, position=50), VersionStep.PROMOTED)

    figures = promoted.figures
    assert promoted == ModelVersion(
        position=50,
        time=None,
        version="2-2",
        step=VersionStep.PROMOTED,
        candidate="naive_bayes",
        parent="2-1",
        trigger="labels",
        reason="it won the contest",
        gauge_digest=panel._registry._gauge.digest,
        learned_first=50,
        learned_last=50,
        learned_labels=TO_WIN,
        libraries={"river": "9"},
        figures=figures,
    )
    assert figures["faded_loss"] == 0.0
    assert (figures["contest_labels"], figures["mean_gain"], figures["threshold"]) == (
        TO_WIN,
        1.0,
        pytest.approx(1 + 2.612375 / 0.05),
    )
    assert figures["evidence"] >= figures["threshold"]


def test_a_challenger_that_wins_takes_its_candidates_place():
    panel = opened(Always(WRONG))
    challenged(panel, Always(RIGHT))

    assert labels(panel, TO_WIN - 1) == []
    assert builders.steps(labels(panel, 1)) == [("2-1", "retired"), ("2-2", "promoted")]
    assert [version.name for version in panel.live] == ["2-2"]
    assert (panel.champion.name, on_trial(panel), panel.lineup.standing) == ("2-2", 0, {"naive_bayes": "2-2"})


def test_a_start_that_a_model_without_memory_needs_not_is_not_counted():
    gauge = builders.gauge(
        '[retraining]\ncooldown_labels = 50\nmax_retrains = "1 per 1000 labels"', candidates=("no_change",)
    )
    panel = made(gauge)
    panel.open(builders.turn(POSITION))

    assert started(panel, Trigger.LABELS) == []

    policy = panel.policy.status()
    assert (policy.cooldown_left, policy.retrains_left) == (0, 1)


def test_a_racer_that_wins_leads_and_the_former_champion_races_on_and_may_win_back():
    panel = opened(Always(WRONG), Always(RIGHT))

    assert builders.steps(labels(panel, RACE)) == [("2-1", "demoted"), ("2-2", "promoted")]
    assert panel.lineup[:3] == ("2-2", {"naive_bayes": "2-1", "hoeffding_tree": "2-2"}, "2-2")
    # The contest begins anew: the labels won so far count for nothing.
    assert builders.steps(labels(panel, AGAIN, y=False)) == [("2-2", "demoted"), ("2-1", "promoted")]


def test_a_challenger_without_a_lead_is_rejected_when_patience_ends_and_a_racer_never():
    panel = opened(Always(RIGHT), Always(RIGHT), patience=10)
    challenged(panel, Always(RIGHT))

    effects = labels(panel, 40)

    assert builders.steps(effects) == [("2-3", "rejected")]
    assert effects[0].figures["contest_labels"] <= 10
    assert effects[0].reason == "the contest gave up: no lead worth having"
    assert [version.name for version in panel.live] == ["2-1", "2-2"]


def test_a_trial_that_is_on_gives_way_to_a_drifts_challenger_only():
    panel = opened(Always(RIGHT))
    challenged(panel, Always(RIGHT))
    labels(panel, 3)

    assert started(panel, Trigger.LABELS) == []
    assert started(panel, Trigger.METRIC) == []
    effects = started(panel, Trigger.DRIFT)

    assert builders.steps(effects) == [("2-2", "rejected"), ("2-3", "registered"), ("2-3", "on_trial")]
    assert effects[0].figures["contest_labels"] == 3
    assert {effect.trigger for effect in effects[1:]} == {"drift"}
    assert on_trial(panel) == 1


def test_a_challenger_is_of_the_champions_candidate():
    panel = opened(Always(WRONG), Always(RIGHT))
    labels(panel, RACE)

    effects = started(panel, Trigger.DRIFT)

    assert {(effect.candidate, effect.parent) for effect in effects} == {("hoeffding_tree", "2-2")}


def test_a_trial_goes_on_against_a_racer_that_was_promoted_meanwhile_in_a_contest_of_its_own():
    panel = opened(Always(WRONG), Always(RIGHT))
    challenged(panel, Always(WRONG))
    assert builders.steps(labels(panel, RACE)) == [("2-1", "demoted"), ("2-2", "promoted")]
    assert on_trial(panel) == 1
    second = challenged(panel, Always(RIGHT))  # of the new champion's candidate, beside the trial of the other one
    assert builders.steps(second) == [("2-4", "registered"), ("2-4", "on_trial")]

    effects = labels(panel, RACE, y=False)

    # 2-1 and 2-3 are both right now. The trial is the first that the new champion has to stand; the race is the second
    # of its kind, and needs more.
    assert builders.steps(effects) == [("2-1", "retired"), ("2-2", "demoted"), ("2-3", "promoted")]
    assert on_trial(panel) == 1


def test_a_challenger_of_another_candidate_retires_its_own_and_demotes_the_champion():
    panel = opened(Always(WRONG), Always(RIGHT))
    challenged(panel, Always(WRONG))
    labels(panel, RACE)  # the racer leads now
    panel.live[0].model = Always(RIGHT)  # so that only the challenger differs from the champion

    effects = labels(panel, AGAIN, y=False)

    assert builders.steps(effects) == [("2-1", "retired"), ("2-2", "demoted"), ("2-3", "promoted")]
    assert panel.lineup[:3] == ("2-3", {"naive_bayes": "2-3", "hoeffding_tree": "2-2"}, "2-3")


def test_one_label_promotes_one_at_most():
    panel = opened(Always(WRONG), Always(RIGHT), Always(RIGHT))

    effects = labels(panel, RACE)

    assert builders.steps(effects) == [("2-1", "demoted"), ("2-2", "promoted")]
    assert labels(panel, 5 * RACE) == []  # 2-3 is as good as 2-2, and its old lead over 2-1 is forgotten


def test_a_challenger_without_a_lead_goes_before_a_promotion_begins_every_contest_anew():
    panel = opened(Always(WRONG), Always(RIGHT))
    challenged(panel, Always(WRONG))
    racer, trial = (panel._contests._on[name] for name in ("2-2", "2-3"))

    verdicts = [(racer, Verdict.PROMOTE), (trial, Verdict.GIVE_UP)]
    effects = what_follows(lambda turn: panel._settlement.settle(verdicts, turn))

    assert builders.steps(effects) == [("2-3", "rejected"), ("2-1", "demoted"), ("2-2", "promoted")]


def test_events_from_before_a_challenger_teach_it_but_do_not_judge_it():
    panel = opened(Always(WRONG))
    answers, _ = asked(panel, {"a": 1.0})
    challenged(panel, Always(RIGHT))

    for _ in range(50):
        assert what_follows(lambda turn: panel.label(event(panel, answers), True, None, turn)) == []

    challenger = panel.live[-1]
    assert (challenger.learned_labels, challenger.faded_loss.get()) == (50, None)
    assert panel.champion.faded_loss.get() == pytest.approx(1.0)


def test_a_challenger_starts_with_the_recent_labels_if_there_are_any():
    panel = opened(Always(RIGHT))

    panel._starts._recent = deque([({"a": 1.0}, True, 3), ({"a": 2.0}, False, 5)])

    started(panel, Trigger.METRIC)

    challenger = panel.live[-1]
    assert (challenger.learned_first, challenger.learned_last, challenger.learned_labels) == (3, 5, 2)
    assert challenger.model.class_counts == {True: 1, False: 1}


# -- failures ---------------------------------------------------------------------------------------------------------


def test_the_next_best_that_stands_leads():
    panel = opened(Always(WRONG), Always(WRONG), Always(RIGHT))
    labels(panel, 4)
    panel.live[0].model = Never("ask")
    worn_out(panel)

    answers, effects = asked(panel)

    assert builders.steps(effects) == [("2-1", "retired"), ("2-3", "promoted")]
    assert (
        effects[0].reason == "the model keeps failing, 1 times so far; the last: BrokenError"
    )  # its words might hold a customer's features
    assert effects[1].reason == "the champion failed and it is the next best"
    assert set(answers) == {"2-2", "2-3"}
    assert panel.lineup[:3] == ("2-3", {"hoeffding_tree": "2-2", "logistic_regression": "2-3"}, "2-3")


def test_of_equally_good_heirs_the_first_candidate_leads_and_one_without_a_record_comes_last():
    equal = worn_out(opened(Never("ask"), Always(RIGHT), Always(RIGHT)))
    assert builders.steps(asked(equal)[1])[-1] == ("2-2", "promoted")

    unknown = opened(Always(RIGHT), Always(WRONG), Always(RIGHT))
    answers, _ = asked(unknown)
    only = event(unknown, {"2-3": answers["2-3"]})
    what_follows(lambda turn: unknown.label(only, True, None, turn))
    unknown.live[0].model = Never("ask")
    worn_out(unknown)
    assert builders.steps(asked(unknown)[1])[-1] == ("2-3", "promoted")


def test_several_may_fail_on_one_event():
    panel = worn_out(opened(Never("ask"), Never("ask"), Always(RIGHT)))

    answers, effects = asked(panel)

    assert builders.steps(effects) == [("2-1", "retired"), ("2-2", "retired"), ("2-3", "promoted")]
    assert set(answers) == {"2-3"}


def test_a_racer_that_fails_ends_no_other_contest():
    panel = opened(Always(WRONG), Always(RIGHT), Always(WRONG))
    labels(panel, RACE - 1)
    panel.live[2].model = Never("learn")
    worn_out(panel)

    assert builders.steps(labels(panel, 1)) == [("2-3", "retired"), ("2-1", "demoted"), ("2-2", "promoted")]


def test_a_challenger_leads_when_nobody_else_is_left_and_stands_for_its_candidate():
    panel = opened(Always(RIGHT))
    challenged(panel, Always(WRONG))
    panel.live[0].model = Never("ask")
    worn_out(panel)

    answers, effects = asked(panel)

    assert builders.steps(effects) == [("2-1", "retired"), ("2-2", "promoted")]
    assert (set(answers), on_trial(panel), panel.lineup[:3]) == ({"2-2"}, 0, ("2-2", {"naive_bayes": "2-2"}, "2-2"))


def test_a_challenger_may_win_the_place_that_its_failed_parent_left_empty():
    panel = opened(Always(RIGHT), Always(WRONG))
    challenged(panel, Always(RIGHT))
    panel.live[0].model = Never("ask")
    worn_out(panel)
    assert builders.steps(asked(panel)[1]) == [("2-1", "retired"), ("2-2", "promoted")]

    assert builders.steps(labels(panel, RACE)) == [("2-2", "demoted"), ("2-3", "promoted")]
    assert panel.lineup.standing == {"hoeffding_tree": "2-2", "naive_bayes": "2-3"}


def test_a_challenger_that_wins_on_the_label_it_fails_to_learn_is_retired():
    panel = opened(Always(WRONG))
    challenged(panel, Never("learn"))
    panel.live[-1].model.fails = ""
    labels(panel, TO_WIN - 1)
    panel.live[-1].model.fails = "learn"
    worn_out(panel)

    assert builders.steps(labels(panel, 1)) == [("2-2", "retired")]
    assert panel.champion.name == "2-1"


def test_who_beat_a_champion_that_fails_has_not_beaten_its_heir():
    # Everybody but the champion is right. It fails on the label that decides, 2-2 inherits: 2-3 has won nothing yet.
    panel = opened(Never(""), Always(RIGHT), Always(RIGHT))
    panel.champion.model.y = WRONG
    labels(panel, RACE - 1)
    panel.champion.model.fails = "learn"
    worn_out(panel)

    effects = labels(panel, 1)

    assert builders.steps(effects) == [("2-1", "retired"), ("2-2", "promoted")]
    assert panel.champion.name == "2-2"


def test_a_challenger_that_cannot_learn_the_recent_labels_is_retired_before_it_is_judged(monkeypatch):
    panel = opened(Always(RIGHT))
    monkeypatch.setattr("models.retraining.registry.build", lambda candidate, gauge: Never("learn"))
    panel._starts._recent = deque([({}, True, 3)] * PATIENCE)

    effects = started(panel, Trigger.DRIFT)

    assert builders.steps(effects) == [("2-2", "registered"), ("2-2", "on_trial"), ("2-2", "retired")]
    assert [version.name for version in panel.live] == ["2-1"]
    assert (on_trial(panel), panel.status().made) == (0, 2)


# -- nothing left -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["ask", "learn"])
def test_with_no_model_left_the_best_baseline_stands_in(where):
    panel = worn_out(opened(Never(where), Never(where)))
    for y in (False, False, True):
        panel._board.learn(y)

    effects = labels(panel, 1)

    assert builders.steps(effects) == [
        ("2-1", "retired"),
        ("2-2", "retired"),
        ("2-3", "registered"),
        ("2-3", "promoted"),
    ]
    registered = builders.versions(effects, VersionStep.REGISTERED)[0]
    assert (registered.candidate, registered.trigger, registered.parent) == ("no_change", "failure", "2-2")
    assert panel.lineup[:3] == ("2-3", {}, "2-3")
    answers, _ = asked(panel)
    assert {name: answer.y_pred for name, answer in answers.items()} == {"2-3": True}


def test_a_stand_in_has_learned_every_label_that_its_baseline_has():
    panel = worn_out(opened(Never("learn")))
    panel._board.learn(False)

    labels(panel, 1, y=True)  # the label that the last model could not learn

    assert asked(panel)[0]["2-2"].y_pred is True


def test_a_challenger_of_the_candidate_that_led_takes_over_from_the_stand_in():
    panel = worn_out(opened(Never("ask"), Never("ask")))
    panel._board.learn(WRONG)
    labels(panel, 1, y=WRONG)

    started = challenged(panel, Always(RIGHT))
    assert builders.versions(started)[0].candidate == "naive_bayes"
    monotonous: list[Effect] = []
    for _ in range(2 * RACE):  # the baseline repeats the last label, and that is never right here
        panel.champion.model.learn(WRONG)
        monotonous += labels(panel, 1, y=RIGHT)
        if panel.stand_in is None:
            break

    assert builders.steps(monotonous) == [("2-3", "retired"), ("2-4", "promoted")]
    assert panel.lineup[:3] == ("2-4", {"naive_bayes": "2-4"}, "2-4")
    assert [version.name for version in panel.live] == ["2-4"]


def test_a_challenger_that_fails_beside_the_stand_in_changes_nobody():
    panel = worn_out(opened(Never("ask")))
    labels(panel, 1)
    challenged(panel, Never("ask"))
    worn_out(panel)

    assert builders.steps(labels(panel, 1)) == [("2-3", "retired")]
    assert (panel.champion.name, on_trial(panel)) == ("2-2", 0)


def test_what_is_no_fault_of_a_model_passes_through_the_replay_of_recent_labels():
    panel = opened(Always(RIGHT))

    def recent():
        yield {}, True, 3
        raise KeyboardInterrupt

    panel._starts._recent = recent()
    with pytest.raises(KeyboardInterrupt):
        started(panel, Trigger.DRIFT)


# -- what a run takes -------------------------------------------------------------------------------------------------


def test_a_stopwatch_adds_up_each_candidates_time_and_changes_no_effect():
    ticks = iter(range(1_000))
    gauge = builders.gauge(candidates=CANDIDATES[:2])
    timed = made(gauge, stopwatch=lambda: float(next(ticks)))
    untimed = made(gauge)

    assert what_follows(timed.open) == what_follows(untimed.open)
    assert labels(timed, 5) == labels(untimed, 5)
    assert timed.seconds == {"naive_bayes": 10.0, "hoeffding_tree": 10.0}  # asked and taught five times, one tick each
    assert untimed.seconds == {"naive_bayes": 0.0, "hoeffding_tree": 0.0}


def test_a_stopwatch_is_not_saved():
    gauge = builders.gauge()
    panel = made(gauge, stopwatch=lambda: 0.0)
    panel.open(builders.turn(POSITION))

    restored = pickle.loads(pickle.dumps(panel))

    assert asked(restored, {"a": 1.0}) == asked(panel, {"a": 1.0})


def test_a_verdict_names_its_rivalry():
    panel = opened(Always(WRONG), Always(RIGHT))
    labels(panel, RACE - 1)

    [(rivalry, verdict)] = panel._contests.judge(True, asked(panel)[0], "2-1")

    assert (rivalry.challenger.name, verdict) == ("2-2", Verdict.PROMOTE)

"""Every series side by side: candidates, the service itself, the baselines, and the held-out windows."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from models.answer import NO_ANSWER, Answer
from models.asked import Asked, Lineup
from models.evaluation.board import Board
from schemas.events import Label
from schemas.records import Effect, WindowReport
from schemas.status import NamedFigure
from tests import builders

TRUE, FALSE = Answer(True, {True: 1.0}), Answer(False, {False: 1.0})


def asked(
    board: Board, answers: dict[str, Answer], champion: str, standing: dict[str, str], position: int = 0
) -> Asked:
    return Asked(
        position, {}, answers, board.ask(), Lineup(champion, standing, champion), held_out=False, event_id=str(position)
    )


def scored(board: Board, asked: Asked, y: Label) -> WindowReport | None:
    return board.label(asked, y, asked.lineup.champion, builders.turn(asked.position))


def race() -> Board:
    return Board(
        builders.gauge("[evaluation]\nholdout_window = 10", candidates=["naive_bayes", "no_change"]),
        builders.episodes(),
    )


def accuracy(score) -> float | None:
    return score.figures()["Accuracy"]


def test_a_candidates_series_goes_on_through_its_versions():
    board = race()
    scored(board, asked(board, {"0-1": TRUE, "0-2": FALSE}, "0-1", {"naive_bayes": "0-1", "no_change": "0-2"}), True)
    scored(board, asked(board, {"0-3": FALSE, "0-2": TRUE}, "0-2", {"naive_bayes": "0-3", "no_change": "0-2"}), True)

    assert (board.candidates["naive_bayes"].n, accuracy(board.candidates["naive_bayes"])) == (2, 0.5)
    assert (board.candidates["no_change"].n, accuracy(board.candidates["no_change"])) == (2, 0.5)
    assert (board.served.n, accuracy(board.served)) == (2, 1.0)  # 0-1 was right, and then 0-2


def test_a_challenger_on_trial_is_in_no_prequential_series():
    board = race()
    answers = {"0-1": FALSE, "0-2": FALSE, "0-9": TRUE}

    scored(board, asked(board, answers, "0-1", {"naive_bayes": "0-1", "no_change": "0-2"}), True)

    assert [accuracy(score) for score in (*board.candidates.values(), board.served)] == [0.0, 0.0, 0.0]


def test_a_candidate_that_has_failed_has_no_more_answers():
    board = race()

    scored(board, asked(board, {"0-2": TRUE}, "0-2", {"no_change": "0-2"}), True)

    assert (board.candidates["naive_bayes"].n, board.candidates["no_change"].n, board.served.n) == (0, 1, 1)


def test_one_candidates_series_is_the_services():
    board = Board(builders.gauge(), builders.episodes())

    scored(board, asked(board, {"0-1": TRUE}, "0-1", {"naive_bayes": "0-1"}), True)

    assert board.served is board.candidates["naive_bayes"]
    assert board.served.n == 1


def test_baselines_are_scored_by_what_they_had_said_before_the_label():
    board = Board(builders.gauge(), builders.episodes())
    for y in (True, True, False):
        before = asked(board, {"0-1": NO_ANSWER}, "0-1", {"naive_bayes": "0-1"})
        scored(board, before, y)
        board.learn(y)

    # Silent on the first, right on the second, wrong on the third.
    assert {name: (score.n, accuracy(score)) for name, score in board.baselines.items()} == {
        "no_change": (2, 0.5),
        "majority_class": (2, 0.5),
    }


def test_the_baseline_that_is_hardest_to_beat_leads():
    board = Board(builders.gauge(), builders.episodes())
    assert board.leading_baseline() == NamedFigure(name="no_change", value=None)
    for y in (True, True, False, True, False, True, True):
        scored(board, asked(board, {"0-1": TRUE}, "0-1", {"naive_bayes": "0-1"}), y)
        board.learn(y)
    assert board.leading_baseline() == NamedFigure(name="majority_class", value=4 / 6)

    errors = Board(builders.gauge(task="regression", candidates=["mean"]), builders.episodes())
    for y in (0.0, 10.0, 10.0, 10.0):
        scored(errors, asked(errors, {"0-1": NO_ANSWER}, "0-1", {"mean": "0-1"}), y)
        errors.learn(y)
    assert errors.leading_baseline() == NamedFigure(name="last_value", value=10 / 3)


def test_a_full_window_is_reported_and_the_next_begins_behind_it():
    board = race()
    effects: list[Effect] = []
    for position in range(25):
        before = asked(board, {"0-1": TRUE, "0-2": FALSE}, "0-1", {}, position)._replace(held_out=True)
        turn = builders.turn(10 * position)
        report = board.label(before, True, "0-2", turn)
        assert turn.effects == ([] if report is None else [report])
        effects += turn.effects

    reports = builders.reports(effects)
    assert [(r.position, r.window, r.first, r.labels) for r in reports] == [(90, 1, 0, 10), (190, 2, 91, 10)]
    assert {report.champion for report in reports} == {"0-2"}
    assert reports[0].models["0-2"]["error"] == 1.0
    assert board.reports == 2
    assert board.held_out_figures()["0-1"]["labels"] == 5


def test_held_out_labels_leave_every_prequential_figure_alone():
    board = race()

    scored(board, asked(board, {"0-1": TRUE}, "0-1", {"naive_bayes": "0-1"})._replace(held_out=True), True)

    assert board.served.n == 0
    assert {score.n for score in (*board.candidates.values(), *board.baselines.values())} == {0}
    assert board.ask() == Board(builders.gauge(), builders.episodes()).ask()


def test_a_version_has_a_figure_of_its_own_from_its_first_answer_on_and_none_when_it_is_gone():
    board = race()
    lineups = [("0-1", "0-2"), ("0-1", "0-2", "0-3"), ("0-3", "0-2")]
    pending = []
    for position in range(30):
        names = lineups[position // 10]
        before = asked(board, dict.fromkeys(names, TRUE), names[0], {"no_change": "0-2"}, position)
        board.predicted(before, builders.turn(position))
        pending.append(before)
        if position >= 2:  # labels are two events late
            late = pending[position - 2]
            scored(board, late, late.position % 2 == 0)

    # 0-1 is gone at 20; 0-3 has answered from 10 on, and the labels of 28 and 29 are not in.
    assert {name: one.n for name, one in board.versions.items()} == {"0-3": 18, "0-2": 28}
    assert board.versions["0-3"].figure().value == 0.5
    assert board.status().version_figures["0-2"].missing == "72 more labels"


def test_a_held_out_event_is_in_no_version_and_no_lead():
    board = race()
    before = asked(board, {"0-1": TRUE}, "0-1", {})._replace(held_out=True)
    board.predicted(before, builders.turn(0))
    board.learn(True)
    scored(board, before, True)

    assert (board.versions["0-1"].n, board.status().leads["no_change"].life.n) == (0, 0)


def test_leads_and_figures_are_those_of_the_answers():
    board, rng = race(), random.Random(5)
    y = True
    for position in range(1_500):
        y = rng.random() < 0.5
        answers = {"0-1": TRUE if y ^ (rng.random() < 0.2) else FALSE, "0-2": TRUE}
        before = asked(board, answers, "0-1", {"naive_bayes": "0-1", "no_change": "0-2"}, position)
        board.predicted(before, builders.turn(position))
        scored(board, before, y)
        board.learn(y)

    status = board.status()
    served, baseline = status.figures.life["Accuracy"], status.baseline_figures["no_change"].life["Accuracy"]
    assert served.value == status.metrics["Accuracy"]
    assert served.low < 0.8 < served.high
    lead = status.leads["no_change"].life
    assert lead.n == 1_499
    assert lead.value == pytest.approx(served.value - baseline.value, abs=1e-3)
    assert 0.2 < lead.low < 0.3 < lead.high < 0.4
    assert status.leads["no_change"].recent == replace(lead, coverage=None)  # fewer than a period: all are new
    assert status.candidate_figures["naive_bayes"].life["Accuracy"] == served
    assert status.version_figures["0-1"] == served  # one version for the candidate's whole life
    assert status.figures.window["Accuracy"].n == 1_000
    assert status.figures.faded_error.low < status.faded_error < status.figures.faded_error.high


def test_a_report_has_every_figure_with_its_interval():
    board = Board(builders.gauge("[evaluation]\nholdout_window = 200"), builders.episodes())
    report = None
    for position in range(200):
        board.learn(position % 2 == 0)
        answer = TRUE if position % 5 else FALSE
        before = asked(board, {"0-1": answer}, "0-1", {}, position)._replace(held_out=True)
        report = board.label(before, True, "0-1", builders.turn(position))

    assert report is not None
    assert set(report.figures) == {"0-1", "no_change", "majority_class"}
    assert set(report.figures["0-1"]) == {"Accuracy", "error"}
    accuracy, error = report.figures["0-1"]["Accuracy"], report.figures["0-1"]["error"]
    assert (accuracy.value, accuracy.n, error.value) == (0.8, 200, 0.2)
    assert (1 - accuracy.high, 1 - accuracy.low) == pytest.approx((error.low, error.high))
    assert (report.models["0-1"]["error_low"], report.models["0-1"]["error_high"]) == (error.low, error.high)

"""The decision in the status: the threshold in force, and precision, recall and cost of the served labels."""

from __future__ import annotations

import pytest
from sklearn.metrics import precision_score, recall_score

from models.decision.wanted import NEEDED
from models.learner import Learner
from schemas.evaluated import DecisionFigures
from schemas.gauge import Gauge
from streams.cli.measures.decision import show_decision
from tests import builders
from tests.models.decision.test_served import CALM, DECISIONS, later, records


def gauge(decision: str, *, holdout: float = 0.2, task: str = "binary", candidates=("naive_bayes",)) -> Gauge:
    return builders.gauge(f"{CALM}[evaluation]\nholdout = {holdout}\n{decision}", task=task, candidates=candidates)


def served(gauge: Gauge, values: list[bytes]) -> tuple[Learner, list[bool], list[bool]]:
    """A learner, and label and served label of what is not held out, in the order of the labels."""
    learner, effects = builders.run(gauge, later(values, 10))
    truth = {event.id: event.y for event in builders.decoded(gauge, later(values, 10)) if hasattr(event, "y")}
    found = [(truth[p.id], p.y_pred == "bad") for p in builders.predictions(effects) if p.y_pred and not p.held_out]
    learner.check()
    return learner, [y for y, _ in found], [y_pred for _, y_pred in found]


def decision(learner: Learner) -> DecisionFigures:
    found = learner.status().evaluated.decision
    assert found is not None
    return found


@pytest.mark.parametrize("way", DECISIONS)
def test_precision_and_recall_are_scikit_learns_of_the_served_labels(way):
    learner, y, y_pred = served(gauge(DECISIONS[way]), records(1_500))

    found = decision(learner)

    assert found.by == way
    assert found.precision.value == pytest.approx(precision_score(y, y_pred))
    assert found.recall.value == pytest.approx(recall_score(y, y_pred))
    assert (found.precision.n, found.recall.n) == (sum(y_pred), sum(y))
    assert found.recall.low < found.recall.value < found.recall.high
    assert (found.cost is None) == (way != "costs")


def test_the_threshold_is_that_of_the_version_that_leads():
    learner, _, _ = served(gauge(DECISIONS["recall"]), records(1_500))
    rule = learner.panel.champion.rule

    found = decision(learner)

    assert (found.wanted, found.threshold, found.reached) == (0.9, rule.threshold, rule.reached)
    assert found.missing is None
    assert abs(found.reached - 0.9) < 0.05


def test_before_enough_labels_it_says_what_is_missing():
    learner, y, _ = served(gauge(DECISIONS["precision"]), records(60))

    found = decision(learner)

    assert (found.threshold, found.reached) == (0.5, None)
    assert found.missing == f"{NEEDED - learner.panel.champion.rule.positives} more labels of the positive class"
    assert 0 < learner.panel.champion.rule.positives <= sum(y) + 1


def test_costs_of_two_classes_show_their_threshold_and_what_the_labels_cost():
    learner, y, y_pred = served(gauge(DECISIONS["costs"]), records(1_500))
    costs = [7 * (true and not said) + (said and not true) for true, said in zip(y, y_pred, strict=True)]

    found = decision(learner)

    assert found.threshold == pytest.approx(1 / 8)
    assert found.cost.value == pytest.approx(sum(costs) / len(costs))
    assert (found.wanted, found.reached, found.missing) == (None, None, None)


def test_of_several_classes_there_is_the_cost_alone():
    costs = "[decision.costs]\nlow = { high = 5 }\nhigh = { low = 1, middle = 2 }\nmiddle = { low = 1 }"
    values = [value.replace(b'"bad"', b'"low"').replace(b'"good"', b'"high"') for value in records(400)]

    learner, _ = builders.run(gauge(costs, task="multiclass"), values)

    found = decision(learner)
    assert found.cost.value is not None
    assert (found.threshold, found.precision, found.recall) == (None, None, None)


def test_without_a_decision_there_is_none():
    learner, _ = builders.run(gauge(""), records(50))

    assert learner.status().evaluated.decision is None


def test_a_promotion_shows_the_new_versions_threshold():
    made = gauge(DECISIONS["recall"], holdout=0, candidates=("majority", "naive_bayes"))

    learner, _ = builders.run(made, records(3_000))

    assert learner.panel.champion.candidate == "naive_bayes"
    assert learner.board._measures.by_name["decision"].rule is learner.panel.champion.rule
    assert decision(learner).threshold == learner.panel.champion.rule.threshold


def test_an_adopted_decision_begins_anew_and_another_key_does_not():
    values = later(records(800), 10)
    made = gauge(DECISIONS["threshold"])
    learner, _ = builders.run(made, values)
    before = decision(learner)

    learner.adopt(builders.gauge(f'{CALM}[evaluation]\nholdout = 0.2\nalso = ["F1"]\n{DECISIONS["threshold"]}'))
    assert decision(learner) == before

    wanted = builders.gauge(f'{CALM}[evaluation]\nholdout = 0.2\nalso = ["F1"]\n{DECISIONS["recall"]}')
    learner.adopt(wanted)
    after = decision(learner)
    assert (after.by, after.wanted, after.threshold) == ("recall", 0.9, 0.5)
    assert after.missing == f"{NEEDED} more labels of the positive class"
    assert (after.recall.n, after.recall.value) == (0, None)


@pytest.mark.parametrize(
    ("n", "words"), [(60, "the threshold now: 0.5, until it is known better (needs"), (1_500, "has been 0.9")]
)
def test_people_are_shown_it(n, words, capsys):
    learner, _, _ = served(gauge(DECISIONS["recall"]), records(n))

    show_decision(decision(learner))

    printed = " ".join(capsys.readouterr().out.split())
    assert "labels decided by recall: 0.9 is wanted" in printed
    assert "precision" in printed
    assert words in printed

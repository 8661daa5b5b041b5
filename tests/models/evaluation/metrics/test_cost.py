"""What wrong answers cost, as a metric: of the labels that were served, for baselines too."""

from __future__ import annotations

import numpy as np
import pytest

from models import check
from models.learner import Learner
from schemas.gauge import Gauge
from tests import builders
from tests.models.decision.test_served import CALM, records

COSTS = "[decision.costs]\nbad = { good = 7 }\ngood = { bad = 1.5, good = 0.25 }\n"
MATRIX = np.array([[0.25, 1.5], [7, 0]])


def costly(more: str = "", decision: str = COSTS, arrival: str = "with_event") -> Gauge:
    label = f'[label]\narrival = "{arrival}"\n'
    return builders.gauge(CALM + label + "[evaluation]\nholdout = 0\n" + more + decision, candidates=["naive_bayes"])


def served(gauge: Gauge, values: list[bytes]) -> tuple[Learner, np.ndarray]:
    """A learner, and the pairs of label and served label."""
    learner = Learner(gauge)
    pairs = []
    for position, event in enumerate(builders.decoded(gauge, values)):
        [prediction] = builders.predictions(learner.handle(event, position))
        if prediction.y_pred is not None:
            pairs.append((int(event.y), int(prediction.y_pred == "bad")))
    return learner, np.array(pairs)


def test_it_is_the_mean_of_what_the_served_labels_cost():
    learner, pairs = served(costly('metric = "Cost"\nalso = ["Accuracy"]\nwindow_events = 100\n'), records(500))

    performance = learner.status().performance

    costs = MATRIX[pairs[:, 0], pairs[:, 1]]
    assert performance.metric.name == "Cost"
    assert performance.metric.value == pytest.approx(costs.mean())
    assert performance.window.value == pytest.approx(costs[-100:].mean())
    assert performance.metrics["Accuracy"] == pytest.approx(np.mean(pairs[:, 0] == pairs[:, 1]))


def test_the_baseline_that_is_hardest_to_beat_is_the_one_that_costs_least():
    learner, _ = served(costly('metric = "Cost"\n'), records(500))
    figures = {name: series.figures()["Cost"] for name, series in learner.board.baselines.items()}

    best = learner.status().performance.baseline

    assert best.value == min(figures.values())
    # Under these costs the majority's share of 24 % is worth an alarm always.
    y = np.array([event.y for event in builders.decoded(learner.gauge, records(500))])
    assert figures["majority_class"] == pytest.approx(MATRIX[:, 1][y.astype(int)].mean(), abs=0.05)


def test_it_has_an_interval_that_holds_the_mean_it_comes_from():
    learner, _ = served(costly('metric = "Cost"\n'), records(3_000))
    _, more = served(costly('metric = "Cost"\n'), records(3_000, seed=2))

    figure = learner.board.served.measured()["Cost"]

    assert figure.low < MATRIX[more[:, 0], more[:, 1]].mean() < figure.high
    assert figure.high - figure.low < figure.value / 2


def test_other_costs_price_what_was_served_anew():
    values = records(400)
    learner, pairs = served(costly('metric = "Cost"\n'), values)

    learner.adopt(costly('metric = "Cost"\n', "[decision.costs]\nbad = { good = 3 }\ngood = { bad = 2 }\n"))

    costs = np.array([[0, 2], [3, 0]])[pairs[:, 0], pairs[:, 1]]
    assert learner.status().performance.metric.value == pytest.approx(costs.mean())


@pytest.mark.parametrize(
    "decision", ["", "[decision]\nthreshold = 0.3\n", "[decision]\nrecall = 0.3\n"], ids=["none", "threshold", "recall"]
)
def test_without_costs_it_is_refused(decision):
    leading = check.problems(costly('metric = "Cost"\n', decision))
    shown = check.problems(costly('also = ["Cost"]\n', decision))

    assert [where for where, _ in leading] == ["evaluation.metric"]
    assert [where for where, _ in shown] == ["evaluation.also.0"]
    assert "say it in [decision.costs]" in leading[0][1]


@pytest.mark.parametrize(
    ("rule", "what"),
    [("{ below = 1 }", "give above, not below"), ("{ above = 7 }", "above must be at least 0 and below 7, got 7")],
)
def test_a_threshold_that_it_cannot_cross_is_refused(rule, what):
    gauge = builders.gauge(f'[evaluation]\nmetric = "Cost"\n[retraining]\non_metric = {rule}\n{COSTS}')

    [(where, problem)] = check.problems(gauge)

    assert where == "retraining.on_metric"
    assert what in problem


def test_it_starts_a_challenger_where_it_crosses_its_threshold():
    gauge = builders.gauge(
        '[label]\narrival = "with_event"\n[evaluation]\nmetric = "Cost"\nholdout = 0\nwindow_events = 50\n'
        f'[retraining]\non_drift = false\non_metric = {{ above = 0.5, over = "window" }}\n{COSTS}'
    )

    _, effects = builders.run(gauge, records(300))

    assert {event.trigger for event in builders.versions(effects)} == {"start", "metric"}


def test_parameters_are_refused():
    gauge = builders.gauge(f'[evaluation]\nmetric = {{ use = "Cost", beta = 2 }}\n{COSTS}')

    assert "takes no 'beta'" in check.problems(gauge)[0][1]

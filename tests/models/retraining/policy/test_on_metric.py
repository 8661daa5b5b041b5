"""A metric that crosses its threshold, surely where that is asked for, over each of what it may be watched."""

from __future__ import annotations

import random

import pytest

from models.retraining.policy.facts import Facts
from models.retraining.policy.on_metric import OnMetric
from schemas.evaluated import Figure
from schemas.gauge import Retraining
from tests import builders


def watching(**rule: object) -> OnMetric:
    return OnMetric(Retraining.model_validate({"on_metric": rule}))


def figure(value: float | None, low: float | None = None, high: float | None = None) -> Facts:
    return Facts(0, figure=Figure(value=value, n=9, low=low, high=high))


def fires(watched: OnMetric, facts: Facts) -> bool:
    """Whether a figure makes it due; then a challenger starts."""
    watched.take(facts)
    due = watched.due(0) is not None
    if due:
        watched.started(0)
    return due


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ({"below": 0.8}, [0.9, 0.8, 0.79, 0.5, 0.79, 0.8, 0.79], [2, 6]),
        ({"above": 2.0}, [1.0, 2.0, 2.1, 9.0, 2.0, 2.1], [2, 5]),
        ({"above": 0.0}, [0.0, 0.1, -1.0, 0.1], [1, 3]),
        ({"below": 0.0}, [0.0, -0.1], [1]),
        ({"below": 0.8}, [0.1, None, 0.1, 0.9, None, 0.1], [0, 5]),
    ],
)
def test_a_metric_fires_when_it_crosses_and_not_while_it_stays(rule, values, expected):
    watched = watching(**rule)

    assert [n for n, value in enumerate(values) if fires(watched, figure(value))] == expected


def test_it_is_due_until_a_challenger_has_started_or_it_is_back():
    watched = watching(below=0.8)
    for value, due in ((0.5, True), (None, True), (0.7, True), (0.9, False), (0.6, True)):
        watched.take(figure(value))
        assert (watched.due(0) is not None) is due

    assert watched.due(0) == "metric: 0.6 is below 0.8"


@pytest.mark.parametrize(
    ("rule", "unsure", "sure"),
    [
        ({"below": 0.8}, (0.7, 0.6, 0.8), (0.7, 0.65, 0.79)),
        ({"above": 2.0}, (2.5, 2.0, 3.0), (2.5, 2.1, 3.0)),
    ],
)
def test_with_confidence_the_nearer_end_of_the_interval_must_have_crossed(rule, unsure, sure):
    watched = watching(**rule, confidence=0.95)
    assert not fires(watched, figure(unsure[0], *unsure[1:]))
    assert not fires(watched, figure(unsure[0]))  # no interval yet

    assert fires(watched, figure(sure[0], *sure[1:]))
    assert not fires(watched, figure(sure[0], *sure[1:]))  # it was heard


def test_what_is_no_longer_sure_stays_due_until_the_figure_itself_is_back():
    watched = watching(below=0.8, confidence=0.95)
    watched.take(figure(0.7, 0.65, 0.75))
    watched.take(figure(0.78, 0.7, 0.86))
    assert watched.due(0) is not None

    watched.take(figure(0.81, 0.7, 0.9))
    assert watched.due(0) is None


def test_a_new_threshold_has_not_been_crossed_yet():
    watched = watching(below=0.5)
    assert fires(watched, figure(0.4))
    assert not fires(watched, figure(0.4))

    watched.adopt(Retraining.model_validate({"on_metric": {"below": 0.6}}))

    assert fires(watched, figure(0.55))


def started_at(rule: str, *, task: str = "binary") -> list[int]:
    """Positions at which challengers start when labels turn against the model at 600, of 1,200."""
    candidate, right, wrong = ("majority", "good", "bad") if task == "binary" else ("mean", 1.0, 9.0)
    text = (
        "[evaluation]\nwindow_events = 100\nfading_factor = 0.99\nholdout = 0.4\nholdout_window = 100\n"
        f"[drift]\nenabled = false\n[retraining]\non_metric = {rule}"
    )
    rng = random.Random(5)
    turned = [rng.random() < 0.1 for _ in range(600)] + [rng.random() < 0.9 for _ in range(600)]
    rows = [builders.record(k, a=1.0, y=wrong if one else right) for k, one in enumerate(turned)]
    _, effects = builders.run(builders.gauge(text, task=task, candidates=[candidate]), rows)
    return [event.position for event in builders.versions(effects) if event.trigger == "metric"]


@pytest.mark.parametrize("over", ["holdout", "window", "faded"])
@pytest.mark.parametrize("confidence", ["", ", confidence = 0.95"])
def test_each_of_what_may_be_watched_starts_one_after_the_figure_has_fallen(over, confidence):
    [first, *_] = started_at(f'{{ below = 0.6, over = "{over}"{confidence} }}')

    assert 600 < first < 900


def test_a_faded_absolute_error_is_watched_in_the_labels_units():
    [first, *_] = started_at('{ above = 4.0, over = "faded" }', task="regression")

    assert 600 < first < 800
    assert started_at('{ above = 9.0, over = "faded" }', task="regression") == []

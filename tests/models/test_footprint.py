"""What may wait in memory, against what it measures; and the warnings of a gauge that allows too much."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from models.check import warnings
from models.door.decoder import Decoder
from models.footprint import waiting_event_bytes
from models.footprint import warnings as warnings_of_settings
from models.learner import Learner
from schemas.gauge import Gauge
from tests import builders
from tests.builders import Arrived


def gauge(task: str, features: int, candidates: int, text: str = "") -> Gauge:
    return builders.gauge(
        text + "\n[features]\n" + "\n".join(f'f{n} = "number"' for n in range(features)),
        task=task,
        candidates=[{"recipe": "mean" if task == "regression" else "naive_bayes", "name": f"c{n}"}
                    for n in range(candidates)],
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", '[evaluation]\nalso = ["CrossEntropy"]', "[uncertainty]\ncover = 0.9"])
@pytest.mark.parametrize(
    ("task", "features", "candidates"), [("binary", 2, 1), ("binary", 60, 3), ("multiclass", 9, 2)]
)
def test_the_estimate_is_near_what_an_event_needs(task, features, candidates, text):
    made = gauge(task, features, candidates, text)
    learner, decoder = Learner(made), Decoder(made)

    def record(n: int, **label: object) -> bytes:
        fields = {f"f{k}": n + k / 7 for k in range(features)}
        return json.dumps({"id": f"event {n}", "at": "2024-01-01T00:00:00Z", **fields, **label}).encode()

    for n in range(12):
        learner.handle(decoder.decode(Arrived(record(n, y=made.classes[n % len(made.classes)]))), n)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for n in range(100, 1_100):
            learner.handle(decoder.decode(Arrived(record(n))), n)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert learner.status().waiting.pending > 900
    assert waiting_event_bytes(made) == pytest.approx((after - before) / learner.status().waiting.pending, rel=0.35)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            "[label]\nhorizon_events = 1_000_000",
            "label.horizon_events",
            "up to 1,000,000 events wait for their labels, at about 1,305 bytes each: 1.3 GB in the memory of each",
        ),
        ("[label]\nearly_horizon_events = 10_000_000", "label.early_horizon_events", "7.0 GB"),
        ("[evaluation]\nwindow_events = 1_000_000", "evaluation.window_events", "1.0 GB"),
    ],
)
def test_a_horizon_that_may_need_a_gigabyte_is_warned_of(text, where, what):
    [(place, words)] = warnings(builders.gauge(text))

    assert place == where
    assert what in words


def test_defaults_and_events_that_wait_for_nothing_are_not():
    assert warnings(builders.gauge()) == []
    assert warnings(builders.gauge('[label]\narrival = "with_event"\nhorizon_events = 10_000_000')) == []


def test_categories_that_are_dear_only_in_all_candidates_together_are_told_of_by_their_number():
    forests = [{"recipe": "leveraging_bagging", "name": f"c{n}"} for n in range(90)]

    *_, (where, words) = warnings_of_settings(builders.gauge('[features]\nc = "category"', candidates=forests))

    assert where == "features"
    assert "in each partition (90 candidates)" in words

"""What leads decides, through the whole learner, where one event in fifty is positive."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from models.learner import Learner
from schemas.events import LabelledEvent
from schemas.gauge import Gauge
from schemas.records import VersionStep
from streams.data.backtest import fold
from streams.data.datafile import rows as rows_of
from streams.data.replay import records
from tests import builders

RARE: dict[str, Any] = {
    "name": "rare",
    "task": "binary",
    "label": {"field": "y", "positive": 1, "negative": 0},
    "features": {"a": "number"},
    "candidates": [{"name": "wide", "recipe": "naive_bayes"}, {"name": "mute", "recipe": "hoeffding_tree"}],
    "decision": {"threshold": 0.05},
    "evaluation": {"metric": "F1", "holdout": 0.0},
    "drift": {"enabled": False},
}


def stream(events: int) -> Iterator[LabelledEvent]:
    rng = random.Random(3)
    for n in range(events):
        y = rng.random() < 0.02
        yield LabelledEvent(f"e{n}", None, None, {"a": rng.gauss(2.0 if y else 0.0, 1.0)}, y, b"")


class Mute:
    """Never says the rare class: it is wrong in one event of fifty, and has an F1 of 0."""

    def predict_proba_one(self, x: Any) -> dict[bool, float]:
        return {False: 1.0, True: 0.0}

    def learn_one(self, x: Any, y: bool) -> None:
        pass


def promoted(judge: str | None) -> tuple[list[str], dict[str, float | None]]:
    gauge = Gauge.model_validate({**RARE, "retraining": {} if judge is None else {"judge": judge}})
    learner = Learner(gauge)
    events = [*stream(8_000)]
    effects = builders.flat(builders.fold(learner, events[:1]))
    learner.panel.roster.standing["mute"].model = Mute()
    effects += builders.flat(builders.fold(learner, events))
    leads = [step.candidate for step in builders.versions(effects, VersionStep.PROMOTED)]
    return leads, {name: series.leading_figure() for name, series in learner.board.candidates.items()}


def test_a_champion_with_a_better_f1_stays_though_it_errs_more_often():
    by_error, _ = promoted("error")
    by_metric, f1 = promoted(None)

    assert by_error == ["wide", "mute"]  # what became of it before
    assert by_metric == ["wide"]
    assert f1["wide"] > 0.2
    assert f1["mute"] == 0.0


FRAUD: dict[str, Any] = {
    "name": "fraud",
    "task": "binary",
    "label": {"field": "TX_FRAUD", "positive": 1, "negative": 0},
    "features": {"TX_AMOUNT": "number"},
    "candidates": ["naive_bayes", "logistic_regression", "majority"],
    "evaluation": {"metric": "F1", "holdout": 0.0},
}


@pytest.mark.slow
def test_on_frauds_the_service_leads_in_f1_over_every_candidate_that_finds_none(data_dir):
    gauge = Gauge.model_validate(FRAUD)
    learner = Learner(gauge)
    for _ in fold(learner, records(rows_of(data_dir / "fraud_tx.csv.gz", None), gauge, limit=8_000)):
        pass

    figures = {name: series.leading_figure() or 0.0 for name, series in learner.board.candidates.items()}
    assert learner.board.served.leading_figure() >= max(figures.values()) - 0.02
    assert figures["majority"] == 0.0

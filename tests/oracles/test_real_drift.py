"""The default policy on streams whose changes are known: noticed in time, at those places only, and worth it.

No gauge here says a word about drift or retraining: what is tested was fixed before it was measured.
"""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from pathlib import Path

import pytest
from river import evaluate, metrics, naive_bayes

from schemas.gauge import Drift, Gauge, Retraining
from schemas.records import AlertStatus, VersionStep
from streams.data.backtest import Backtest, backtest
from streams.data.datafile import find_example
from streams.here.gaugefile import load
from tests.oracles import gauges, raw_rows

SOON = 300
"""Rows after a change within which it has to be noticed."""


@pytest.fixture(scope="module")
def insects() -> Gauge:
    gauge = load(find_example("insects") / "gauge.toml")
    assert (gauge.drift, gauge.retraining) == (Drift(), Retraining()), "the example must run the default policy"
    return gauge


@pytest.fixture(scope="module")
def insects_run(insects: Gauge) -> Backtest:
    return backtest(insects, find_example("insects") / "insects.csv.gz")


def test_both_changes_of_insects_are_noticed_with_and_without_labels_and_nothing_else(insects_run: Backtest) -> None:
    opened = [(alert.drift, alert.position) for alert in insects_run.alerts if alert.status is AlertStatus.OPENED]

    assert [kind for kind, _ in opened] == ["concept", "covariate", "concept", "covariate"]
    delays = [row - change for (_, row), change in zip(opened, (1_775, 1_775, 3_550, 3_550), strict=True)]
    assert all(0 <= delay < SOON for delay in delays)


def test_insects_answers_are_better_than_without_retraining(insects: Gauge, insects_run: Backtest) -> None:
    incremental = backtest(_left_alone(insects), find_example("insects") / "insects.csv.gz")

    assert incremental.alerts == []
    assert [version.step for version in incremental.versions] == [VersionStep.REGISTERED, VersionStep.PROMOTED]
    assert _labels(insects_run) == _labels(incremental)
    assert _accuracy(insects_run) > _accuracy(incremental)
    assert _accuracy(insects_run) > 0.8103, "what bare Gaussian naive Bayes reaches on all rows"


def test_insects_without_any_reaction_are_as_published(insects: Gauge) -> None:
    everything_is_learned = insects.evaluation.model_copy(update={"holdout": 0.0})
    gauge = _left_alone(insects).model_copy(update={"evaluation": everything_is_learned})

    result = backtest(gauge, find_example("insects") / "insects.csv.gz")

    assert round(_accuracy(result), 3) == 0.810


def test_every_swap_of_gaussians_is_noticed_and_answered(data_dir: Path, tmp_path: Path) -> None:
    # From about row 36,000 on nearly all of the fifteen change places every 3,000 rows; before, only some do.
    first, rows, swaps = 36_000, 15_000, [3_000, 6_000, 9_000, 12_000]
    data = tmp_path / "interchanging_rbf.csv"
    with gzip.open(data_dir / "interchanging_rbf.csv.gz", "rt", encoding="utf-8") as file:
        data.write_text(next(file) + "".join(islice(file, first, first + rows)), encoding="utf-8")
    gauge = gauges.gauge(gauges.INTERCHANGING_RBF, gauges.candidates({"naive_bayes": 'recipe = "naive_bayes"'}))

    result = backtest(gauge, data)

    opened = _opened(result)
    promoted = [version.position for version in result.versions if version.step is VersionStep.PROMOTED]
    incremental = evaluate.progressive_val_score(
        islice(raw_rows.interchanging_rbf(data_dir), first, first + rows), naive_bayes.GaussianNB(), metrics.Accuracy()
    ).get()
    assert [row // 3_000 * 3_000 for row in opened] == swaps
    assert all(row % 3_000 < SOON for row in opened)
    assert [row // 3_000 * 3_000 for row in promoted] == [0, *swaps]
    assert _accuracy(result) > 0.95
    assert incremental < 0.5


def test_flights_are_all_answered_and_the_cancelled_ones_never_labelled() -> None:
    example, rows = find_example("flights"), 3_000
    with gzip.open(example / "flights.csv.gz", "rt", encoding="utf-8", newline="") as file:
        landed = sum(row["late"] != "" for row in islice(csv.DictReader(file), rows))

    learner = backtest(load(example / "gauge.toml"), example / "flights.csv.gz", limit=rows).learner

    assert learner.dead_letters.counts == {}
    assert learner.counts.predictions == rows
    assert learner.counts.labels == landed < rows
    assert learner.counts.coverage == landed / rows


def _opened(result: Backtest) -> list[int]:
    return [alert.position for alert in result.alerts if alert.status is AlertStatus.OPENED]


def _accuracy(result: Backtest) -> float:
    accuracy = result.learner.board.served.figures()["Accuracy"]
    assert accuracy is not None
    return accuracy


def _labels(result: Backtest) -> int:
    return result.learner.board.served.n


def _left_alone(gauge: Gauge) -> Gauge:
    return gauge.model_copy(
        update={
            "drift": gauge.drift.model_copy(update={"enabled": False}),
            "retraining": gauge.retraining.model_copy(update={"on_drift": False}),
        }
    )

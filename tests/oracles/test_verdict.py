"""The verdict on streams whose outcome is known: on elec2 repeating the last label is better, on insects nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from river import dummy, evaluate, linear_model, metrics, optim, preprocessing

from schemas.evaluated import VerdictKind
from schemas.records import AlertStatus, DriftAlert
from streams.data.backtest import Backtest, backtest
from tests.oracles import gauges, raw_rows

PLAIN = """
[evaluation]
holdout = 0
[retraining]
on_drift = false
"""


ROWS = 30_000
"""By then the Victorian market has joined, and prices move in longer runs."""


@pytest.fixture(scope="module")
def elec2(data_dir: Path) -> Backtest:
    gauge = gauges.gauge(gauges.ELEC2, PLAIN, '[[candidates]]\nrecipe = "logistic_regression"')
    return backtest(gauge, data_dir / "elec2.csv.gz", limit=ROWS)


def performance(result: Backtest) -> Iterator[DriftAlert]:
    return (alert for alert in result.alerts if alert.drift == "performance")


@pytest.mark.slow
def test_on_elec2_the_verdict_is_that_the_last_label_would_serve_better(elec2: Backtest) -> None:
    verdict = elec2.learner.board.verdict()

    assert (verdict.kind, verdict.baseline) == (VerdictKind.WORSE_NOW, "no_change")
    assert verdict.words.startswith("Worse than no_change now, by ")
    assert "repeating the last label would serve better" in verdict.words


@pytest.mark.slow
def test_the_lead_on_elec2_is_the_difference_of_rivers_accuracies(elec2: Backtest, data_dir: Path) -> None:
    lead = elec2.learner.board.status().leads["no_change"].life
    river = (
        preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(0.005)),
        dummy.NoChangeClassifier(),
    )
    logistic, no_change = (
        evaluate.progressive_val_score(islice(raw_rows.elec2(data_dir), ROWS), model, metrics.Accuracy()).get()
        for model in river
    )

    # The first event, which no_change cannot answer, is in no lead.
    assert lead.value == pytest.approx(logistic - no_change, abs=2 / ROWS)


@pytest.mark.slow
def test_on_elec2_an_alert_says_so_once_and_nothing_is_retrained(elec2: Backtest) -> None:
    alerts = [*performance(elec2)]

    assert [(alert.status, alert.subject) for alert in alerts] == [(AlertStatus.OPENED, "no_change")]
    assert elec2.learner.status().versions.made == 1


@pytest.mark.slow
def test_on_insects_no_baseline_is_ever_said_to_serve_better(data_dir: Path) -> None:
    gauge = gauges.gauge(gauges.INSECTS, '[[candidates]]\nrecipe = "naive_bayes"')

    result = backtest(gauge, data_dir / "insects_abrupt.csv.gz")

    verdict = result.learner.board.verdict()
    assert [*performance(result)] == []
    assert (verdict.kind, verdict.baseline) == (VerdictKind.BETTER, "majority_class")
    assert verdict.lead is not None
    assert verdict.lead.low is not None
    assert verdict.lead.low > 0.4

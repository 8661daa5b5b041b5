"""Gaps on `adult` against Fairlearn, from the predictions file; and no alarm where groups mean nothing."""

from __future__ import annotations

import io
import json
import random
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from fairlearn.metrics import (
    demographic_parity_difference,
    equal_opportunity_difference,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)

from models.answer import Answer
from models.asked import Asked, Lineup
from models.counts import Counts
from models.drift.episodes import Episodes
from models.evaluation.fairness.watch import FairnessWatch
from models.names import Names
from schemas.evaluated import FairnessFigures, Parity, ProtectedAttribute
from schemas.records import AlertStatus, DriftAlert
from streams.data.backtest import backtest
from tests import builders
from tests.oracles import gauges

PROTECTED = """
[slices.sex]
[slices.race]
[fairness]
protected = ["sex", "race"]
"""

pytestmark = pytest.mark.slow


class Run(NamedTuple):
    """A backtest of `adult`: its answers that are not held out beside the rows' groups, and what was found."""

    answers: pd.DataFrame
    alerts: list[DriftAlert]
    figures: FairnessFigures


@pytest.fixture(scope="module", params=["not a feature", "a feature"])
def run(request: pytest.FixtureRequest, data_dir: Path) -> Run:
    features = (
        gauges.ADULT if request.param == "not a feature" else gauges.ADULT + 'sex = "category"\nrace = "category"'
    )
    lines = io.BytesIO()
    result = backtest(gauges.gauge(features, PROTECTED), data_dir / "adult.csv.gz", predictions=lines)
    predictions = pd.DataFrame([json.loads(line) for line in lines.getvalue().splitlines()])
    rows = pd.read_csv(data_dir / "adult.csv.gz")[["sex", "race"]]
    answers = predictions.merge(rows, left_on="position", right_index=True)
    answers = answers[~answers["held_out"] & answers["y_pred"].notna()]
    figures = result.learner.status().evaluated.fairness
    assert figures is not None
    alerts = [alert for alert in result.alerts if alert.drift == "fairness"]
    return Run(answers, alerts, figures)


def selected(run: Run) -> tuple[pd.Series, pd.Series]:
    """Label and answer of each event: whether they are favourable."""
    return run.answers["label"] == ">50K", run.answers["y_pred"] == ">50K"


def attributes(run: Run) -> list[tuple[ProtectedAttribute, pd.Series]]:
    return [(found, run.answers[name]) for name, found in run.figures.attributes.items()]


def test_differences_are_fairlearns(run: Run) -> None:
    y, y_pred = selected(run)

    for found, groups in attributes(run):
        assert found.demographic_parity.difference == pytest.approx(
            demographic_parity_difference(y, y_pred, sensitive_features=groups), abs=1e-12
        )
        assert found.equal_opportunity.difference == pytest.approx(
            equal_opportunity_difference(y, y_pred, sensitive_features=groups), abs=1e-12
        )
        assert found.equalised_odds.difference == pytest.approx(
            equalized_odds_difference(y, y_pred, sensitive_features=groups), abs=1e-12
        )


def test_the_rates_of_every_group_are_fairlearns(run: Run) -> None:
    y, y_pred = selected(run)

    for found, groups in attributes(run):
        pairs = {
            selection_rate: found.demographic_parity,
            true_positive_rate: found.equal_opportunity,
            false_positive_rate: found.equalised_odds.false_positives,
        }
        for rate, parity in pairs.items():
            expected = {group: rate(y[groups == group], y_pred[groups == group]) for group in groups.unique()}
            assert {group: figure.value for group, figure in parity.rates.items()} == pytest.approx(expected, abs=1e-12)


def test_the_gap_by_sex_is_alarmed_soon_and_its_interval_holds_fairlearns_value(run: Run) -> None:
    y, y_pred = selected(run)
    parity = run.figures.attributes["sex"].demographic_parity

    opened = [alert for alert in run.alerts if alert.status is AlertStatus.OPENED]

    first = opened[0]
    assert first.subject == "sex: Male against Female, demographic parity"
    assert first.position < 2_500
    expected = demographic_parity_difference(y, y_pred, sensitive_features=run.answers["sex"])
    low, high = interval(parity)
    assert low < expected < high
    assert high - low < 0.06


def interval(parity: Parity) -> tuple[float, float]:
    [gap] = parity.gaps
    assert gap.gap.low is not None
    assert gap.gap.high is not None
    return gap.gap.low, gap.gap.high


def test_groups_that_mean_nothing_are_never_alarmed(run: Run) -> None:
    y, y_pred = selected(run)
    events = [*zip(y, y_pred, strict=True)]
    gauge = gauges.gauge(gauges.ADULT, PROTECTED)
    alarms = 0

    for seed in range(20):
        rng = random.Random(seed)
        sex, race = ([*run.answers[name]] for name in ("sex", "race"))
        rng.shuffle(sex)
        rng.shuffle(race)
        episodes = Episodes(gauge, Names(0), Counts())
        watch = FairnessWatch(gauge, episodes)
        for position, ((label, answer), *groups) in enumerate(zip(events, sex, race, strict=True)):
            served = Answer(bool(answer), None)
            asked = Asked(position, {}, {"v": served}, {}, Lineup("v", {}, "v"), False, str(position), tuple(groups))
            turn = builders.turn(position)
            watch.predicted(asked, turn)
            watch.label(asked, bool(label), served, turn)
        alarms += episodes.total

    assert alarms == 0


def test_the_first_rows_alone_say_what_is_missing(data_dir: Path) -> None:
    result = backtest(gauges.gauge(gauges.ADULT, PROTECTED), data_dir / "adult.csv.gz", limit=300)

    fairness = result.learner.status().evaluated.fairness

    assert fairness is not None
    [gap] = islice(fairness.attributes["sex"].equal_opportunity.gaps, 1)
    assert gap.gap.low is None
    assert gap.gap.missing is not None
    assert gap.gap.missing.endswith("more changes of the outcome in one of the groups")

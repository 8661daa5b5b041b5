"""What other budgets would raise, beside the gauge's own: the same monitors, and nothing follows from them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from schemas.records import AlertStatus
from streams.data.backtest import Backtest, as_json, backtest
from streams.here.gaugefile import load
from tests import builders
from tests.conftest import ROOT

INSECTS = ROOT / "examples" / "insects"
OWN, LOOSE = "1 per 100000 events", "1 per 1000 events"


@pytest.fixture(scope="module")
def swept() -> Backtest:
    gauge = load(INSECTS / "gauge.toml")
    return backtest(gauge, INSECTS / "insects.csv.gz", limit=2_200, budgets=(LOOSE, OWN))


def opened(result: Backtest) -> list[tuple[int, str]]:
    return [(alert.position, str(alert.drift)) for alert in result.alerts if alert.status is AlertStatus.OPENED]


def test_the_gauges_own_budget_raises_beside_it_what_it_raised(swept: Backtest):
    assert swept.swept is not None
    beside = [
        (alert.position, str(alert.drift)) for one in swept.swept if one.false_alarms == OWN for alert in one.opened
    ]

    assert sorted(beside) == opened(swept) != []


def test_a_larger_budget_alarms_earlier_and_expects_more(swept: Backtest):
    assert swept.swept is not None
    loose, own = ({one.watch: one for one in swept.swept if one.false_alarms == budget} for budget in (LOOSE, OWN))

    assert loose.keys() == own.keys() == {"errors", "columns"}
    assert loose["errors"].chance.expected == pytest.approx(100 * own["errors"].chance.expected)
    assert loose["errors"].opened[-1].position < own["errors"].opened[-1].position


def test_for_programs_each_budget_has_its_alarms_with_their_places(swept: Backtest):
    told = as_json(swept)["budgets"]

    assert [one["false_alarms"] for one in told] == [LOOSE, LOOSE, OWN, OWN]
    assert {*told[0]["alarms"][0]} == {"position", "time", "drift", "subject", "severity", "cause"}


def test_nothing_follows_from_what_other_budgets_find(tmp_path: Path):
    rng, data = random.Random(1), tmp_path / "data.jsonl"
    rows = [builders.record(f"e{n}", a=rng.random(), y=rng.choice(["good", "bad"])) for n in range(1_500)]
    data.write_bytes(b"\n".join(rows))
    gauge = builders.gauge()

    plain, swept = backtest(gauge, data), backtest(gauge, data, budgets=("1 per 100 events", OWN))

    assert (swept.alerts, swept.versions) == (plain.alerts, plain.versions)
    assert plain.swept is None
    assert swept.swept is not None
    assert [one.opened for one in swept.swept if one.false_alarms == OWN] == [[], []]

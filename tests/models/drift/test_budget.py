"""What a part of the budget may spend, and what it came to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.drift.budget import Part, Spending, budget_of
from schemas.alerts import Chance
from tests import builders

AT = datetime(2024, 1, 1, tzinfo=UTC)


def test_the_parts_spend_the_budget_in_the_shares_that_are_declared():
    drift = builders.gauge("[drift]\nshares = { errors = 0.5, columns = 0.3, performance = 0.1 }").drift

    spent = {part: budget_of(drift, part) for part in Part}

    assert spent == pytest.approx({Part.ERRORS: 5e-6, Part.COLUMNS: 3e-6, Part.PERFORMANCE: 1e-6})


def test_chance_gives_the_budget_times_what_was_looked_at():
    spending = Spending(1e-3)
    for n in range(3_001):
        spending.look(AT + timedelta(hours=n))
    spending.look(None, 999)
    spending.alarms += 1

    assert spending.chance("young") == Chance(
        budget=1e-3, events=4_000, expected=4.0, alarms=1, note="young", days=125.0
    )
    assert spending.chance().words == "1 alarm in 4,000 events (125 days), 4 expected by chance"


def test_another_budget_holds_for_the_events_that_come_after_it():
    spending = Spending(1e-2)
    spending.look(None, 100)

    spending.spend(1e-3)
    spending.look(None, 1_000)

    assert spending.expected == pytest.approx(1.0 + 1.0)
    assert spending.chance().days is None


def test_times_that_run_backwards_make_no_negative_days():
    spending = Spending(1e-2)
    spending.look(AT)
    spending.look(AT - timedelta(days=3))

    assert spending.chance().days == 0.0

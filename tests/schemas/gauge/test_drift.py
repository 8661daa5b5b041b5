"""`[drift]`: the budget of false alarms."""

from __future__ import annotations

import pytest

from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (
        text('[drift]\nfalse_alarms = "often"'),
        "drift.false_alarms",
        "must read like '1 per 100000 events', got 'often'$",
    ),
    (text('[drift]\nfalse_alarms = "2 per 100 events"'), "drift.false_alarms", "at most 1 per 100 events, got [^,]*$"),
    (text('[drift]\nfalse_alarms = "0 per 100 events"'), "drift.false_alarms", "must be above 0"),
    (text('[drift]\nfalse_alarms = "1 per 0 events"'), "drift.false_alarms", "at most 1 per 100 events"),
    (
        text("[drift]\nshares = { errors = 0.9 }"),
        "drift.shares",
        r"must sum to at most 1, got 1.5 \(errors 0.9, columns 0.4, performance 0.2\): lower one of them",
    ),
    (text("[drift]\nshares = { errors = 0 }"), "drift", "shares.errors must be above 0 while it is watched, got 0"),
    (text("[drift]\nshares = { columns = 0 }"), "drift", "shares.columns must be above 0"),
    (text("[drift]\nshares = { performance = 0 }"), "drift", "shares.performance must be above 0"),
    (text('[drift]\nquiet = ["covariance"]'), "drift.quiet.0", "did you mean 'covariate'"),
    (
        text('[drift]\nquiet = ["concept", "prior", "concept"]'),
        "drift.quiet",
        "must name each kind once, got concept, prior, concept: leave out what stands twice",
    ),
    (text("[drift]\ncooldown_labels = -1"), "drift.cooldown_labels", "greater than or equal to 0"),
    (text('[drift.columns]\nseason = ["hour"]'), "", "season goes by the events' times; name theirs in record.time"),
    (text('[drift.columns]\nseason = ["hour", "hour"]'), "drift.columns.season", "names one twice"),
    (text('[drift.columns]\nseason = ["month"]'), "drift.columns.season.0", "'hour' or 'weekday'"),
    (text("[drift]\nenabled = 0.0"), "drift.enabled", "valid boolean, got 0.0"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


@pytest.mark.parametrize(
    ("rate", "budget"), [("1 per 100000 events", 1e-5), ("3 per 1_000 events", 3e-3), ("1 per 100 events", 0.01)]
)
def test_a_budget_is_a_rate_per_event(rate, budget):
    assert parse(text(f'[drift]\nfalse_alarms = "{rate}"')).drift.budget == budget


def test_the_default_shares_spend_the_budget_and_no_more():
    shares = parse(text()).drift.shares

    assert shares.errors + shares.columns + shares.performance == 1


def test_shares_may_leave_something_over_and_be_0_where_nothing_is_watched():
    assert parse(text("[drift]\nshares = { errors = 0.1 }")).drift.shares.errors == 0.1
    assert parse(text("[drift]\nenabled = false\nshares = { errors = 0 }")).drift.shares.errors == 0
    unwatched = "[drift]\nshares = { errors = 0.8, columns = 0 }\n[drift.columns]\nenabled = false"
    assert parse(text(unwatched)).drift.shares.columns == 0

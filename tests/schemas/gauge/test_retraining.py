"""`[retraining]`: types, and what starts a challenger."""

from __future__ import annotations

import doctest

import pytest

from schemas.alerts import DriftKind
from schemas.gauge import Conditions, Retraining, pace
from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (text('[retraining]\non_drift = "yes"'), "retraining.on_drift", "valid boolean, got 'yes'"),
    (text("[retraining]\non_drift = 1"), "retraining.on_drift", "valid boolean, got 1"),
    (text("[retraining]\non_metric = { over = 'window' }"), "retraining.on_metric", "exactly one of below, above"),
    (text("[retraining]\non_metric = { below = 1, confidence = 0.9 }"), "retraining.on_metric", "must be 0.95"),
    (text('[retraining]\non = { any = ["data_fault"] }'), "retraining.on.any.0", "it would learn the fault.*hold ="),
    (text('[retraining]\non = { any = ["konzept"] }'), "retraining.on.any.0", "got 'konzept'; did you mean 'concept'"),
    (text("[retraining]\non = { any = [] }"), "retraining.on.any", "at least 1 item"),
    (text('[retraining]\non = { all = ["prior", "prior"] }'), "retraining.on.all", "each kind once"),
    (text("[retraining]\non = {}"), "retraining.on", "exactly one of any, all"),
    (text('[retraining]\non_drift = false\non = { any = ["prior"] }'), "retraining", "leave on_drift out"),
    (text('[retraining]\nschedule = "24"'), "retraining.schedule", "'24h' or '7d', or one of @hourly.*, got '24'"),
    (text('[retraining]\nschedule = "0h"'), "retraining.schedule", "a period such as"),
    (text('[retraining]\nmax_retrains = "5"'), "retraining.max_retrains", "like '5 per 10000 labels'"),
    (text('[retraining]\nmax_retrains = "0 per 9 labels"'), "retraining.max_retrains", "1 to 1,000 per at least 1"),
    (text('[retraining]\nhold = ["concept"]'), "retraining.hold.0", "'data_fault'"),
    (text("[retraining]\non_metric = { below = 1, above = 2 }"), "retraining.on_metric", "exactly one of below, above"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


def test_on_drift_is_short_for_a_drift_of_the_concept():
    assert Retraining().conditions == Retraining(on=Conditions(any=[DriftKind.CONCEPT])).conditions
    assert Retraining(on_drift=False).conditions is None


def test_what_on_says_replaces_on_drift():
    assert Retraining.model_validate({"on": {"all": ["concept", "prior"]}}).conditions == Conditions(
        all=[DriftKind.CONCEPT, DriftKind.PRIOR]
    )


@pytest.mark.parametrize("module", [pace])
def test_the_examples_in_the_docstrings_run(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed

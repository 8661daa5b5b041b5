"""`[retraining]`: types, and what starts a challenger."""

from __future__ import annotations

import pytest

from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (text('[retraining]\non_drift = "yes"'), "retraining.on_drift", "valid boolean, got 'yes'"),
    (text("[retraining]\non_drift = 1"), "retraining.on_drift", "valid boolean, got 1"),
    (text("[retraining]\non_metric = { over = 'window' }"), "retraining.on_metric", "exactly one of below, above"),
    (text("[retraining]\non_metric = { below = 1, above = 2 }"), "retraining.on_metric", "exactly one of below, above"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)

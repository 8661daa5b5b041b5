"""`[evaluation]`: values out of bounds, and metrics that are none."""

from __future__ import annotations

import pytest

from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (text("[evaluation]\nholdout = 0.95"), "evaluation.holdout", "less than 0.9, got 0.95"),
    (text("[evaluation]\nfading_factor = nan"), "evaluation.fading_factor", "got nan"),
    (text(root="evaluation = 3"), "evaluation", "must be a table, got 3"),
    (text('[evaluation]\nholdout = "0.1"'), "evaluation.holdout", "valid number, got '0.1'"),
    (text("[evaluation]\nmetric = 3"), "evaluation.metric", "must be a metric's name, or a table with use"),
    (text("[evaluation]\nmetric = { beta = 2 }"), "evaluation.metric", "a table with use and parameters: { use ="),
    (text("[evaluation]\nalso = [true]"), "evaluation.also.0", "must be a metric's name, or a table with use"),
    (text("[evaluation]\nholdout = false"), "evaluation.holdout", "valid number, got False"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)

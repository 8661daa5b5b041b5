"""`[label]`: classes and their types."""

from __future__ import annotations

import pytest

from tests.schemas.gauge.texts import assert_one_fault, other, text

FAULTS = [
    (text("[label.x]"), "label", "unknown key 'x'"),
    (text().replace("positive = 1", "positive = 1.5"), "label.positive", "a class is text, a whole number, .*got 1.5"),
    (text().replace("positive = 1", "positive = inf"), "label.positive", "a class is text, a whole number, .*got inf"),
    (text().replace("positive = 1", "positive = 2024-05-01"), "label.positive", "a class is text, a whole number"),
    (other("multiclass", "classes = [0, 1, [2]]"), "label.classes.2", "a class is text, a whole number, true or false"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)

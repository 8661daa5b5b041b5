"""`[decision]`: one of four ways, and costs of classes that there are."""

from __future__ import annotations

import pytest

from schemas.change import Cost, changes
from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, other, text

CLASSES = 'classes = ["ok", "bad", 7]'
FAULTS = [
    (text("[decision]"), "decision", "give exactly one of costs, threshold, precision, recall; got none"),
    (text("[decision]\nthreshold = 0.3\nrecall = 0.8"), "decision", "got threshold and recall"),
    (text("[decision]\nthreshold = 1"), "decision.threshold", "less than 1, got 1"),
    (text("[decision]\nthreshold = 0"), "decision.threshold", "greater than 0, got 0"),
    (text("[decision]\nprecision = 1.5"), "decision.precision", "less than 1, got 1.5"),
    (text("[decision]\nrecall = -0.5"), "decision.recall", "greater than 0, got -0.5"),
    (text("[decision]\nrecal = 0.5"), "decision", "unknown key 'recal'; did you mean 'recall'?"),
    (text("[decision]\ncosts = { 1 = { 0 = -1 } }"), "decision.costs.1.0", "greater than or equal to 0, got -1"),
    (text("[decision]\ncosts = { 1 = { 0 = nan } }"), "decision.costs.1.0", "finite"),
    (text("[decision]\ncosts = { 1 = { 0 = 1e16 } }"), "decision.costs.1.0", "less than or equal to"),
    (text("[decision]\ncosts = { 1 = { 0 = true } }"), "decision.costs.1.0", "valid number, got True"),
    (text("[decision]\ncosts = { 1 = { 0 = 0 } }"), "decision", "at least one of the costs must be above 0"),
    (text("[decision]\ncosts = {}"), "decision", "at least one of the costs must be above 0"),
    (text("[decision]\ncosts = { 1 = { 2 = 5 } }"), "", r"costs names '2', which is no class.* \(classes: 0, 1\)"),
    (
        other("multiclass", CLASSES, "[decision]\ncosts = { bat = { ok = 5 } }"),
        "",
        r"costs names 'bat', which is no class; did you mean 'bad'\? \(classes: ok, bad, 7\)",
    ),
    (other("multiclass", CLASSES, "[decision]\nthreshold = 0.3"), "", "threshold is for a binary task, this one is"),
    (other("multiclass", CLASSES, "[decision]\nrecall = 0.3"), "", "recall is for a binary task.*give costs"),
    (other("regression", "", "[decision]\ncosts = { a = { b = 1 } }"), "", "a regression has none"),
    (other("regression", "", "[decision]\nthreshold = 0.5"), "", "a regression has none"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("", "[decision]\nthreshold = 0.3"),
        ("[decision]\nthreshold = 0.3", ""),
        ("[decision]\nthreshold = 0.3", "[decision]\nthreshold = 0.4"),
        ("[decision]\nrecall = 0.3", "[decision]\ncosts = { 1 = { 0 = 2 } }"),
        ("[decision]\ncosts = { 1 = { 0 = 1 } }", "[decision]\ncosts = { 1 = { 0 = 2 } }"),
    ],
)
def test_another_decision_is_to_be_accepted(then, now):
    assert {change.cost for change in changes(parse(text(then)), parse(text(now)))} == {Cost.ACCEPT}

"""`[features]`: types and bounds."""

from __future__ import annotations

import pytest

from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (text(features='flow = "text"'), "features.flow.type", "'number', 'category' or 'boolean', got 'text'"),
    (text(features='flow = { type = "number", minimum = "0" }'), "features.flow.minimum", "valid number, got '0'"),
    (text(features='flow = { type = "number", optional = "true" }'), "features.flow.optional", "valid boolean"),
    (text(features="flow = 3"), "features.flow", 'must be "number", "category", "boolean" or a table.*, got 3'),
    (text(features='site = { type = "category", values = [true] }'), "features.site.values.0", "string, got True"),
    ('name = "p"\ntask = "regression"\n[label]\nfield = "y"\n[features]', "features", "at least 1 item, and holds 0"),
    (text(features='"" = "number"'), "features.", "a feature's name is not empty"),
    (text(features='"\\u0000" = "number"'), r"features.'\x00'", "has no control characters"),
    (text(features='flow = "numeric"'), "features.flow.type", "got 'numeric'; did you mean 'number'"),
    (text(features='flow = "Float"'), "features.flow.type", "got 'Float'; did you mean 'number'"),
    (text(features='site = "string"'), "features.site.type", "got 'string'; did you mean 'category'"),
    (text(features='flow = { type = "boolean", maximum = 3 }'), "features.flow", "are for numbers, not for a boolean"),
    (text(features='flow = { type = "number", values = ["a"] }'), "features.flow", "values are for categories"),
    (text(features='flow = { type = "number", minimum = 3, maximum = 3 }'), "features.flow", "must be below maximum"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)

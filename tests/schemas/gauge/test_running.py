"""`[server]` and `[snapshots]`: types and bounds."""

from __future__ import annotations

import pytest

from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (text('[snapshots]\nstore = "s3"'), "snapshots.store", "'directory' or 'topic', got 's3'"),
    (text("[snapshots]\nkeep = 0"), "snapshots.keep", "greater than or equal to 1, got 0"),
    (text("[snapshots]\nevery_seconds = 0"), "snapshots.every_seconds", "greater than 0, got 0"),
    (text("[snapshots]\nkeep = '3'"), "snapshots.keep", "valid integer, got '3'"),
    (text("[snapshots]\nkeep = true"), "snapshots.keep", "valid integer, got True"),
    (text("[snapshots]\nkeep = 2.5"), "snapshots.keep", "valid integer, got 2.5"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)

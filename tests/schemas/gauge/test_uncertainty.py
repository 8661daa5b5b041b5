"""`[uncertainty]`: what is asked for, and rules that could never apply."""

from __future__ import annotations

import pytest

from schemas.change import Cost, changes
from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, other, text

SOME = "[uncertainty.abstain]\n"
COVER = "[uncertainty]\ncover = 0.9\n" + SOME
CLASSES = "classes = [1, 2, 3]"

FAULTS = [
    (text("[uncertainty]\ncover = 0.5"), "uncertainty.cover", "greater than 0.5, got 0.5"),
    (text("[uncertainty]\ncover = 1.0"), "uncertainty.cover", "less than 1, got 1.0"),
    (text("[uncertainty]\ncovers = 0.9"), "uncertainty", "unknown key 'covers'; did you mean 'cover'"),
    (text(SOME + "novelty = 1.0"), "uncertainty.abstain.novelty", "less than 1, got 1.0"),
    (text(SOME + "missing = -0.1"), "uncertainty.abstain.missing", "greater than or equal to 0, got -0.1"),
    (text(COVER + "set_size = 2"), "", "set_size must be below the number of classes, 2, which no set exceeds; got 2"),
    (text(COVER + "width = 3.0"), "", "width is for the intervals of a regression, this task is binary: give set_size"),
    (text(SOME + "set_size = 1"), "", "set_size and width need intervals or sets: give uncertainty.cover"),
    (text(SOME + "missing = 0.5"), "", r"missing needs a feature that may be missing \(optional = true\)"),
    (other("multiclass", CLASSES, COVER + "set_size = 3"), "", "below the number of classes, 3"),
    (other("regression", "", COVER + "set_size = 1"), "", "set_size is for classes, and a regression has none: give"),
    (other("regression", "", SOME + "width = 2.0"), "", "give uncertainty.cover, such as 0.9"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


def test_nothing_is_asked_for_unless_it_is_declared():
    assert not parse(text()).uncertainty.is_declared
    assert parse(text("[uncertainty]\ncover = 0.9")).uncertainty.is_declared
    assert parse(text(SOME + "novelty = 0.5")).uncertainty.is_declared


def test_every_change_of_it_is_to_be_accepted():
    plain, some = other("multiclass", CLASSES), other("multiclass", CLASSES, COVER + "set_size = 2\nnovelty = 0.5")

    found = changes(parse(plain), parse(some))

    assert [(one.where, one.cost) for one in found] == [
        ("uncertainty.cover", Cost.ACCEPT),
        ("uncertainty.abstain.set_size", Cost.ACCEPT),
        ("uncertainty.abstain.novelty", Cost.ACCEPT),
    ]
    assert [one.cost for one in changes(parse(some), parse(plain))] == [Cost.ACCEPT] * 3

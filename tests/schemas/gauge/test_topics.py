"""`[topics]`: names, and what they default to."""

from __future__ import annotations

import pytest

from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (text('[topics]\nalerts = "with space"'), "topics.alerts", r"must be at most 249 of a-z, .*, got 'with space'$"),
    (text(root="topics = 3"), "topics", "must be a table, got 3"),
    (text("[topics]\nalerts = 5"), "topics.alerts", "valid string, got 5"),
    (text("[topics]\ninput = 'my pumps'"), "topics.input", "must be at most 200 of"),
    (text("[topics]\ninput = 3"), "topics.input", "valid string, got 3"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


def test_topics_follow_the_inputs_name_and_each_may_be_named():
    topics = parse(text('[topics]\ninput = "plant.pumps"\nalerts = "alarms"')).topics

    assert topics.outputs == (
        "plant.pumps.predictions",
        "alarms",
        "plant.pumps.versions",
        "plant.pumps.reports",
        "plant.pumps.dead_letters",
    )
    assert (topics.snapshots, topics.control) == ("plant.pumps.snapshots", "plant.pumps.control")


def test_the_longest_name_has_room_for_its_topics():
    gauge = parse(text().replace('"pumps"', '"' + "p" * 200 + '"'))

    assert gauge.topics.dead_letters == "p" * 200 + ".dead_letters"

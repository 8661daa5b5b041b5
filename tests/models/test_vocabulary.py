"""Categories become codes in the order of first sight, and held-out events leave no trace."""

from __future__ import annotations

import pytest

from models.vocabulary import UNSEEN, Vocabulary
from tests import builders

GAUGE = builders.gauge("""
[features]
a = "number"
site = { type = "category", optional = true, max_values = 2 }
colour = { type = "category", optional = true, values = ["red", "green", "blue"], max_values = 1 }
""")


@pytest.fixture
def vocabulary():
    return Vocabulary(GAUGE)


def test_codes_follow_first_sight(vocabulary):
    codes = [vocabulary.encode({"site": site}, learn=True)["site"] for site in ("south", "north", "south")]

    assert codes == [1, 2, 1]


def test_declared_values_have_their_codes_from_the_start(vocabulary):
    colours = [vocabulary.encode({"colour": c}, learn=False)["colour"] for c in ("blue", "red", "green")]

    assert colours == [3, 1, 2]  # all three, though max_values is 1


def test_a_full_vocabulary_learns_no_more(vocabulary):
    codes = [vocabulary.encode({"site": site}, learn=True)["site"] for site in ("a", "b", "c", "a")]

    assert codes == [1, 2, UNSEEN, 1]


def test_a_held_out_event_leaves_no_trace(vocabulary):
    assert vocabulary.encode({"site": "north"}, learn=False)["site"] == UNSEEN
    assert vocabulary.encode({"site": "south"}, learn=True)["site"] == 1
    assert vocabulary.encode({"site": "north"}, learn=True)["site"] == 2


def test_the_events_own_features_are_left_alone(vocabulary):
    x = {"a": 1.5, "site": "north"}

    assert vocabulary.encode(x, learn=True) == {"a": 1.5, "site": 1}
    assert x == {"a": 1.5, "site": "north"}


def test_a_missing_category_stays_missing(vocabulary):
    assert vocabulary.encode({"a": 1.0}, learn=True) == {"a": 1.0}


def test_without_categories_nothing_is_copied():
    x = {"a": 1.0}

    assert Vocabulary(builders.gauge('[features]\na = "number"')).encode(x, learn=True) is x

"""Groups of slices: ranges, declared values, values as the log brings them, pairs; and what a private one shows."""

from __future__ import annotations

from bisect import bisect_right

import pandas as pd
import pytest

from models.asked import Asked, Lineup
from models.groups import Groups, slices_of
from models.learner import Learner
from schemas.gauge import Gauge
from tests import builders


def groups(text: str) -> Groups:
    return Groups(builders.gauge(text))


def of(made: Groups, *values: object) -> list[str | None]:
    return [made.of((value,), learn=True)[0] for value in values]  # type: ignore[arg-type]


def test_ranges_are_those_of_pandas():
    edges, values = [-1.5, 30, 50], [-2.0, -1.5, 29.9, 30.0, 49.0, 50.0, 1e9]

    found = of(groups("[slices.age]\nbins = [-1.5, 30, 50]"), *values)

    names = ["below -1.5", "-1.5 to 30", "30 to 50", "from 50"]
    assert found == list(pd.cut(values, [float("-inf"), *edges, float("inf")], right=False, labels=names))
    assert [names[bisect_right(edges, value)] for value in values] == found


def test_declared_values_have_groups_and_all_others_share_one():
    assert of(groups('[slices.sex]\nvalues = ["m", "f"]'), "f", "x", "m", None) == ["f", "other", "m", "missing"]


def test_values_become_groups_as_they_are_met_until_there_are_enough():
    found = of(groups("[slices.site]\nmax_groups = 2"), "b", None, "a", "c", "b")

    assert found == ["b", "missing", "a", "other", "b"]


def test_groups_of_a_private_slice_are_numbered_in_the_order_of_the_log():
    found = of(groups("[slices.site]\nmax_groups = 2\nprivate = true"), "b", None, "a", "c", "b")

    assert found == ["group-1", "missing", "group-2", "other", "group-1"]


@pytest.mark.parametrize("way", ['values = ["m", "f"]', "bins = [3]"])
def test_groups_of_a_private_slice_are_numbered_in_their_declared_order(way):
    values = ("f", "m") if "values" in way else (7.0, 1.0)

    assert of(groups(f"[slices.s]\nprivate = true\n{way}"), *values) == ["group-2", "group-1"]


def test_a_pair_has_the_pairs_that_are_met_and_stands_after_what_is_read():
    gauge = builders.gauge(
        '[slices.both]\nof = ["sex", "age"]\nmax_groups = 2\n[slices.age]\nbins = [30]\n[slices.sex]\nprivate = true'
    )
    made = Groups(gauge)

    found = [made.of(aside, learn=True)[-1] for aside in [(20.0, "f"), (40.0, None), (50.0, "f"), (29.0, "f")]]

    assert slices_of(gauge) == ("age", "sex", "both")
    assert found == ["group-1 & below 30", "missing & from 30", "other", "group-1 & below 30"]


def test_an_event_that_is_held_out_leaves_no_trace():
    made = groups("[slices.site]\nprivate = true")

    assert made.of(("a",), learn=False) == ("other",)
    assert of(made, "b", "a") == ["group-1", "group-2"]


def test_a_group_can_be_shown_on_one_line():
    assert of(groups("[slices.site]"), "", "a\nb\x1b[2J") == ["(empty)", "a\\nb\\x1b[2J"]


ODD = [
    "",
    "(empty)",
    "missing",
    "other",
    '"missing"',
    '""missing""',
    '"',
    "a\nb",
    "a\\nb",
    "a\\\nb",
    '"a\n',
    '"a\\n"',
    "é\n",
    "\\xe9\n",
]


def test_no_two_values_share_a_group_nor_that_of_no_value_or_of_the_others():
    found = of(groups("[slices.site]"), *ODD, None)

    assert len(set(found)) == len(ODD) + 1
    assert "other" not in found
    assert all(group is not None and group.isprintable() for group in found)


@pytest.mark.parametrize("words", ["missing", "other", "(empty)"])
def test_a_value_that_reads_like_a_group_of_ours_is_in_quotes(words):
    declared, met = groups(f'[slices.s]\nvalues = ["{words}"]'), groups("[slices.s]\nmax_groups = 1")

    assert of(declared, words, None, "x") == of(met, words, None, "x") == [f'"{words}"', "missing", "other"]


def test_the_groups_of_a_pair_can_be_told_from_its_name():
    made = groups("[slices.a]\nmax_groups = 100\n[slices.b]\n[slices.both]\nof = ['a', 'b']\nmax_groups = 100")
    parts = ["p", "q & r", "p & q", "r", "p &", "& r", "p & & q", "&", "R&D", "\\&", "missing", None]

    found = [made.of((a, b), learn=True)[-1] for a in parts for b in parts[:8]]

    assert len(set(found)) == len(found) == 96
    assert "other" not in found
    assert made.of(("R&D", "r"), learn=True)[-1] == "R&D & r"
    assert made.of(("p & q", "r"), learn=True)[-1] == r"p \& q & r"


def asked(position: int, *aside: str | None) -> Asked:
    return Asked(position, {}, {}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id="e", aside=aside)


THREE = '[slices.age]\nbins = [3]\n[slices.site]\n[slices.both]\nof = ["age", "site"]\n'
ONE, TWO, OTHER = (builders.gauge(text) for text in ("[slices.site]", THREE, THREE.replace("3", "4")))


def test_a_slice_that_stays_keeps_its_groups_and_one_that_changes_begins_anew():
    made = Groups(builders.gauge("[slices.site]\nprivate = true"))
    assert of(made, "a", "b") == ["group-1", "group-2"]

    with_age = builders.gauge("[slices.age]\nbins = [3]\n[slices.site]\nprivate = true")
    made.adopt(with_age, 2)
    assert made.of((1.0, "b"), learn=True) == ("below 3", "group-2")

    made.adopt(builders.gauge("[slices.site]\nprivate = true\nmax_groups = 7"), 3)
    assert of(made, "b") == ["group-1"]


def test_events_that_wait_are_in_the_groups_of_the_slices_that_stay():
    made = Groups(ONE)
    made.adopt(TWO, 5)
    waits, new = asked(4, "north"), asked(5, "below 3", "north", "below 3 & north")

    assert made.brought_up(waits).aside == (None, "north", None)
    assert made.brought_up(new) is new

    made.adopt(OTHER, 9)
    assert made.brought_up(new).aside == (None, "north", None)
    assert made.brought_up(waits).aside == (None, None, None)


def test_a_change_of_anything_else_leaves_groups_alone():
    made = Groups(TWO)
    before = made.of((1.0, "a"), learn=True)
    made.adopt(builders.gauge(THREE + "[retraining]\nmargin = 0.1"), 3)

    assert made.brought_up(waits := asked(1, *before)) is waits


def test_a_learner_that_adopts_slices_folds_events_that_wait_and_new_ones():
    def late(text: str) -> Gauge:
        return builders.gauge(f"[evaluation]\nholdout = 0\n{text}")

    learner, _ = builders.run(late("[slices.site]"), [builders.record("1", a=1.0, site="n")])
    learner.adopt(late("[slices.zone]\n[slices.site]"))
    values = [builders.record("2", a=2.0, site="n", zone="z"), builders.label("1", "bad"), builders.label("2", "bad")]
    builders.fold(learner, builders.decoded(learner.gauge, values))

    assert learner.counts.labels == 2
    learner.check()
    assert isinstance(learner, Learner)

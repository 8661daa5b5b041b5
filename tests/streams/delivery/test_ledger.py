"""The mark: what is committed for a partition, and that nobody else's commit is taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.ledger import Mark

POSITIONS = st.integers(0, 2**62)


@given(a=POSITIONS, b=POSITIONS, epoch=st.integers(0, 99), origin=st.text(max_size=40), partitions=st.integers(1, 999))
def test_a_mark_is_read_as_it_was_written(a: int, b: int, epoch: int, origin: str, partitions: int):
    mark = Mark(min(a, b), max(a, b), epoch, origin, partitions)

    assert mark.checked() is mark
    assert Mark.read(mark.snapshot, mark.metadata()) == mark


def test_a_mark_in_metadata_stays_as_it_is():
    text = '{"rivergauge":1,"published":57,"epoch":2,"origin":"0f.1e","partitions":3}'

    assert Mark(40, 57, 2, "0f.1e", 3).metadata() == text
    assert Mark(40, 57, 2, "0f.1e", 3, 31).metadata() == text.replace("}", ',"since":31}')
    assert Mark.read(40, text) == Mark(40, 57, 2, "0f.1e", 3)
    assert Mark.read(40, text.replace("}", ',"since":31}')) == Mark(40, 57, 2, "0f.1e", 3, 31)


@pytest.mark.parametrize(("snapshot", "published"), [(5, 4), (-1, 4), (-2, -1)])
def test_a_snapshot_beyond_what_is_published_is_no_mark(snapshot: int, published: int):
    with pytest.raises(ValueError, match="0 <= since <= snapshot <= published"):
        Mark(snapshot, published, 0, "", 1).checked()


def test_a_snapshot_from_before_its_origin_took_over_is_no_mark():
    with pytest.raises(ValueError, match="0 <= since <= snapshot"):
        Mark(40, 57, 0, "", 1, 41).checked()


def test_a_commit_above_its_own_metadata_is_not_read():
    with pytest.raises(ValueError, match=r"committed offset 58 .* 0 <= since <= snapshot <= published"):
        Mark.read(58, Mark(40, 57, 0, "a", 1).metadata())


GOOD = {"rivergauge": 1, "published": 57, "epoch": 0, "origin": "a", "partitions": 1}


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "null",
        "[]",
        "7",
        '"rivergauge"',
        "{}",
        "not json",
        json.dumps({**GOOD, "rivergauge": 2}),
        json.dumps({**GOOD, "more": 1}),
        json.dumps({**GOOD, "published": "57"}),
        json.dumps({**GOOD, "published": None}),
        json.dumps({**GOOD, "published": 57.5}),
        json.dumps({**GOOD, "epoch": "0"}),
        json.dumps({**GOOD, "origin": 3}),
        json.dumps({name: value for name, value in GOOD.items() if name != "epoch"}),
    ],
)
def test_the_metadata_of_another_program_are_refused_and_shown(metadata: str):
    with pytest.raises(ValueError, match="committed offset 40 with metadata"):
        Mark.read(40, metadata)

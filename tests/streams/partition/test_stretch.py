"""What the next commit is made of: stretches in order, and when it is full."""

from __future__ import annotations

import pytest

from streams.delivery.envelope import Output
from streams.partition.fold import STRETCH_S
from streams.partition.pace import Pace
from streams.partition.stretch import Draft, Stretch, joined
from tests.streams.folding import Row, fold, ticking


def stretch(*offsets: int) -> Stretch:
    return Stretch([], offsets[-1] + 1, [1_000] * len(offsets))


def test_joined_stretches_are_one_after_the_other():
    pieces = list(fold(clock=ticking(STRETCH_S)).fold([Row(0, timestamp=5), Row(1, timestamp=6)]))

    whole = joined(pieces)

    assert whole == Stretch([*pieces[0].outputs, *pieces[1].outputs], 2, [5, 6])
    assert all(isinstance(output, Output) for output in whole.outputs)


@pytest.mark.parametrize(
    ("pace", "full"),
    [
        (Pace(commit_records=3), [False, True]),
        (Pace(commit_records=4), [False, False]),
        (Pace(commit_bytes=30), [False, True]),
        (Pace(commit_bytes=31), [False, False]),
    ],
    ids=["records", "fewer records", "bytes", "fewer bytes"],
)
def test_a_draft_is_full_at_its_bound_and_not_before(pace: Pace, full: list[bool]):
    draft, seen = Draft(pace), []
    for piece in (stretch(0, 1), stretch(2)):
        draft.add(piece, record_bytes=10.0)
        seen.append(draft.is_full)

    assert seen == full


def test_what_is_taken_is_whole_and_the_next_draft_begins_empty():
    draft = Draft(Pace(commit_records=2))
    assert draft.take() is None
    draft.add(stretch(0, 1), 1.0)
    draft.add(stretch(4), 1.0)

    assert draft.take() == stretch(0, 1, 4)
    assert not draft
    assert not draft.is_full
    assert draft.take() is None

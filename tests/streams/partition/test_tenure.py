"""The assignment's table: what each state allows, what leads from one to the next, and what never happens."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.partition.tenure import TABLE, Event, State, Tenure
from tests.streams.stage import some_turns

STOPPING = {State.LEFT, State.CLOSING, State.FINISHING}
OURS = {State.GIVEN, State.HELD, State.CLOSING, State.FINISHING}


def test_the_table_answers_every_event_in_every_state():
    assert {(state, event) for state, row in TABLE.items() for event in row} == set(product(State, Event))


def test_a_stop_is_for_good():
    for state, event in product(STOPPING, Event):
        assert TABLE[state][event] in {*STOPPING, None}


def test_only_a_takeover_makes_the_partition_held_and_only_of_one_that_is_given():
    into = {(state, event) for state, row in TABLE.items() for event, then in row.items() if then is State.HELD}

    assert into == {(State.GIVEN, Event.TAKEN_OVER)}


def test_whose_it_is_is_decided_by_the_group_alone():
    for state, event in product(State, Event):
        then = TABLE[state][event]
        if then is None:
            continue
        expected = {Event.ASSIGNED: True, Event.GIVEN_AWAY: False}.get(event, state in OURS)
        assert (then in OURS) == expected, (state, event)


@given(st.lists(st.sampled_from(["assigned", "given_away", "doubted", "stop"])))
def test_what_is_read_from_a_state_fits_what_has_happened(told: list[str]):
    tenure = Tenure()
    for word in told:
        getattr(tenure, word)()

    moves = [word for word in told if word in ("assigned", "given_away")]
    assert tenure.is_ours == (moves[-1:] == ["assigned"])
    assert tenure.is_stopping == ("stop" in told)
    assert tenure.number == len(moves)
    assert not tenure.reads_on
    assert not tenure.finishes


@pytest.mark.parametrize("word", ["assigned", "given_away", "doubted"])
def test_nothing_is_read_on_after_any_of_these_until_it_is_taken_over_again(word: str):
    tenure = Tenure()
    tenure.assigned()
    tenure.taken_over()
    assert tenure.reads_on

    getattr(tenure, word)()
    assert not tenure.reads_on
    tenure.assigned()
    assert not tenure.reads_on
    tenure.taken_over()
    assert tenure.reads_on


def test_what_is_taken_over_when_the_stop_comes_is_finished():
    tenure = Tenure()
    tenure.assigned()
    tenure.taken_over()
    tenure.stop()

    assert (tenure.finishes, tenure.reads_on, tenure.is_ours) == (True, False, True)


def test_a_partition_that_is_not_ours_is_not_taken_over_and_its_state_stays():
    tenure = Tenure()

    with pytest.raises(ValueError, match="a partition that is AWAY cannot be TAKEN_OVER"):
        tenure.taken_over()

    assert tenure.state is State.AWAY


@pytest.mark.parametrize("word", ["assigned", "given_away", "stop"])
async def test_who_waits_for_a_change_wakes_at_the_next(word: str):
    tenure = Tenure()
    tenure.assigned()
    waiting = asyncio.create_task(tenure.change(60))
    await some_turns()
    tenure.doubted()
    await some_turns()
    assert not waiting.done()

    getattr(tenure, word)()

    await asyncio.wait_for(waiting, 5)


async def test_a_wait_for_a_change_is_bounded_and_after_a_stop_there_is_none():
    tenure = Tenure()
    await asyncio.wait_for(tenure.change(0.01), 5)

    tenure.stop()

    await asyncio.wait_for(tenure.change(60), 5)

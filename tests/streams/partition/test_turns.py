"""Turns: one at a time, in the order of asking; a turn is over when its time is, and only if others wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from streams.partition.turns import Turns
from tests.streams.stage import some_turns

PATIENT_S = 9.0


async def test_one_has_it_at_a_time_and_who_asks_first_is_next():
    turns = Turns()
    order: list[str] = []

    async def speak(name: str) -> None:
        async with turns.turn(PATIENT_S):
            order.append(f"{name} begins")
            await some_turns()
            order.append(f"{name} ends")

    await asyncio.gather(*map(speak, "abc"))

    assert order == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


async def have(turns: Turns, patience_s: float) -> None:
    async with turns.turn(patience_s):
        pass


async def test_a_turn_is_over_when_those_who_wait_have_lost_patience():
    now = [10.0]
    turns = Turns(lambda: now[0])
    async with turns.turn(PATIENT_S) as turn:
        now[0] += PATIENT_S
        assert not turn.is_over

        waiting = asyncio.create_task(have(turns, PATIENT_S))
        await some_turns()
        assert turn.is_over
        now[0] -= PATIENT_S / 2
        assert not turn.is_over

    await waiting


async def test_those_who_wait_share_the_patience_of_the_most_impatient():
    now = [10.0]
    turns = Turns(lambda: now[0])
    async with turns.turn(PATIENT_S) as turn:
        waiting = [asyncio.create_task(have(turns, patience_s)) for patience_s in (PATIENT_S, 1.0)]
        now[0] += 0.5
        await some_turns()
        assert turn.is_over
        waiting[0].cancel()
        await some_turns()
        assert not turn.is_over
        now[0] += 0.5
        assert turn.is_over

    await waiting[1]


async def test_who_gives_up_waiting_is_not_waited_for_and_who_fails_lets_go():
    now = [10.0]
    turns = Turns(lambda: now[0])
    with suppress(KeyError):
        async with turns.turn(PATIENT_S) as turn:
            waiting = asyncio.create_task(have(turns, PATIENT_S))
            await some_turns()
            waiting.cancel()
            await some_turns()
            now[0] += PATIENT_S
            assert not turn.is_over
            raise KeyError

    await asyncio.wait_for(have(turns, PATIENT_S), 5)

"""Whose the partition is: the assignment as a table of states and what moves it from one to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import Final


class State(Enum):
    """How the shard and its partition stand to each other."""

    AWAY = auto()
    """Not ours."""
    GIVEN = auto()
    """Ours, and to be taken over under its newest assignment."""
    HELD = auto()
    """Taken over: records are read, folded and published."""
    LEFT = auto()
    """Not ours, and to stop."""
    CLOSING = auto()
    """Ours and to stop, before it was taken over: what is in memory is finished, if anything is."""
    FINISHING = auto()
    """Taken over, and to stop: what is folded is published and written down."""


class Event(Enum):
    """What happens to it."""

    GIVEN_AWAY = auto()
    ASSIGNED = auto()
    TAKEN_OVER = auto()
    DOUBTED = auto()
    """What is in memory is no longer to be trusted."""
    STOPPED = auto()


_A, _G, _H = State.AWAY, State.GIVEN, State.HELD
_L, _C, _F = State.LEFT, State.CLOSING, State.FINISHING
_NEVER = None

# fmt: off
TABLE: Final[Mapping[State, Mapping[Event, State | None]]] = {
    state: dict(zip(Event, row, strict=True))
    for state, row in {
        #    given away  assigned  taken over  doubted  stopped
        _A: (_A,         _G,       _NEVER,     _A,      _L),
        _G: (_A,         _G,       _H,         _G,      _C),
        _H: (_A,         _G,       _NEVER,     _G,      _F),
        # A stop is for good: nothing leads back.
        _L: (_L,         _C,       _NEVER,     _L,      _L),
        _C: (_L,         _C,       _F,         _C,      _C),
        _F: (_L,         _C,       _NEVER,     _C,      _F),
    }.items()
}
# fmt: on


class Tenure:
    """One partition's assignment, from the shard's point of view."""

    def __init__(self) -> None:
        self.state = State.AWAY
        self.number = 0
        """Rises with every assignment and every loss: what was begun under another number is void."""
        self._changed = asyncio.Event()

    def assigned(self) -> None:
        """The partition is ours from now on, and to be taken over, also if it was ours before."""
        self._move(Event.ASSIGNED)

    def given_away(self) -> None:
        """It is another's, or nobody's."""
        self._move(Event.GIVEN_AWAY)

    def taken_over(self) -> None:
        """Reading has begun under the newest assignment."""
        self._move(Event.TAKEN_OVER)

    def doubted(self) -> None:
        """What is in memory is dropped."""
        self._move(Event.DOUBTED)

    def stop(self) -> None:
        """End, as soon as that is possible in order."""
        self._move(Event.STOPPED)

    @property
    def is_ours(self) -> bool:
        """Whether the partition is assigned to this worker."""
        return self.state not in (State.AWAY, State.LEFT)

    @property
    def reads_on(self) -> bool:
        """Whether records are read and folded."""
        return self.state is State.HELD

    @property
    def finishes(self) -> bool:
        """Whether what is folded is to be published and written down, as the last thing."""
        return self.state is State.FINISHING

    @property
    def is_stopping(self) -> bool:
        """Whether it is to end."""
        return self.state in (State.LEFT, State.CLOSING, State.FINISHING)

    async def change(self, patience_s: float) -> None:
        """Wait for the next assignment, loss or stop, at most so long."""
        if self.is_stopping:
            return
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._changed.wait()

    def _move(self, event: Event) -> None:
        state = TABLE[self.state][event]
        if state is None:
            raise ValueError(f"a partition that is {self.state.name} cannot be {event.name}")
        self.state = state
        if event in (Event.ASSIGNED, Event.GIVEN_AWAY):
            self.number += 1
        if event in (Event.ASSIGNED, Event.GIVEN_AWAY, Event.STOPPED):
            self._changed.set()

"""How commands look at what a gauge has published: the view of it, how far back it goes, and who is not in it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from schemas.gauge import Gauge
from schemas.hints import closest, did_you_mean
from streams.cli.gaugefile.loading import read
from streams.cli.terminal.at_broker import at_broker
from streams.cli.terminal.output import refuse
from streams.here.exit_codes import ExitCode
from streams.kafka.connection import client_settings
from streams.view.follower import Follower
from streams.view.view import View

NEAREST: Final = 3
"""Names that are given where one is not there."""
_LISTED: Final = 5


class Look:
    """A gauge, and what it has published by now, back to ``past`` records of each topic's partition."""

    def __init__(self, gauge: Gauge, kinds: Sequence[str] | None, past: int) -> None:
        self.gauge = gauge
        self.view = View()
        self.kinds = kinds
        self.past = past
        self.settings: dict[str, Any] = client_settings(gauge.connection, os.environ)
        self.follower = Follower(gauge, self.settings, self.view, kinds=kinds, past=past)

    def onwards(self) -> Follower:
        """A follower that continues where the first one ended, into the same view."""
        return Follower(
            self.gauge, self.settings, self.view, kinds=self.kinds, past=self.past, begin=self.follower.offsets
        )

    @property
    def partitions(self) -> list[int]:
        """Those of the output topics."""
        return sorted({partition for _, partition in self.follower.offsets})

    @property
    def bound(self) -> str:
        """How far back was read, for the end of a sentence.

        What cannot be found may lie before it.
        """
        return f"among the newest {self.past:,} records of each partition (--past reads further back)"


def looked_at(path: Path, show: Callable[[Look], int], *, kinds: Sequence[str] | None, past: int, as_json: bool) -> int:
    """Read a gauge's outputs up to now, and end with what ``show`` makes of them."""

    async def read(look: Look) -> int:
        await look.follower.read_to_end()
        return show(look)

    return looking(path, read, kinds=kinds, past=past, as_json=as_json)


def looking(
    path: Path, work: Callable[[Look], Awaitable[int]], *, kinds: Sequence[str] | None, past: int, as_json: bool
) -> int:
    """Do ``work`` with a look at a gauge that has read nothing yet.

    Models are not made: what stands on the topics can be read whatever they are.
    """
    gauge = read(path)

    async def opened() -> int:
        return await work(Look(gauge, kinds, past))

    return at_broker(gauge.connection, opened())


def not_there(what: str, name: str, known: Sequence[str], look: Look, *, as_json: bool) -> ExitCode:
    """Refuse a name that nothing has, with those that come nearest; or the newest, if none is near."""
    near = closest(name, known, most=NEAREST)
    if near:
        hint = did_you_mean(near)
    elif known:
        hint = f"; the newest are {', '.join(known[:_LISTED])}"
    else:
        hint = "; there is none"
    return refuse(f"no {what} '{name:.80}' {look.bound}{hint}", as_json=as_json)

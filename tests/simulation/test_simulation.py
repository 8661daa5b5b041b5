"""Thousands of seeds of a world in which everything may go wrong; a seed that fails can be run again by its number."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from tests.simulation.run import check, live
from tests.simulation.world import run

SEEDS = int(os.environ.get("RIVERGAUGE_SIMULATION_SEEDS", "2000"))
PARTS = 10


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads would decide the order."""

    async def here(work: Any, *args: Any) -> Any:
        return work(*args)

    monkeypatch.setattr(asyncio, "to_thread", here)


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_everything_is_said_once(part: int):
    for seed in range(part, SEEDS, PARTS):
        try:
            check(run(live(seed)))
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error

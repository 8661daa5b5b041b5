"""The work at the end of a block is spread over the events that follow it."""

from __future__ import annotations

import numpy as np
import pytest

from models.drift.columns.blocks import WARM_UP, Blocks


@pytest.mark.parametrize(("block", "most"), [(8, 11), (16, 6), (64, 2), (256, 1)])
def test_work_is_spread_and_done_before_the_next_block_is_full(block: int, most: int) -> None:
    blocks = Blocks((*[False] * 14, *[True] * 6), 4, block, ("hour",))
    rows = np.random.default_rng(0).integers(0, 4, size=(WARM_UP + 66 * block, 20)).astype(float).tolist()
    done, portion = [0], blocks._portion

    def counted(budget: float) -> None:
        done[-1] += 1
        portion(budget)

    blocks._portion = counted  # type: ignore[method-assign]
    judged = []
    for row in rows:
        done.append(0)
        if blocks.add(row, budget=1e-9, history=0) is not None:
            judged.append(blocks.events)

    assert max(done) == most  # portions of one event
    ends = range(WARM_UP + block, WARM_UP + 66 * block, block)  # of which the 64th completes every length
    waits = [at - end + 1 for at, end in zip(judged, ends, strict=True)]
    assert 1 < min(waits) < max(waits) <= block

"""What moved, in the words and figures of an alert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from models.drift.columns.alarm import Alarm, by_columns
from models.drift.columns.arrays import monitors
from models.drift.columns.blocks import Blocks
from models.drift.evidence.column import Column
from models.drift.evidence.kinds import Judged, judge

GAP_BLOCKS: Final = 32
"""Base blocks before an alarm that do not belong to how things were: what moved may have begun there."""
LEAD_BLOCKS: Final = 2
"""Base blocks before an alarm that belong to how things are."""


def movements(alarm: Alarm, blocks: Blocks, columns: Sequence[Column]) -> list[Judged]:
    """What moved, the column of the most evidence first."""
    kind = monitors(blocks.numbers, blocks.categories)
    by_column = by_columns(alarm.evidence, kind.column, len(columns))
    named = alarm.names(kind.column, len(columns))
    total = float(by_column[named].sum())
    before, after = blocks.keeper.stretches(
        after_blocks=alarm.blocks + LEAD_BLOCKS, gap_events=GAP_BLOCKS * blocks.pace.block_events
    )
    found = []
    for place in named:
        column, own = columns[place], np.nonzero(kind.column == place)[0]
        what = kind.name[int(own[np.argmax(alarm.evidence[own])])]
        weight = float(by_column[place]) / total if total > 0 else 1 / len(named)
        then = before.sketch(place, codes=column.is_category)
        now = after.sketch(place, codes=column.is_category, against=before)
        found.append(judge(column, then, now, what=what, weight=weight))
    return found

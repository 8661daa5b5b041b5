"""What is kept of the past, so that an alarm can show how things were before and after.

The newest blocks are kept as up to 48 of their events each, older ones as cells of at least 128 events, of which 16 are
kept. What is left out is chosen by a low-discrepancy sequence rather than by a stride: four stations that report in
turn would otherwise be seen as one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from models.drift.evidence.sketch import LEVELS, Sketch, common_shares, shares_of

BEFORE_EVENTS: Final = 4_096
"""How long the stretch before a change is."""

RECENT_BLOCKS: Final = 10
"""The newest blocks, of which `RECENT_ROWS` events are kept each."""
RECENT_ROWS: Final = 48
CELLS: Final = 48
CELL_EVENTS: Final = 128
CELL_ROWS: Final = 16

_GOLDEN: Final = 0.6180339887498949
_LARGEST: Final = 3e38
"""Single precision ends there."""
_FOLDS: Final[tuple[np.ufunc, ...]] = (np.add, np.add, np.minimum, np.maximum, np.maximum, np.maximum)
"""What joins the counts of several cells."""

Rows: TypeAlias = npt.NDArray[np.float64]
Kept: TypeAlias = npt.NDArray[np.float32]

_MISSING, _SUM, _LOW, _HIGH, _RUN, _KNOWN = range(6)


class Cell(NamedTuple):
    """Some events of a stretch, one row each, and what was counted of all of them, by column.

    Both are single precision, values around the keeper's centres. The rows of ``counted`` are: missing, the sum, the
    lowest and the highest value, the current run of equal values, the highest code so far.
    """

    events: int
    rows: Kept
    counted: Kept


class Stretch(NamedTuple):
    """Cells that follow each other, oldest first; ``newest`` is the last event of all."""

    cells: tuple[Cell, ...]
    centre: Rows
    newest: Rows

    @property
    def events(self) -> int:
        """How many there were."""
        return sum(cell.events for cell in self.cells)

    def values(self, column: int) -> Rows:
        """What is kept of a column's values, missing ones left out."""
        kept = np.concatenate([cell.rows[:, column] for cell in self.cells]) if self.cells else np.zeros(0, np.float32)
        values: Rows = kept[np.isfinite(kept)].astype(np.float64) + self.centre[column]
        return values

    def sketch(self, column: int, *, codes: bool, against: Stretch | None = None) -> Sketch:
        """A column's figures; ``codes`` says that its numbers stand for the values of a category."""
        if not self.events:
            return Sketch(events=0)
        values = self.values(column)
        counted = np.stack([cell.counted[:, column] for cell in self.cells]).astype(np.float64)
        low = float(counted[:, _LOW].min() + self.centre[column])
        high = float(counted[:, _HIGH].max() + self.centre[column])
        here = self.events - float(counted[:, _MISSING].sum())
        newest = float(self.newest[column])
        return Sketch(
            events=self.events,
            missing=1.0 - here / self.events,
            quantiles=None if codes or not len(values) else tuple(np.percentile(values, LEVELS).tolist()),
            mean=None if codes or here < 1 else float(counted[:, _SUM].sum() / here + self.centre[column]),
            low=low if low <= high else None,
            high=high if low <= high else None,
            shares=shares_of(values) if codes else common_shares(values),
            whole=None if codes or not len(values) else float(np.mean(values == np.rint(values))),
            run=int(counted[:, _RUN].max()),
            newest=newest if isfinite(newest) else None,
            far=None if codes or against is None else _far(values, against, column),
            new=_new(values, self if against is None else against, column, codes=codes, own=against is None),
        )


class Keeper:
    """Keeps what has passed, for every column; thinned.

    The state is at most 48 * 16 + 10 * 48 rows and six counts for each of 66 cells, in single precision, whatever the
    length of blocks: 6.6 kB per column.

    Parameters
    ----------
    columns
        How many there are. A category's values are codes that count up from 0 in the order in which they were first
        seen, so that a code above all earlier ones is a new value. Missing is NaN.
    """

    def __init__(self, columns: int) -> None:
        self._recent: deque[Cell] = deque()
        self._pending: list[Cell] = []
        self._older: deque[Cell] = deque()
        self._thinned = 0
        self._centre = np.full(columns, np.nan)
        self._newest = np.full(columns, np.nan)
        self._run = np.zeros(columns, np.int64)
        self._known = np.full(columns, -1.0)

    def add(self, block: Rows) -> None:
        """Take in a block: a row for each event, a column for each column."""
        for _ in self.adding(block):
            pass

    def adding(self, block: Rows) -> Generator[None, None, None]:
        """Take in a block, in portions; nothing changes before the last of them."""
        n = len(block)
        here = np.isfinite(block)
        centre = self._centre
        known = np.isfinite(centre)
        if not known.all():
            first = block[here.argmax(axis=0), np.arange(block.shape[1])]
            centre = np.where(known, centre, np.rint(first))
        low, high = np.where(here, block, np.inf).min(axis=0), np.where(here, block, -np.inf).max(axis=0)
        yield
        run = self._runs(block)
        yield
        zero = np.where(np.isfinite(centre), centre, 0.0)
        around = block - zero
        counted = np.empty((len(_FOLDS), block.shape[1]))
        counted[_MISSING] = n - here.sum(axis=0)
        counted[_SUM] = np.where(here, around, 0.0).sum(axis=0)
        yield
        self._centre, self._run, self._newest = centre, run, block[-1].copy()
        self._known = np.maximum(self._known, high)
        counted[_LOW], counted[_HIGH] = low - zero, high - zero
        counted[_RUN], counted[_KNOWN] = self._run, self._known
        rows = around if n <= RECENT_ROWS else around[self._places(n, RECENT_ROWS)]
        self._recent.append(Cell(n, _single(rows), _single(counted)))
        if len(self._recent) > RECENT_BLOCKS:
            self._age(self._recent.popleft())

    def stretches(self, *, after_blocks: int, gap_events: int) -> tuple[Stretch, Stretch]:
        """What there was before a change and what after it.

        After are the newest ``after_blocks`` blocks, at most `RECENT_BLOCKS`. Before are 4,096 events, or as many as
        there are, that end ``gap_events`` before after begins: a change is seen late, and what it had begun to move
        must not pass for normal. While there are too few for that, before is the older half of what there is.
        """
        recent = [*self._recent]
        after_blocks = min(max(after_blocks, 1), RECENT_BLOCKS, max(len(recent) - 1, 1))
        after = recent[-after_blocks:]
        past = [*self._older, *self._pending, *recent[:-after_blocks]]
        before = _ending_before(past, gap_events)
        if sum(cell.events for cell in before) < CELL_EVENTS * 2:
            before = past[: max(len(past) // 2, 1)]
        before = _newest_of(before, BEFORE_EVENTS)
        return (Stretch((*before,), self._centre, self._newest), Stretch((*after,), self._centre, self._newest))

    def rearrange(self, places: Sequence[int | None]) -> None:
        """Continue with other columns: each is the one that stood at a place, or is new."""
        for cells in (self._recent, self._pending, self._older):
            kept = [_rearranged(cell, places) for cell in cells]
            cells.clear()
            cells.extend(kept)
        self._centre, self._newest = _moved(self._centre, places, np.nan), _moved(self._newest, places, np.nan)
        self._run, self._known = _moved(self._run, places, 0), _moved(self._known, places, -1.0)

    def _runs(self, block: Rows) -> npt.NDArray[np.int64]:
        changed = (block != np.concatenate((self._newest[None], block[:-1])))[::-1]
        tail = np.where(changed.any(axis=0), changed.argmax(axis=0) + 1, self._run + len(block))
        return np.where(np.isfinite(block[-1]), tail, 0).astype(np.int64)

    def _places(self, n: int, most: int) -> npt.NDArray[np.intp]:
        # One of each of `most` equal parts, at a place within it that no period can follow.
        if n <= most:
            return np.arange(n)
        steps = self._thinned + np.arange(most)
        self._thinned = (self._thinned + most) % 1_000_003
        return np.minimum(((np.arange(most) + (steps * _GOLDEN) % 1.0) * n / most).astype(np.intp), n - 1)

    def _age(self, cell: Cell) -> None:
        self._pending.append(cell)
        if sum(one.events for one in self._pending) < CELL_EVENTS:
            return
        joined = _joined(self._pending)
        self._older.append(joined._replace(rows=joined.rows[self._places(len(joined.rows), CELL_ROWS)]))
        self._pending = []
        if len(self._older) > CELLS:
            self._older.popleft()


def _joined(cells: Sequence[Cell]) -> Cell:
    counted = np.array([cell.counted for cell in cells])
    joined = np.empty_like(counted[0])
    for n, fold in enumerate(_FOLDS):
        fold.reduce(counted[:, n], axis=0, out=joined[n])
    return Cell(sum(cell.events for cell in cells), np.concatenate([cell.rows for cell in cells]), joined)


def _single(rows: Rows) -> Kept:
    return np.minimum(np.maximum(rows, -_LARGEST), _LARGEST).astype(np.float32)


def _ending_before(cells: Sequence[Cell], gap_events: int) -> list[Cell]:
    later = 0
    for n in range(len(cells), 0, -1):
        if later >= gap_events:
            return [*cells[:n]]
        later += cells[n - 1].events
    return []


def _newest_of(cells: Sequence[Cell], events: int) -> list[Cell]:
    taken = 0
    for n in range(len(cells) - 1, -1, -1):
        taken += cells[n].events
        if taken >= events:
            return [*cells[n:]]
    return [*cells]


def _far(values: Rows, against: Stretch, column: int) -> float | None:
    low = min((float(cell.counted[_LOW, column]) for cell in against.cells), default=np.inf)
    high = max((float(cell.counted[_HIGH, column]) for cell in against.cells), default=-np.inf)
    if not len(values) or low > high:
        return None
    room, values = 3 * (high - low), values - against.centre[column]
    return float(np.mean((values > high + room) | (values < low - room)))


def _new(values: Rows, past: Stretch, column: int, *, codes: bool, own: bool) -> float | None:
    # Of a stretch by itself: new since its first cell, to tell how fast a column gets new values by nature.
    if not codes or not len(values) or not past.cells:
        return None
    return float(np.mean(values > past.cells[0 if own else -1].counted[_KNOWN, column]))


def _rearranged(cell: Cell, places: Sequence[int | None]) -> Cell:
    rows = [cell.rows[:, n] if n is not None else np.full(len(cell.rows), np.nan) for n in places]
    unseen = (cell.events, 0.0, _LARGEST, -_LARGEST, 0.0, -1.0)
    counted = [_moved(row, places, new) for row, new in zip(cell.counted, unseen, strict=True)]
    return Cell(cell.events, np.stack(rows, axis=1).astype(np.float32), np.stack(counted).astype(np.float32))


def _moved(values: npt.NDArray[Any], places: Sequence[int | None], new: float) -> npt.NDArray[Any]:
    return np.array([new if n is None else values[n] for n in places], values.dtype)

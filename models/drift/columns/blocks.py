"""The stream of rows in blocks: lengths that run together, and a block's work in portions over the rows that follow.

The work at the end of a block takes as many portions an event as it needs to be done before the next block is full.
It is a list of stages. A stage is a generator that changes nothing before its last portion, so that of one which has
been begun it is enough to know how many portions were done: whoever restores the state repeats them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np

from models.drift.columns.alarm import Alarm
from models.drift.columns.arrays import Flags, Floats, Ints, monitors
from models.drift.columns.lengths import TIMES, Lengths
from models.drift.columns.pace import Pace
from models.drift.columns.sample import Sample
from models.drift.columns.season import parts_of, places_of
from models.drift.columns.summaries import Context, sums_of
from models.drift.columns.transform import SLOTS, Transform
from models.drift.evidence.keeper import Keeper

WARM_UP: Final = 512
"""Events from which the first transform is made."""
RENEWALS: Final = (2_048, 8_192, 32_768)
"""Events after which the transform is made anew, from a sample of all that came before."""
LARGEST: Final = 1e100

_PORTIONS: Final = 17
"""Portions, at most, of the summaries and the monitors of one length."""
_ROWS: Final = 64
"""Rows that one portion makes an array of."""
_OTHER_PORTIONS: Final = 17
"""Portions, at most, of all else that is done at the end of a base block."""
_SUMS, _KEEP, _JUDGE = 0, -2, -1

Row = list[float | None]


class Judged(NamedTuple):
    """What a block came to: the sum of all evidence, and the alarm whose names were not fixed before it.

    ``alarmed`` says that it is new, ``fixed`` that its names are fixed now.
    """

    total: float
    alarm: Alarm | None
    alarmed: bool
    fixed: bool


class Blocks:
    """All columns of one stream, with their monitors at four block lengths.

    Parameters
    ----------
    codes
        For each column whether its numbers are codes of a category; numbers come first.
    most
        The largest code that a category can have.
    block_events
        Events of a base block; ``None``: it follows the traffic.
    season
        What a summary's season goes by.
    """

    def __init__(
        self, codes: tuple[bool, ...], most: int, block_events: int | None, season: tuple[str, ...] = ()
    ) -> None:
        self.numbers, self.categories = codes.count(False), codes.count(True)
        self.events = 0
        self.pace = Pace(block_events)
        self._slots = min(most, SLOTS - 2) + 2
        self.lengths = Lengths(self.numbers, self.categories, self.pace.block_events, season)
        self._transform: Transform | None = None
        self._context: Context | None = None
        self._sample: Sample | None = Sample()
        self.keeper = Keeper(len(codes))
        self._renewals = 0
        self._rows: list[Row] = []
        self._block: list[Row] = []
        self._parts = [0] * parts_of(season)
        self._block_parts: list[int] = []
        self._summary: tuple[Floats, Floats] | None = None
        self._todo: list[int] = []
        self._done = 0
        self._rate = 1
        self._work: Generator[None, None, None] | None = None
        self._values: Floats | None = None
        self._recent: list[list[Row]] = []
        self._anew: list[int] = []
        self.alarm: Alarm | None = None
        self._bets = True
        self._judged: Judged | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_work": None, "_values": None}

    def at(self, time: datetime | None) -> None:
        """When the next row is of, in event time."""
        if time is not None:
            self.pace.event(time)
            if self._parts:
                for place in places_of(time, self.lengths.season):
                    self._parts[place] += 1

    def add(self, row: Row, *, budget: float, history: int) -> Judged | None:
        """Take in a row; what a block came to, if that has become clear.

        Parameters
        ----------
        budget
            False alarms per event.
        history
            Events before which there is no evidence.
        """
        self.events += 1
        rows = self._rows
        rows.append(row)
        if self._sample is not None:
            self._sample.add(row, self.events)
        if len(rows) >= (WARM_UP if self._transform is None else self.pace.block_events):
            if self._transform is None:
                self._warm_up()
            else:
                while self._todo:
                    self._portion(budget)
                self._bets = self.events > history
                self._begin()
        if self._todo:
            for _ in range(self._rate):
                if self._todo:
                    self._portion(budget)
        judged, self._judged = self._judged, None
        return judged

    @property
    def single(self) -> int:
        """Monitors of single columns; those over all come behind them."""
        return self.lengths.at.summaries

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if self._transform is not None and len(self._rows) >= self.pace.block_events:
            yield f"{len(self._rows)} rows wait for a block of {self.pace.block_events}"
        if any(count >= times for count, times in zip(self.lengths.counts, TIMES, strict=True)) and not self._todo:
            yield f"blocks are full and nothing is done about them: {self.lengths.counts}"

    def restart(self, column: int) -> None:
        """A column is of another thing from the next block on."""
        if column not in self._anew:
            self._anew.append(column)

    def _warm_up(self) -> None:
        numbers, codes = self._arrays(self._rows)
        self._transform = Transform(numbers, codes, self._slots)
        self._context = Context(numbers, codes, self._slots)
        base = self.pace.block_events
        for start in range(0, len(self._rows), base):
            self.keeper.add(self._table(self._rows[start : start + base]))
        self._rows, self._parts = [], [0] * len(self._parts)

    def _begin(self) -> None:
        """A base block is full: nothing of the last one is left to do."""
        if self.alarm is None:
            self._renew()
            if self.lengths.counts[1] == 0 and self.pace.lengthens(self.events):
                self.lengths.lengthen()
                if len(self._rows) < self.pace.block_events:
                    return
        if self._anew:
            self._restart(np.isin(np.arange(self.numbers + self.categories), self._anew), everything=True)
            self._anew = []
        self._block, self._rows = self._rows, []
        self._block_parts, self._parts = self._parts, [0] * len(self._parts)
        if self.alarm is not None:
            self._recent.append(self._block[:: max(1, len(self._block) // 32)])
        self._todo, self._done = [_SUMS], 0
        portions = _OTHER_PORTIONS + len(self._block) // _ROWS + _PORTIONS * self.lengths.completing
        self._rate = -(-portions // self.pace.block_events)

    def _renew(self) -> None:
        if self._sample is None or self.events < RENEWALS[self._renewals]:
            return
        self._renewals += 1
        assert self._transform is not None
        numbers, codes = self._arrays(self._sample.rows)
        changed = np.concatenate(self._transform.renew(numbers, codes))
        self._restart(changed, everything=False)
        if self._renewals == len(RENEWALS):
            self._sample = None

    def _restart(self, changed: Flags, *, everything: bool) -> None:
        kind = monitors(self.numbers, self.categories)
        which = (kind.column >= 0) & changed[kind.column]
        if not everything:
            which &= ~np.isin(kind.name, _UNSCALED)
        if changed.any():
            self.lengths.restart(changed, which)

    # -- work ---------------------------------------------------------------------------------------------------------

    def _portion(self, budget: float) -> None:
        if self._work is None:
            self._work = self._stage(self._todo[0], budget)
            for _ in range(self._done):
                next(self._work)
        if next(self._work, _END) is _END:
            self._work, self._done = None, 0
            self._todo = self._todo[1:]
        else:
            self._done += 1

    def _stage(self, stage: int, budget: float) -> Generator[None, None, None]:
        if stage == _SUMS:
            yield from self._sum_up()
        elif stage == _KEEP:
            yield from self.keeper.adding(self._table(self._block) if self._values is None else self._values)
            self._block, self._values = [], None
        elif stage == _JUDGE:
            self._judge(budget)
        elif stage % 2:
            self._summary = yield from self.lengths.summarise(stage // 2)
        else:
            assert self._summary is not None
            level = self.lengths.levels[stage // 2 - 1]
            yield from level.step(*self._summary, self.lengths.at, bets=self._bets)

    def _sum_up(self) -> Generator[None, None, None]:
        assert self._transform is not None
        assert self._context is not None
        tables = []
        for start in range(0, len(self._block), _ROWS):
            tables.append(self._table(self._block[start : start + _ROWS]))
            yield
        self._values = np.concatenate(tables)
        numbers, codes = self._parted(self._values)
        yield
        sums = yield from sums_of(numbers, codes, self._transform, self._context, self.lengths.at)
        parts = np.array(self._block_parts, np.float64)
        due = [stage for n in self.lengths.gather(sums, parts) for stage in (2 * n + 1, 2 * n + 2)]
        self._todo = [_SUMS, _KEEP, *due, _JUDGE]

    def _judge(self, budget: float) -> None:
        kind, columns = monitors(self.numbers, self.categories), self.numbers + self.categories
        evidence = self.lengths.evidence
        total = float(evidence.sum())
        alarmed = fixed = False
        if self.alarm is not None:
            self.alarm.look(evidence, self.lengths.levels[0].tempered, kind.column, of=columns, budget=budget)
            fixed = self.alarm.is_over
        elif budget * total >= 1.0:
            self.alarm = Alarm(*evidence.shape)
            self.alarm.look(evidence, None, kind.column, of=columns, budget=budget)
            alarmed = True
        self._judged = Judged(total, self.alarm, alarmed, fixed)
        if fixed:
            self._fix()

    def _fix(self) -> None:
        """The names are fixed: what moved is learned anew, and evidence begins at nothing."""
        assert self.alarm is not None
        assert self._transform is not None
        kind = monitors(self.numbers, self.categories)
        columns = self.numbers + self.categories
        named = np.isin(np.arange(columns), self.alarm.names(kind.column, columns))
        which = (kind.column >= 0) & named[kind.column]
        numbers, codes = self._arrays([row for rows in self._recent for row in rows])
        other, other_codes = self._transform.replace(numbers, codes, named[: self.numbers], named[self.numbers :])
        replaced = np.concatenate((other, np.zeros(self.categories, np.bool_)))
        no_way_back = (kind.column >= 0) & replaced[kind.column]
        self.lengths.moved(which, np.concatenate((other, other_codes)), no_way_back)
        self.alarm, self._recent = None, []

    def _table(self, rows: list[Row]) -> Floats:
        values = np.array(rows, dtype=np.float64).reshape(len(rows), self.numbers + self.categories)
        bounded: Floats = np.minimum(np.maximum(values, -LARGEST), LARGEST)
        return bounded

    def _arrays(self, rows: list[Row]) -> tuple[Floats, Ints]:
        return self._parted(self._table(rows))

    def _parted(self, values: Floats) -> tuple[Floats, Ints]:
        numbers = values[:, : self.numbers]
        codes = values[:, self.numbers :]
        codes = np.where(codes == codes, np.minimum(np.maximum(codes, -1.0), self._slots - 1.0), -1.0)
        return np.ascontiguousarray(numbers), codes.astype(np.int64)


_UNSCALED: Final = ("missing", "range", "repeat", "run", "far", "unseen")
"""Summaries that no transform touches."""
_END: Final = object()

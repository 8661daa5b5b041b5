"""Rows of a data file as the records of a gauge's log, in the order in which a log would have them.

``send`` publishes these records and ``backtest`` folds them, so a position offline is the offset online. How a row
becomes a record is `streams.data.rowparts`' business; this module places late labels. Nothing is guessed, and nothing
wrong in the data stops a replay, unless it makes the order of the log unknowable.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, NamedTuple

from pydantic_core import to_json

from models.door.event_time import EventTime
from schemas.gauge import Arrival, Gauge
from schemas.log import Headers
from streams.data.csvfile import Broken
from streams.data.datafile import DataFileError, Row, Rows
from streams.data.rowparts import CellReader, LineReader, Parts, Places, put


class Replayed(NamedTuple):
    """One record to be published or folded.

    ``topic`` and ``partition`` are those that ``send`` would publish it to, were there one partition. ``row`` is the
    number, from 0, of the data row it comes from. ``due`` is when a late label is known; ``None`` for
    events and for labels that directly follow their event. ``line`` is that on which the row begins in its file, and
    ``problem`` what is wrong with a row that is none: its ``value`` is then its bytes, for intake to refuse.
    """

    key: bytes | None
    value: bytes
    is_label: bool
    topic: str
    row: int
    due: datetime | None
    line: int | None = None
    problem: str | None = None
    partition: int = 0
    headers: Headers = ()


def records(
    rows: Iterable[Row], gauge: Gauge, *, limit: int | None = None, warn: Callable[[str], None] | None = None
) -> Iterator[Replayed]:
    """Turn rows into records in log order; at most ``limit`` rows are read, and their labels still follow.

    ``warn`` is called, before the first record, for each optional feature that has no column in a CSV file.

    Memory is bounded by the labels that become known later than the newest event.

    Raises
    ------
    DataFileError
        Before the first record if a CSV file lacks a column that the gauge names; on the way if a late label has no
        time (neither ``label.time`` nor, in its place, ``label.delay_s``).
    """
    remaining = iter(rows)
    first = next(remaining, None)
    if first is None:
        return
    read: Callable[[Any, int], Parts]  # all rows of a file are of the first one's kind, or broken
    if isinstance(first, bytes):
        read = LineReader(gauge)
    else:
        read = CellReader(gauge, first.header if isinstance(first, Broken) else list(first))
        if warn is not None:
            for warning in read.warnings:
                warn(warning)
    file = rows if isinstance(rows, Rows) else None
    taken = _taken_apart(islice(chain([first], remaining), limit), read, gauge.topics.input, file)
    if gauge.label.arrival is Arrival.LATER:
        yield from _interleaved(taken, gauge)
        return
    for part, made in taken:
        yield Replayed(part.key, part.event, False, *made)


class _Made(NamedTuple):
    """Of what a record is made; the end of `Replayed`."""

    topic: str
    row: int
    due: datetime | None = None
    line: int | None = None
    problem: str | None = None


def _taken_apart(
    rows: Iterator[Row], read: Callable[[Any, int], Parts], topic: str, file: Rows | None
) -> Iterator[tuple[Parts, _Made]]:
    for number, row in enumerate(rows):
        line = None if file is None else file.line
        if isinstance(row, Broken):
            yield Parts(row.raw, None), _Made(topic, number, None, line, row.what)
        else:
            yield read(row, number), _Made(topic, number, None, line)


def _interleaved(taken: Iterator[tuple[Parts, _Made]], gauge: Gauge) -> Iterator[Replayed]:
    """Place every late label by the time it is known.

    Before an event at time t come all labels due at or before t, by due time and then by row; after the last event, all
    that remain. This is the order of River's ``stream.simulate_qa``. With neither ``label.time`` nor ``label.delay_s``
    a label directly follows its event.

    A time that intake will refuse moves nothing: such an event releases no labels, and a label whose own time (or, with
    ``label.delay_s``, whose event's) is such follows its event directly, to be refused like it. A row that is a label
    record already keeps its place.
    """
    timed = gauge.label.time is not None or gauge.label.delay_s is not None
    times, at = EventTime(gauge), Places(gauge)
    waiting: list[tuple[datetime, int, Replayed]] = []
    for part, made in taken:
        now = times.accepted(part.time) if timed else None
        while now is not None and waiting and waiting[0][0] <= now:
            yield heapq.heappop(waiting)[2]
        yield Replayed(part.key, part.event, part.is_label, *made)
        if part.label is None or part.is_label:
            continue
        time, due = _known(gauge, times, part, now, made)
        label = Replayed(part.key, _label_record(at, part, time), True, *made._replace(due=due))
        if due is None:
            yield label
        else:
            heapq.heappush(waiting, (due, made.row, label))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _known(
    gauge: Gauge, times: EventTime, part: Parts, now: datetime | None, made: _Made
) -> tuple[Any, datetime | None]:
    """When the label is known: the value that its record will hold, and the moment that places it."""
    if part.label_time is not None:
        return part.label_time, times.accepted(part.label_time)
    delay_s = gauge.label.delay_s
    if delay_s is None and gauge.label.time is not None:
        where = f"line {made.line}" if made.line is not None else f"row {made.row + 1}"
        raise DataFileError(f"{where} has a label but no '{gauge.label.time}': fill it in or set label.delay_s")
    if delay_s is None or now is None:
        return part.time, None
    due = now + timedelta(seconds=delay_s)
    return times.write(due), due


def _label_record(at: Places, part: Parts, time: Any) -> bytes:
    record: dict[str, Any] = {}
    if at.id is not None and part.id is not None:
        put(record, at.id, part.id)
    put(record, at.label, part.label)
    if at.time is not None and time is not None:
        put(record, at.time, time)
    return to_json(record)

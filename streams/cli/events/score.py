"""``rivergauge score``: events of a file, of standard input or of the command line, answered over HTTP."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from schemas.events import Reason
from schemas.figure_words import figure
from schemas.gauge import Gauge, Task
from schemas.plurals import count
from streams.cli.gaugefile.loading import read
from streams.cli.terminal.output import err, out, print_json, refuse
from streams.cli.terminal.tables import Cell, print_table
from streams.data.csvfile import Broken
from streams.data.datafile import Row, rows
from streams.data.piped import Piped, at_hand
from streams.data.rowparts import CellReader, Labels, LineReader, Parts
from streams.here.exit_codes import ExitCode
from streams.here.urls import url_of
from streams.http.client import TOKEN, Client, is_json, refusal

AT_ONCE: Final = 500
"""Events of a request."""
MOST_BYTES: Final = 1_000_000
"""Of a request, about: a server takes four times as much."""

Said = dict[str, Any]
"""An answer, or problem details; with the ``line`` on which its event begins, if it has one."""


class Asked(NamedTuple):
    """What the command line says."""

    source: str
    url: str | None
    delimiter: str | None
    events: int | None
    partition: int | None


class _Event(NamedTuple):
    """An event to be scored; ``problem`` is what is wrong with a row that is none, about which nobody is asked."""

    line: int | None
    value: bytes
    problem: str | None = None


def run(path: Path, asked: Asked, *, as_json: bool) -> int:
    """Print the answer to each event as it comes; the exit code tells whether some were refused."""
    gauge = read(path)
    if asked.source == "-" and sys.stdin.isatty():
        what = f"name a file of events, or write one event: rivergauge score {path} '{{...}}'; - is standard input"
        return refuse(what, as_json=as_json)
    if not asked.url and not gauge.server.port:
        return refuse("server.port is 0, a free port for each worker: name the address with --url", as_json=as_json)
    url = asked.url or url_of(gauge.server.host, gauge.server.port)
    tally = _Tally()
    show = _table(gauge) if out.is_terminal and not as_json else _lines
    with closing(Client(gauge.name, url, os.environ.get(TOKEN))) as client:
        for said in _answered(client, _events(gauge, asked), asked.partition):
            tally.take(said)
            show(said)
            if out.quiet:  # the reader has gone: nobody wants the rest
                break
    return tally.end(gauge, asked.source, told=show is not _lines)


def _events(gauge: Gauge, asked: Asked) -> Iterator[_Event]:
    if asked.source.lstrip().startswith("{"):
        yield _Event(None, LineReader(gauge)(asked.source.encode(), 0).event)
        return
    file = Piped(asked.delimiter) if asked.source == "-" else rows(Path(asked.source), asked.delimiter)
    read: Callable[[Any, int], Parts] | None = None
    for number, row in enumerate(islice(file, asked.events)):
        read = read or _reader(gauge, row)
        if isinstance(row, Broken):
            yield _Event(file.line, row.raw, row.what)
        else:
            yield _Event(file.line, read(row, number).event)


def _reader(gauge: Gauge, first: Row) -> Callable[[Any, int], Parts]:
    if isinstance(first, bytes):
        return LineReader(gauge)
    read = CellReader(gauge, first.header if isinstance(first, Broken) else list(first), Labels.LEFT_OUT)
    for warning in read.warnings:
        err.print(f"warning: {warning}")
    return read


def _answered(client: Client, events: Iterable[_Event], partition: int | None) -> Iterator[list[Said]]:
    for batch in at_hand(events, AT_ONCE):
        for request in _requests(batch):
            problem = request[0].problem
            if problem is not None:
                said = [refusal(Reason.NOT_JSON, problem)]
            else:
                said = client.score([event.value for event in request], partition)
            lines: list[Said] = [{} if event.line is None else {"line": event.line} for event in request]
            yield [line | one for line, one in zip(lines, said, strict=True)]


def _requests(events: Iterable[_Event]) -> Iterator[list[_Event]]:
    """Events that go in one request: what is no JSON goes alone, to be refused in the server's words."""
    together: list[_Event] = []
    size = 0
    for event in events:
        alone = event.problem is not None or not is_json(event.value)
        if together and (alone or size + len(event.value) > MOST_BYTES):
            yield together
            together, size = [], 0
        if alone:
            yield [event]
        else:
            together.append(event)
            size += len(event.value)
    if together:
        yield together


class _Tally:
    """What came of all of it."""

    def __init__(self) -> None:
        self.events = 0
        self.refused: Counter[str] = Counter()
        self.newest: Said | None = None

    def take(self, said: Sequence[Said]) -> None:
        self.events += len(said)
        self.refused.update(one["reason"] for one in said if "reason" in one)
        self.newest = next((one for one in reversed(said) if "version" in one), self.newest)

    def end(self, gauge: Gauge, source: str, *, told: bool) -> ExitCode:
        """Say it on standard error, and with which code the command ends; of a good end only where it is ``told``."""
        if not self.events:
            err.print(f"warning: {'standard input' if source == '-' else source} holds no events")
        if told and self.newest is not None:
            one, lag = self.newest, self.newest.get("lag")
            behind = "" if lag is None else f", {lag:,} behind the end of the log"
            answered = count(self.events - self.refused.total(), "event")
            err.print(
                f"{answered} scored; the last by version {one['version']} at position {one['position']:,}{behind}"
            )
        if not self.refused:
            return ExitCode.OK
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in self.refused.most_common())
        code = ExitCode.SOME_REFUSED if self.refused.total() < self.events else ExitCode.NOTHING_PREDICTED
        return refuse(f"{self.refused.total():,} of {count(self.events, 'event')} refused: {reasons}", code)


def _lines(said: Sequence[Said]) -> None:
    for one in said:
        print_json(one)


def _table(gauge: Gauge) -> Callable[[Sequence[Said]], None]:
    header, cells = _COLUMNS[gauge.task](gauge)

    def show(said: Sequence[Said]) -> None:
        print_table(
            f"scores of {gauge.name}",
            ["line", "id", "y_pred", *header, "version", ""],
            [_row(one, cells, len(header)) for one in said],
            prose=True,
        )

    return show


Cells = Callable[[Said], list[Cell]]


def _row(one: Said, cells: Cells, wide: int) -> list[Cell]:
    line = f"{one['line']:,}" if "line" in one else ""
    if "reason" in one:
        return [line, "", "", *[""] * wide, "", (f"{one['reason']}: {one['detail']}", "red")]
    y_pred = one["y_pred"]
    shown = figure(y_pred) if isinstance(y_pred, float) else "–" if y_pred is None else _text(y_pred)
    return [line, one["id"], (shown, "bold"), *cells(one), one["version"], "; ".join(_notes(one))]


def _notes(one: Said) -> Iterator[str]:
    if one.get("abstained") is not None:
        yield f"abstained: {one['abstained']}"
    if one.get("set") is not None:
        yield f"one of {', '.join(map(_text, one['set']))}"
    if one["held_out"]:
        yield "held out"


def _of_two(gauge: Gauge) -> tuple[list[str], Cells]:
    positive = _text(gauge.label.positive)
    return [f"p({positive})"], lambda one: [figure((one["probabilities"] or {}).get(positive))]


def _of_several(_gauge: Gauge) -> tuple[list[str], Cells]:
    return ["p(y_pred)"], lambda one: [figure((one["probabilities"] or {}).get(_text(one["y_pred"])))]


def _of_numbers(_gauge: Gauge) -> tuple[list[str], Cells]:
    return ["low", "high"], lambda one: [*map(figure, one.get("interval") or (None, None))]


_COLUMNS: Final[dict[Task, Callable[[Gauge], tuple[list[str], Cells]]]] = {
    Task.BINARY: _of_two,
    Task.MULTICLASS: _of_several,
    Task.REGRESSION: _of_numbers,
}


def _text(label: Any) -> str:
    """A label as probabilities name it."""
    return label if isinstance(label, str) else to_json(label).decode()

"""``rivergauge init``: from a data file, or a topic, to a gauge file that can be run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from models.door.decoder import Decoder
from schemas.events import Rejected
from schemas.gauge import Gauge, GaugeError, parse
from schemas.gauge.names import is_name
from schemas.plurals import count
from schemas.printable import printable
from streams.cli.gaugefile.examination import Examination
from streams.cli.gaugefile.source import Data, Source, not_clear, opened
from streams.cli.terminal.output import err, out, print_json, refuse, styled
from streams.cli.terminal.writing import naming
from streams.data.datafile import rows
from streams.data.refusals import Refusals, Refused
from streams.data.replay import records
from streams.data.survey.draft import Draft, Wanted, draft, name_from, without
from streams.data.survey.features import Left
from streams.data.survey.table import look
from streams.data.survey.text import text_of
from streams.here.exit_codes import ExitCode


class Asked(NamedTuple):
    """What the command line says."""

    source: Source
    label: str
    wanted: Wanted
    out: Path
    delimiter: str | None
    events: int
    force: bool


def run(asked: Asked, *, as_json: bool) -> int:
    """Look, draft, check, try, write: a file that is written can be run."""
    source = asked.source
    if words := not_clear(source):
        return refuse(words, as_json=as_json)
    asked = asked._replace(wanted=asked.wanted._replace(name=asked.wanted.name or name_from(source.named)))
    if not is_name(asked.wanted.name):
        what = "must begin with a letter or digit, and hold only these, '.', '_' and '-'"
        return refuse(f"--name {what}, got {asked.wanted.name!r}", as_json=as_json)
    if asked.out.exists() and not asked.force:
        return refuse(f"{asked.out} exists already: name another file with --out, or give --force", as_json=as_json)
    file = source.data
    if file is not None and asked.out.exists() and file.exists() and asked.out.samefile(file):
        return refuse(f"--out would overwrite the data, {file}: name another file", as_json=as_json)
    with opened(source, asked.events) as data:
        return _drafted(asked, data, as_json=as_json)


def _drafted(asked: Asked, data: Data, *, as_json: bool) -> int:
    table = look(data.path, asked.label, delimiter=asked.delimiter, limit=asked.events)
    try:
        found = draft(table, asked.wanted)
        found, text, gauge = _examined(found if data.topic is None else _of_a_log(found), data)
    except GaugeError as error:
        what = f"{data.called} suggests a gauge file that cannot be used:"
        return refuse(f"{what}\n{error}", as_json=as_json, problems=error.problems)
    refused = _tried(gauge, asked, data)
    with naming(asked.out):
        asked.out.write_text(text, encoding="utf-8")
    if as_json:
        print_json(_facts(found, gauge, asked, refused) | {"topic": data.topic})
    else:
        _show(found, gauge, asked, data, refused)
    return ExitCode.OK


def _of_a_log(found: Draft) -> Draft:
    """The draft where rows are a log's records: a label in an event's record has come with it."""
    column = found.roles.label_time
    if column is None or found.table.label_records:
        return found
    left = Left(column, "it looks like the time of the label, and is not known of an event that waits for one")
    return found._replace(roles=found.roles._replace(label_time=None, new_id=None), left=[*found.left, left])


def _examined(found: Draft, data: Data) -> tuple[Draft, str, Gauge]:
    """The draft with candidates that suit it, as text, and read.

    Raises
    ------
    GaugeError
        If it cannot be run.
    """
    while True:
        text = text_of(found, data.called, data.place)
        gauge, examination = parse(text), Examination()
        problems = examination.problems(gauge)
        places = {f"candidates.{n} ({one.name})": one.name for n, one in enumerate(gauge.candidates)}
        doubts = {places[where]: what for where, what in (*problems, *examination.warnings) if where in places}
        fewer = without(found, doubts)
        if fewer is found:
            if problems:
                raise GaugeError(problems)
            return found, text, gauge
        found = fewer


def _tried(gauge: Gauge, asked: Asked, data: Data) -> Refusals:
    """What intake refuses of the rows that were looked at."""
    decoder, refused = Decoder(gauge), Refusals(None)
    log = records(rows(data.path, asked.delimiter), gauge, limit=asked.events)
    for position, record in enumerate(log):
        read = decoder.decode(record)
        if isinstance(read, Rejected):
            detail = read.detail if record.problem is None else record.problem
            refused.add(Refused(position, record.line, read.reason, detail, record.value))
    return refused


def _show(found: Draft, gauge: Gauge, asked: Asked, data: Data, refused: Refusals) -> None:
    answer, roles = found.answer, found.roles
    kinds = [chosen.entry["type"] for chosen in found.features]
    many = {"number": "numbers", "category": "categories", "boolean": "booleans"}
    shown = [f"{n:,} {kind if n == 1 else several}" for kind, several in many.items() if (n := kinds.count(kind))]
    classes = f": {', '.join(map(str, list(answer.classes)[:10]))}" if answer.classes else ""
    more = f" and {len(answer.classes) - 10:,} more" if len(answer.classes) > 10 else ""
    positive = f"; {answer.positive} is positive" if answer.positive is not None else ""
    out.print(
        styled(("written", "bold green"), f" {asked.out}, from {count(found.table.rows, 'row')} of {data.called}")
    )
    out.print(f"  label     {found.table.label.name}, {answer.task}{classes}{more}{positive}")
    for what, column in (("time", roles.time), ("id", roles.id), ("known at", roles.label_time)):
        if column is not None:
            out.print(f"  {what:<9} {column.name}")
    out.print(f"  features  {', '.join(shown)}")
    if found.left:
        out.print(f"  left out  {', '.join(one.column.name for one in found.left)}: the file says why")
    if found.missing:
        out.print(f"  missing   {', '.join(map(repr, found.missing))}")
    for name, what in found.doubts.items():
        err.print(styled(("warning:", "yellow"), f" {printable(name)}: {printable(what)}"))
    for first, n in refused.by_reason():
        where = "" if first.line is None or data.topic is not None else f" at line {first.line:,}"
        err.print(styled(("warning:", "yellow"), f" {first.reason} {n:,}: the first{where}: {first.detail}"))
    out.print(f"next: rivergauge {data.next} {asked.out}{data.more}")


def _facts(found: Draft, gauge: Gauge, asked: Asked, refused: Refusals) -> dict[str, Any]:
    roles = found.roles
    return {
        "ok": True,
        "written": str(asked.out),
        "gauge": gauge.name,
        "digest": gauge.digest,
        "rows": found.table.rows,
        "task": gauge.task,
        "label": found.table.label.name,
        "classes": [{"class": value, "count": n} for value, n in found.answer.classes.items()],
        "positive": found.answer.positive,
        "unlabelled": found.answer.absent,
        "id": None if roles.id is None else roles.id.name,
        "time": None if roles.time is None else roles.time.name,
        "label_time": None if roles.label_time is None else roles.label_time.name,
        "missing": found.missing,
        "features": {chosen.column.name: chosen.entry["type"] for chosen in found.features},
        "left_out": [{"column": one.column.name, "why": one.why} for one in found.left],
        "candidates": found.candidates,
        "warnings": [{"where": name, "what": what} for name, what in found.doubts.items()],
        "refused": refused.as_json(),
    }

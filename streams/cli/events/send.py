"""``rivergauge send``: a paced replay of a file to Kafka, and which of its records the gauge will refuse."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from models.door.decoder import Decoder
from schemas.events import Rejected
from schemas.gauge import Gauge
from streams.cli.events.refused import show_oddities, show_refused
from streams.cli.gaugefile.loading import checked
from streams.cli.terminal.at_broker import at_broker
from streams.cli.terminal.output import err, out, print_json, refuse
from streams.cli.terminal.progress import progress
from streams.cli.terminal.writing import refuse_overwriting, written
from streams.data.datafile import count_rows, rows
from streams.data.refusals import Refusals, Refused
from streams.data.replay import Replayed, records
from streams.data.sender import Sent, prepare, send
from streams.here.exit_codes import ExitCode
from streams.kafka.connection import client_settings


def run(
    path: Path,
    data: Path,
    *,
    delimiter: str | None,
    rate: float,
    events: int | None,
    dead_letters: Path | None,
    as_json: bool,
) -> int:
    """Send a file's records to the gauge's input topic."""
    gauge = checked(path)
    outputs = {"--dead-letters": dead_letters}
    if code := refuse_overwriting({"GAUGE": path, "DATA": data}, outputs, as_json=as_json):
        return code
    total = min(count_rows(data), events or 2**63)
    # A file of another shape is refused before a broker is asked, and before a file is emptied to be written.
    warnings: list[str] = []
    next(records(rows(data, delimiter), gauge, warn=warnings.append), None)
    with written(dead_letters) as file:
        judge = _Judge(gauge, Refusals(file))
        judge.decoder.warnings.extend(warnings)
        sending = _send(gauge, data, judge, delimiter=delimiter, rate=rate, events=events, total=total)
        undone = f"Kafka at {gauge.connection.bootstrap_servers} did not take the records"
        sent = at_broker(gauge.connection, sending, undone=undone)
    _show(gauge, sent, judge, as_json=as_json)
    if not sent.events + sent.labels:
        err.print(f"warning: {data} holds no records")
    if sent.events and judge.refused_events == sent.events:
        why = f"none of the {sent.events:,} events can be predicted: the gauge refuses them all, for the reasons above"
        if sent.events == 1:
            why = "the only event cannot be predicted: the gauge refuses it, for the reason above"
        return refuse(why, ExitCode.NOTHING_PREDICTED)
    return ExitCode.OK


class _Judge:
    """Reads each record as the service will, and notes what it will refuse, whatever its state."""

    def __init__(self, gauge: Gauge, refusals: Refusals) -> None:
        self.refusals = refusals
        self.refused_events = 0
        self.decoder = Decoder(gauge)
        self._position = 0

    def __call__(self, record: Replayed) -> None:
        read = self.decoder.decode(record)
        if isinstance(read, Rejected):
            detail = read.detail if record.problem is None else record.problem
            self.refusals.add(Refused(self._position, record.line, read.reason, detail, record.value))
            self.refused_events += not record.is_label
        self._position += 1


def _show(gauge: Gauge, sent: Sent, judge: _Judge, *, as_json: bool) -> None:
    refusals, decoder = judge.refusals, judge.decoder
    show_oddities(decoder)
    if as_json:
        rate = sent.events / sent.seconds if sent.seconds else None
        odd = {"unknown_fields": decoder.unknown_fields, "warnings": decoder.warnings}
        print_json({**sent._asdict(), "events_per_second": rate, "refusals": refusals.as_json(), **odd})
        return
    show_refused(refusals, sent.events + sent.labels)
    out.print(
        f"sent {sent.events:,} events and {sent.labels:,} labels to {gauge.topics.input} in {sent.seconds:.1f} s"
        + (f"; {refusals.total:,} of them will be dead letters" if refusals.total else "")
    )


async def _send(
    gauge: Gauge, data: Path, judge: _Judge, *, delimiter: str | None, rate: float, events: int | None, total: int
) -> Sent:
    settings = client_settings(gauge.connection, os.environ)
    await prepare(gauge, settings)
    with progress("send", total) as done:

        async def show(sent: Sent) -> None:
            done(sent.events)
            await asyncio.sleep(0)

        return await send(
            gauge, data, settings, delimiter=delimiter, rate=rate, limit=events, on_record=judge, on_progress=show
        )

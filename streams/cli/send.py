"""``rivergauge send``: a paced replay of a file to Kafka."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from aiokafka.errors import KafkaError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.gauge import Gauge
from streams.cli.output import err, load_or_refuse, out, print_json, refuse
from streams.connection import client_settings
from streams.datafile import DataFileError, count_rows, rows
from streams.delivery.producer import may_pass
from streams.exit_codes import ExitCode
from streams.failures import WorkerError
from streams.replay import records
from streams.sender import Sent, prepare, send


def run(path: Path, data: Path, *, delimiter: str | None, rate: float, events: int | None, as_json: bool) -> int:
    """Send a file's records to the gauge's input topic."""
    gauge = load_or_refuse(path, as_json=as_json)
    if not isinstance(gauge, Gauge):
        return gauge
    try:
        total = min(count_rows(data), events or 2**63)
        next(records(rows(data, delimiter), gauge), None)  # a file of another shape is refused before a broker is asked
        sent = asyncio.run(_send(gauge, data, delimiter=delimiter, rate=rate, events=events, total=total))
    except DataFileError as error:
        return refuse(str(error), as_json=as_json)
    except WorkerError as error:
        return refuse(str(error), error.exit_code, as_json=as_json)
    except KafkaError as error:
        servers = gauge.connection.bootstrap_servers
        code = ExitCode.BROKER_UNREACHABLE if may_pass(error) else ExitCode.BROKER_REFUSED
        return refuse(f"Kafka at {servers} did not take the records: {error!r}", code, as_json=as_json)
    figures = {"events": sent.events, "labels": sent.labels, "bytes": sent.bytes, "seconds": sent.seconds}
    if as_json:
        print_json({**figures, "events_per_second": sent.events / sent.seconds if sent.seconds else None})
    else:
        out.print(
            f"sent {sent.events:,} events and {sent.labels:,} labels to {gauge.topics.input} in {sent.seconds:.1f} s",
        )
    return ExitCode.OK


async def _send(
    gauge: Gauge, data: Path, *, delimiter: str | None, rate: float, events: int | None, total: int
) -> Sent:
    settings = client_settings(gauge.connection, os.environ)
    await prepare(gauge, settings)
    columns = (TextColumn("send"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("send", total=total)

        async def show(sent: Sent) -> None:
            bar.update(task, completed=sent.events)
            await asyncio.sleep(0)

        return await send(gauge, data, settings, delimiter=delimiter, rate=rate, limit=events, on_progress=show)

"""``rivergauge notify``: alerts to the receivers that the gauge file names, until stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from schemas.gauge import Gauge
from streams.cli.output import load_or_refuse
from streams.here import logs
from streams.here.exit_codes import ExitCode
from streams.kafka.connection import client_settings
from streams.notify.notifier import Notifier, addresses


def run(path: Path, *, host: str, port: int) -> int:
    """Tell until SIGTERM or Ctrl-C."""
    gauge = load_or_refuse(path, examine=lambda _: [])
    if not isinstance(gauge, Gauge):
        return gauge
    logs.configure()
    asyncio.run(_tell(gauge, host, port))
    return ExitCode.OK


async def _tell(gauge: Gauge, host: str, port: int) -> None:
    where = addresses(gauge, os.environ)
    notifier = Notifier(gauge, client_settings(gauge.connection, os.environ), where, host=host, port=port)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, notifier.stop)
    await notifier.run()

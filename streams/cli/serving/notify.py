"""``rivergauge notify``: alerts to the receivers that the gauge file names, until stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from schemas.gauge import Gauge
from streams.cli.gaugefile.loading import read
from streams.cli.terminal.output import out
from streams.here import logs
from streams.here.exit_codes import ExitCode
from streams.kafka.connection import client_settings
from streams.notify.address import addresses
from streams.notify.notifier import Notifier
from streams.notify.told import Outcome
from streams.notify.trial import tried


def run(path: Path, *, host: str, port: int, trial: bool) -> int:
    """Tell until SIGTERM or Ctrl-C; or try every receiver once, and fail if one does not take it."""
    gauge = read(path)
    logs.configure()
    if trial:
        return _try(gauge)
    asyncio.run(_tell(gauge, host, port))
    return ExitCode.OK


def _try(gauge: Gauge) -> int:
    found = asyncio.run(tried(gauge, addresses(gauge, os.environ)))
    for name, delivery in found.items():
        out.print(f"{name}: {delivery.outcome.replace('_', ' ')} ({delivery.code or 'no answer'})")
    taken = all(delivery.outcome is Outcome.DELIVERED for delivery in found.values())
    return ExitCode.OK if taken else ExitCode.USAGE


async def _tell(gauge: Gauge, host: str, port: int) -> None:
    where = addresses(gauge, os.environ)
    notifier = Notifier(gauge, client_settings(gauge.connection, os.environ), where, host=host, port=port)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, notifier.stop)
    await notifier.run()

"""``rivergauge run``: one worker, until it is stopped."""

from __future__ import annotations

from pathlib import Path

from schemas.gauge import Gauge
from streams import logs, worker
from streams.cli.output import load_or_refuse


def run(path: Path) -> int:
    """Serve a gauge in this process; the worker's exit code."""
    gauge = load_or_refuse(path)
    if not isinstance(gauge, Gauge):
        return gauge
    logs.configure()
    return worker.run(gauge)

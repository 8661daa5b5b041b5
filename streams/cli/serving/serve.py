"""``rivergauge serve``: one scoring replica, until it is stopped."""

from __future__ import annotations

from pathlib import Path

from schemas.gauge import Gauge
from streams.cli.gaugefile.loading import checked
from streams.cli.terminal.output import refuse
from streams.here import logs
from streams.replica.serve import replica
from streams.worker import worker


def run(path: Path, *, host: str | None, port: int | None, start: Path | None) -> int:
    """Serve scores; the process's exit code."""
    gauge = checked(path)
    if start is not None and not start.is_file():
        return refuse(f"--from needs a file that backtest --save wrote, and there is none at {start}")
    logs.configure()
    return worker.run(listening(gauge, host, port), loading=replica, role="replica", start=start)


def listening(gauge: Gauge, host: str | None, port: int | None) -> Gauge:
    """The gauge with its server where a replica's is."""
    place = {"host": gauge.server.host if host is None else host, "port": gauge.serve.port if port is None else port}
    return gauge.model_copy(update={"server": gauge.server.model_copy(update=place)})

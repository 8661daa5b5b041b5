"""``rivergauge run``: one worker, or a supervisor of several, until it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from streams.cli.gaugefile.loading import checked
from streams.cli.terminal.output import refuse
from streams.here import logs
from streams.here.orphan import end_with
from streams.worker import supervisor, worker

_PORTS: Final = 65_536


def run(path: Path, *, workers: int | None = None, start: Path | None = None, parent: int | None = None) -> int:
    """Serve a gauge; the worker's exit code, or the supervisor's.

    ``start`` is a saved state to begin with. ``parent`` is the supervisor's process id: a worker ends with its
    supervisor.
    """
    if parent is not None:
        end_with(parent)
    gauge = checked(path)
    port = gauge.server.port
    if workers is not None and port + workers > _PORTS:
        return refuse(
            f"server.port must leave {workers} ports, one for each worker, got {port}: "
            f"choose {_PORTS - workers} or less, or 0 for any free ones"
        )
    if start is not None and not start.is_file():
        return refuse(f"--from needs a file that backtest --save wrote, and there is none at {start}")
    logs.configure()
    if workers is None:
        return worker.run(gauge, start=start)
    options = [] if start is None else ["--from", str(start)]
    return supervisor.run([*options, "--", str(path)], workers=workers, port=port)

"""``rivergauge broker``: Apache Kafka in the foreground, until it is stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from streams.broker.kafka import KAFKA_VERSION, KafkaBroker
from streams.cli.terminal.output import err, print_json
from streams.here.exit_codes import ExitCode

_STOPPED_BY: Final = (signal.SIGTERM, signal.SIGINT)


def run(directory: Path | None, *, port: int, heap_mb: int, as_json: bool) -> int:
    """Start the broker and wait for a signal."""
    broker = KafkaBroker(directory or default_directory(), port or None, heap_mb=heap_mb, tell=_tell)
    try:
        with _stop_on_signal():
            broker.start()
            if as_json:
                print_json(
                    {
                        "bootstrap_servers": broker.bootstrap_servers,
                        "dir": broker.directory,
                        "log": broker.log,
                        "version": KAFKA_VERSION,
                    }
                )
            broker.wait()
    except _Stop:
        _tell("stopping")
    finally:
        broker.stop()
    _tell("stopped")
    return ExitCode.OK


def default_directory() -> Path:
    """``$XDG_DATA_HOME/rivergauge/kafka``, by default ``~/.local/share/rivergauge/kafka``."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "rivergauge" / "kafka"


class _Stop(BaseException):
    """Someone asked the broker to stop; no failure, and nothing on the way may take it for one."""


@contextmanager
def _stop_on_signal() -> Iterator[None]:
    """Raise `_Stop` at the first signal, wherever a start has got to. Later ones are ignored: stopping has an end."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in _STOPPED_BY:
            signal.signal(number, signal.SIG_IGN)
        raise _Stop

    for number in _STOPPED_BY:
        signal.signal(number, stop)
    yield


def _tell(stage: str) -> None:
    err.print(stage, style="dim")

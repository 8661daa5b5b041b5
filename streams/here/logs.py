"""One event per line: a fixed phrase, then keys, so that people and programs find the same thing.

``2026-01-01T00:00:00.000Z INFO worker ready gauge=pumps partitions=2``

structlog makes events, the standard library's handlers write them, and so the lines of Faust, aiokafka and uvicorn,
which come through these too, look the same. How lines are written is in `streams.here.log_lines`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:  # it takes a tenth of a second, for which a command without a log does not wait
    from structlog.stdlib import BoundLogger

QUIET_S: Final = 10.0

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/@+%,")


class Log:
    """Writes events of one part of the shell. A phrase never contains a value: values are keys' values."""

    def __init__(self, part: str) -> None:
        self._name = f"rivergauge.{part}"

    @cached_property
    def _logger(self) -> BoundLogger:
        from structlog import wrap_logger
        from structlog.stdlib import BoundLogger, ProcessorFormatter, filter_by_level

        logger: BoundLogger = wrap_logger(
            logging.getLogger(self._name),
            processors=[
                filter_by_level,
                lambda of, method, event: ProcessorFormatter.wrap_for_formatter(of, method, Event(event)),
            ],
            wrapper_class=BoundLogger,
        )
        return logger

    def info(self, phrase: str, **keys: Any) -> None:
        """Something happened that a person may want to know."""
        self._logger.info(phrase, **keys)

    def warning(self, phrase: str, **keys: Any) -> None:
        """Something is not as it should be; the worker continues without help."""
        self._logger.warning(phrase, **keys)

    def error(self, phrase: str, *, cause: BaseException | None = None, **keys: Any) -> None:
        """The worker stops. ``cause`` adds its traceback."""
        raised = {} if cause is None else {"exc_info": cause}
        self._logger.error(phrase, **keys, **raised)


class Event(dict[str, Any]):
    """An event on its way to the handlers. One that does not know it, as a test's, finds its line as the message."""

    def __str__(self) -> str:
        return line(self["event"], {key: value for key, value in self.items() if key not in ("event", "exc_info")})


def line(phrase: str, keys: Mapping[str, Any]) -> str:
    """Phrase and keys on one line; values that could be misread are quoted as JSON.

    >>> line("topic created", {"topic": "pumps.alerts", "why": "it was missing"})
    'topic created topic=pumps.alerts why="it was missing"'
    """
    return " ".join([phrase, *(f"{key}={_value(value)}" for key, value in keys.items())])


def _value(value: Any) -> str:
    text = "null" if value is None else str(value)
    return text if text and _PLAIN.issuperset(text) else json.dumps(text, ensure_ascii=False)


class Quieter(logging.Filter):
    """Lets a library's message pass once in `QUIET_S` seconds; our own always."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        if record.name.startswith("rivergauge."):
            return True
        key = (record.name, str(record.msg))
        last = self._last.get(key)
        if last is not None and record.created - last < QUIET_S:
            return False
        self._last[key] = record.created
        return True


def configure(stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> None:
    """Send all logging to ``stream`` (standard error), as the environment wants it.

    Of the libraries' lines those from ``WARNING`` on are kept, Faust reports every rebalance step below it; and of each
    only one in `QUIET_S` seconds: with the broker away, aiokafka repeats itself many times a second.

    Raises
    ------
    SettingsError
        If ``RIVERGAUGE_LOG_FORMAT`` or ``RIVERGAUGE_LOG_LEVEL`` is none that there is.
    """
    from streams.here.log_lines import Wanted

    wanted = Wanted.of(environ)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(wanted.formatter())
    handler.addFilter(Quieter())
    logging.basicConfig(level=wanted.of_libraries, handlers=[handler], force=True)
    logging.getLogger("rivergauge").setLevel(wanted.of_ours)

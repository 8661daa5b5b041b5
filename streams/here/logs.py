"""One line per event: a fixed phrase, then keys, so that people and programs find the same thing.

``2026-01-01T00:00:00.000Z INFO worker ready gauge=pumps partitions=2``

The loggers are the standard library's, for the lines of Faust and aiokafka come through them too. structlog could take
the place of `Log` alone: the format, the handler and the quieting of libraries would still be written here.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any, Final, TextIO

QUIET_S: Final = 10.0

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/@+%,")


class Log:
    """Writes events of one part of the shell. A phrase never contains a value: values are keys' values."""

    def __init__(self, part: str) -> None:
        self._logger = logging.getLogger(f"rivergauge.{part}")

    def info(self, phrase: str, **keys: Any) -> None:
        """Something happened that a person may want to know."""
        self._logger.info("%s", line(phrase, keys))

    def warning(self, phrase: str, **keys: Any) -> None:
        """Something is not as it should be; the worker continues without help."""
        self._logger.warning("%s", line(phrase, keys))

    def error(self, phrase: str, *, cause: BaseException | None = None, **keys: Any) -> None:
        """The worker stops. ``cause`` adds its traceback."""
        self._logger.error("%s", line(phrase, keys), exc_info=cause)


def line(phrase: str, keys: dict[str, Any]) -> str:
    """Phrase and keys on one line; values that could be misread are quoted as JSON.

    >>> line("topic created", {"topic": "pumps.alerts", "why": "it was missing"})
    'topic created topic=pumps.alerts why="it was missing"'
    """
    return " ".join([phrase, *(f"{key}={_value(value)}" for key, value in keys.items())])


def _value(value: Any) -> str:
    text = str(value)
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


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send all logging to ``stream`` (standard error) in this format.

    Of the libraries' lines those from ``WARNING`` on are kept, Faust reports every rebalance step below it; and of each
    only one in `QUIET_S` seconds: with the broker away, aiokafka repeats itself many times a second.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(Quieter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("rivergauge").setLevel(level)

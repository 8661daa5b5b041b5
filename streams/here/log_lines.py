"""How an event of the log is written: as a line for people, or as a JSON object for programs.

``RIVERGAUGE_LOG_FORMAT`` says which, and ``RIVERGAUGE_LOG_LEVEL`` from where on there are lines. Both are for the
process, not the gauge: the same file is run by hand and by machines that collect what it says.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, NamedTuple, Self

from structlog.processors import ExceptionRenderer, format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from streams.here.failures import SettingsError
from streams.here.logs import line

FORMAT: Final = "RIVERGAUGE_LOG_FORMAT"
LEVEL: Final = "RIVERGAUGE_LOG_LEVEL"

_LEVELS: Final = {
    "debug": (logging.DEBUG, logging.INFO),
    "info": (logging.INFO, logging.WARNING),
    "warning": (logging.WARNING, logging.WARNING),
    "error": (logging.ERROR, logging.ERROR),
}
"""By name: from where on our own lines are written, and from where on those of libraries."""


class Wanted(NamedTuple):
    """What the environment asks of the log."""

    form: str
    of_ours: int
    of_libraries: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """As the environment says it.

        Raises
        ------
        SettingsError
            If a format or a level is none that there is.
        """
        form = _chosen(environ, FORMAT, _FORMS, "text")
        return cls(form, *_LEVELS[_chosen(environ, LEVEL, _LEVELS, "info")])

    def formatter(self) -> logging.Formatter:
        """What writes the lines."""
        return ProcessorFormatter(processors=[*_FORMS[self.form]])


def _chosen(environ: Mapping[str, str], variable: str, known: Mapping[str, Any], default: str) -> str:
    value = environ.get(variable) or default
    if value.lower() not in known:
        raise SettingsError(f"{variable} must be one of {', '.join(known)}, got {value[:80]!r}")
    return value.lower()


def _for_people(_logger: Any, _method: str, event: EventDict) -> str:
    record, keys = _taken_apart(event)
    trace = keys.pop("exception", None)
    told = f"{_stamp(record)} {record.levelname} {line(event['event'], keys)}"
    return told if trace is None else f"{told}\n{trace}"


def _for_programs(_logger: Any, _method: str, event: EventDict) -> str:
    record, keys = _taken_apart(event)
    told = {
        "timestamp": _stamp(record),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event["event"],
    }
    return json.dumps({**told, **{key: _plain(value) for key, value in keys.items() if key not in told}})


def _taken_apart(event: EventDict) -> tuple[logging.LogRecord, dict[str, Any]]:
    """The record of the standard library, and the keys of the event."""
    return event["_record"], {key: value for key, value in event.items() if key != "event" and not key.startswith("_")}


def _stamp(record: logging.LogRecord) -> str:
    time = datetime.fromtimestamp(record.created, UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1_000:03d}Z"


def _plain(value: Any) -> Any:
    """As JSON has it; what it has no word for is text."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | int) else str(value)


# Locals may hold what records held.
_STRUCTURED: Final = ExceptionRenderer(ExceptionDictTransformer(show_locals=False, use_rich=False))
_FORMS: Final[dict[str, tuple[Processor, ...]]] = {
    "text": (format_exc_info, _for_people),
    "json": (_STRUCTURED, _for_programs),
}

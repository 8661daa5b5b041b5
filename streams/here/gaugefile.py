"""The gauge file on disk: read, checked whole, and pointed at another place by the environment where wanted."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from schemas.gauge import Gauge, GaugeError, parse

if TYPE_CHECKING:
    from models.check import Found

LARGEST_BYTES: Final = 4_000_000

SERVERS: Final = "RIVERGAUGE_BOOTSTRAP_SERVERS"
OVERRIDES = {
    SERVERS: ("connection", "bootstrap_servers"),
    "RIVERGAUGE_SASL_USERNAME": ("connection", "sasl_username"),
    "RIVERGAUGE_SERVER_HOST": ("server", "host"),
    "RIVERGAUGE_SERVER_PORT": ("server", "port"),
    "RIVERGAUGE_SNAPSHOTS_DIRECTORY": ("snapshots", "directory"),
    "RIVERGAUGE_DELIVERY": ("delivery",),
}
"""Environment variables decide where and how, never what: one gauge file runs on a laptop and in a container."""


def load(path: Path, examine: Callable[[Gauge], Found] | None = None) -> Gauge:
    """Read and check a gauge file; ``examine``, by default `models.check.problems`, finds what its schema cannot see.

    Raises
    ------
    GaugeError
        If it cannot be read, is not TOML, or could not be started; every problem is listed with its place.
    """
    gauge = _overridden(parse(_text(path)))
    found = _problems(gauge) if examine is None else examine(gauge)
    if found:
        raise GaugeError(found)
    return gauge


def _problems(gauge: Gauge) -> Found:
    # It brings River: a second or two that a command which only reads topics does not need.
    from models.check import problems

    return problems(gauge)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise GaugeError([(str(path), f"cannot be read: {error.strerror or error}")]) from error
    if len(content) > LARGEST_BYTES:
        raise GaugeError([(str(path), f"is larger than {LARGEST_BYTES:,} bytes, which no gauge file is")])
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content:
        raise GaugeError([(str(path), "is no UTF-8 text, but UTF-16 or a binary file; save it as UTF-8")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"line {line} holds byte 0x{content[error.start]:02x}, which is no UTF-8 (Latin-1?); save it as UTF-8"
        raise GaugeError([(str(path), what)]) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _overridden(gauge: Gauge) -> Gauge:
    for variable, path in OVERRIDES.items():
        value = os.environ.get(variable)
        if value:
            content = gauge.model_dump()
            part = content
            for section in path[:-1]:
                part = part[section]
            part[path[-1]] = int(value) if isinstance(part[path[-1]], int) and value.isdecimal() else value
            try:
                gauge = Gauge.model_validate(content)
            except ValidationError as error:
                what = f"{error.errors()[0]['msg']}, got {value!r}"
                raise GaugeError([(f"environment variable {variable}", what)]) from error
    return gauge

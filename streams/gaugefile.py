"""The gauge file on disk: read, checked whole, and pointed at another place by the environment where wanted."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from models.check import problems
from schemas.gauge import Gauge, GaugeError, parse

OVERRIDES = {
    "RIVERGAUGE_BOOTSTRAP_SERVERS": ("connection", "bootstrap_servers"),
    "RIVERGAUGE_SERVER_HOST": ("server", "host"),
    "RIVERGAUGE_SERVER_PORT": ("server", "port"),
    "RIVERGAUGE_SNAPSHOTS_DIRECTORY": ("snapshots", "directory"),
    "RIVERGAUGE_DELIVERY": ("delivery",),
}
"""Environment variables that say where and how, never what: one gauge file runs on a laptop and in a container."""


def load(path: Path) -> Gauge:
    """Read and check a gauge file.

    Raises
    ------
    GaugeError
        If it cannot be read, is not TOML, or could not be started; every problem is listed with its place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise GaugeError([(str(path), f"cannot be read: {error.strerror or error}")]) from error
    except UnicodeDecodeError as error:
        raise GaugeError([(str(path), f"cannot be read: {error}")]) from error
    gauge = _overridden(parse(text))
    found = problems(gauge)
    if found:
        raise GaugeError(found)
    return gauge


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

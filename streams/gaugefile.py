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
}
"""Environment variables that say where, never what: the same gauge file runs on a laptop and in a container."""


def load(path: Path) -> Gauge:
    """Read and check a gauge file.

    Raises
    ------
    GaugeError
        If it cannot be read, is not TOML, or could not be started; every problem is listed with its place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GaugeError([(str(path), f"cannot be read: {error}")]) from error
    gauge = _overridden(parse(text))
    found = problems(gauge)
    if found:
        raise GaugeError(found)
    return gauge


def _overridden(gauge: Gauge) -> Gauge:
    for variable, (section, key) in OVERRIDES.items():
        value = os.environ.get(variable)
        if value:
            part = getattr(gauge, section)
            try:
                changed = type(part).model_validate({**part.model_dump(), key: value})
            except ValidationError as error:
                what = f"{error.errors()[0]['msg']}, got {value!r}"
                raise GaugeError([(f"environment variable {variable}", what)]) from error
            gauge = gauge.model_copy(update={section: changed})
    return gauge

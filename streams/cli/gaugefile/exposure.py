"""What ``rivergauge check`` says of who may ask the server: the tokens of the environment, and where it listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from schemas.gauge import Gauge
from streams.here.failures import SettingsError
from streams.http.guards.hosts import is_loopback
from streams.http.guards.tokens import FILE_VARIABLE, VARIABLE, Tokens

if TYPE_CHECKING:
    from models.check import Found


def exposure(gauge: Gauge, environ: Mapping[str, str]) -> tuple[Found, Found]:
    """What would end a worker's start in this environment, and what its owner should hear of."""
    try:
        tokens = Tokens.of(environ)
    except SettingsError as error:
        return [("environment", str(error))], []
    host = gauge.server.host
    if tokens.tokens or tokens.open or is_loopback(host):
        return [], []
    what = (
        f"{host} can be reached by others than this machine, and there are no tokens here: a worker answers probes "
        f"alone, until {VARIABLE} or {FILE_VARIABLE} names some"
    )
    return [], [("server.host", what)]

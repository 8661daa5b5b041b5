"""Where receivers are: what the gauge file says of it, with the secrets that the environment holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemas.gauge import Gauge, Receiver
from schemas.gauge.notify import webhook_url
from streams.here.failures import SettingsError


class Address(NamedTuple):
    """Where a receiver is, with what is secret of it."""

    url: str
    headers: Mapping[str, str]


def addresses(gauge: Gauge, environ: Mapping[str, str]) -> dict[str, Address]:
    """Where each receiver is.

    Raises
    ------
    SettingsError
        If there is none, or a variable of the environment is not set or holds no address.
    """
    receivers = gauge.notify.receivers
    if not receivers:
        raise SettingsError(
            "the gauge file names nobody to tell: write [notify.receivers.NAME] with url = 'https://...' into it"
        )
    return {name: _address(f"notify.receivers.{name}", receiver, environ) for name, receiver in receivers.items()}


def _address(where: str, receiver: Receiver, environ: Mapping[str, str]) -> Address:
    headers = {name: _variable(f"{where}.headers_from", key, environ) for name, key in receiver.headers_from.items()}
    if receiver.url is not None:
        return Address(receiver.url, headers)
    assert receiver.url_from is not None
    url = _variable(f"{where}.url_from", receiver.url_from, environ)
    try:
        return Address(webhook_url(url), headers)
    except ValueError as error:
        raise SettingsError(f"{where}.url_from: what {receiver.url_from} holds {error}") from None


def _variable(where: str, name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SettingsError(f"{where} needs {name} in the environment, and it is not set, or empty")
    if not value.isprintable():
        raise SettingsError(f"{where}: {name} must be one line of text, and holds control characters")
    return value

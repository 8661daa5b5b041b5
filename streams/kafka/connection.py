"""Where a gauge's connection and the environment's secrets become client settings, for every client alike.

The consumer that Faust hosts, the producer and the admin client all take the keyword arguments made here. The TLS
context is built here as well: Faust's own credentials class cannot build one.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Final

from schemas.gauge import Connection, Security
from schemas.gauge.section import SASL_PASSWORD, TLS_KEY_PASSWORD
from streams.here.failures import SettingsError

_PROTOCOLS: Final[dict[Security, str]] = {
    Security.PLAINTEXT: "PLAINTEXT",
    Security.TLS: "SSL",
    Security.SASL_TLS: "SASL_SSL",
    Security.SASL_PLAINTEXT: "SASL_PLAINTEXT",
}


def client_settings(connection: Connection, environ: Mapping[str, str]) -> dict[str, Any]:
    """Keyword arguments for any aiokafka client.

    Raises
    ------
    SettingsError
        If the password that the connection needs is not in ``environ``, or a certificate file cannot be used.
    """
    settings: dict[str, Any] = {
        "bootstrap_servers": servers(connection),
        "security_protocol": _PROTOCOLS[connection.security],
    }
    if connection.security.encrypts:
        settings["ssl_context"] = _tls_context(connection, environ)
    if connection.security.asks_for_a_user:
        password = environ.get(SASL_PASSWORD)
        if not password:
            raise SettingsError(
                f"security = '{connection.security}' needs a password; set {SASL_PASSWORD} in the environment"
            )
        settings["sasl_mechanism"] = connection.sasl_mechanism
        settings["sasl_plain_username"] = connection.sasl_username
        settings["sasl_plain_password"] = password
    return settings


def servers(connection: Connection) -> list[str]:
    """The bootstrap servers as a list of ``host:port``."""
    return [server.strip() for server in connection.bootstrap_servers.split(",") if server.strip()]


def _tls_context(connection: Connection, environ: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=connection.tls_ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"connection.tls_ca_file '{connection.tls_ca_file}' cannot be used: {error}") from error
    if connection.tls_certificate_file is not None:
        # Without a password OpenSSL would ask on the terminal, and a service would hang there.
        password = environ.get(TLS_KEY_PASSWORD, "")
        try:
            context.load_cert_chain(connection.tls_certificate_file, connection.tls_key_file, lambda: password)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"connection.tls_certificate_file '{connection.tls_certificate_file}' with tls_key_file "
                f"'{connection.tls_key_file}' cannot be used: {error}; is {TLS_KEY_PASSWORD} right?"
            ) from error
    return context

"""Telling a broker that says no from one that is away.

aiokafka's clients take every failure to connect for an absence: a wrong password or certificate would be tried again
for ever. Here one connection is made by hand, and what it meets is told apart.
"""

from __future__ import annotations

import ssl
from typing import Any, Final

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaError

from streams.connection import SASL_PASSWORD
from streams.delivery.producer import may_pass
from streams.failures import BrokerRefusedError

TIMEOUT_MS: Final = 5_000

_CUT_OFF: Final = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""The peer went away in the middle of the handshake, as a broker does that is stopping."""


async def refusal(settings: dict[str, Any]) -> BrokerRefusedError | None:
    """Why no client can connect, if that is a refusal; None if a server takes us in, or none can be reached.

    A server that closes the connection without a word, as Kafka does when one side speaks TLS and the other does not,
    counts as away.

    Parameters
    ----------
    settings
        Client settings, from `streams.connection`.
    """
    options = {name: value for name, value in settings.items() if name != "bootstrap_servers"}
    for host, port, _family in collect_hosts(settings["bootstrap_servers"]):
        try:
            connection = await create_conn(host, port, request_timeout_ms=TIMEOUT_MS, **options)
        except _CUT_OFF:
            continue
        except ssl.SSLError as error:
            return _refused(
                f"no TLS connection to {host}:{port}: {_why(error)}; is it the port for TLS, does "
                "connection.tls_ca_file hold the authority that signed the broker's certificate, and does the "
                "certificate name this host?",
                error,
            )
        except KafkaError as error:
            if not may_pass(error):
                return _refused(
                    f"{host}:{port} does not let us in: {type(error).__name__} {error}; are connection.sasl_username, "
                    f"connection.sasl_mechanism and {SASL_PASSWORD} right, and connection.security?",
                    error,
                )
        except OSError:  # TimeoutError is one
            continue
        else:
            connection.close()
            return None
    return None


def _why(error: ssl.SSLError) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else (error.reason or str(error))


def _refused(message: str, cause: BaseException) -> BrokerRefusedError:
    refused = BrokerRefusedError(message)
    refused.__cause__ = cause
    return refused

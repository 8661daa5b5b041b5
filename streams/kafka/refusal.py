"""Tells a broker that refuses us from one that is away, and finds the reason.

aiokafka's clients take every failure to connect for an absence: they would try a wrong password or certificate again
without end. Here one connection is made by hand, and its failure is examined.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection, collect_hosts, create_conn
from aiokafka.errors import IllegalSaslStateError, KafkaError, for_code
from aiokafka.protocol.admin import SaslHandShakeRequest
from aiokafka.protocol.metadata import MetadataRequest

from streams.here.failures import BrokerUnreachableError, NotAllowedError
from streams.kafka.client_errors import CERTIFICATE, as_worker_error
from streams.kafka.error_words import words_of
from streams.kafka.speaks import Speaks, spoken_at

TIMEOUT_MS: Final = 5_000


async def connect(settings: Mapping[str, Any]) -> AIOKafkaConnection:
    """A connection to the first server that takes us in, and answers; to be closed by the caller.

    Parameters
    ----------
    settings
        Client settings, from `streams.kafka.connection`.

    Raises
    ------
    NotAllowedError
        If a server refuses us, or speaks another protocol than we do.
    BrokerUnreachableError
        If none can be reached: the message says why, server by server.
    """
    options = {name: value for name, value in settings.items() if name != "bootstrap_servers"}
    away = []
    for host, port, _family in collect_hosts(settings["bootstrap_servers"]):
        connection: AIOKafkaConnection | None = None
        try:
            connection = await create_conn(host, port, request_timeout_ms=TIMEOUT_MS, **options)
            await connection.send(MetadataRequest([]))
        except BaseException as error:
            if connection is not None:
                connection.close()
            if not isinstance(error, OSError | KafkaError):
                raise
            refused = await _refused(host, port, settings, error, let_in=connection is not None)
            if refused is not None:
                raise refused from error
            away.append(f"{host}:{port} {_absence(error)}")
        else:
            return connection
    raise BrokerUnreachableError(f"no broker answers: {'; '.join(away)}")


async def refusal(settings: Mapping[str, Any]) -> NotAllowedError | None:
    """Why no client can connect, if that is a refusal; None if a server takes us in, or none can be reached."""
    try:
        connection = await connect(settings)
    except NotAllowedError as refused:
        return refused
    except BrokerUnreachableError:
        return None
    connection.close()
    return None


async def _refused(
    host: str, port: int, settings: Mapping[str, Any], error: Exception, *, let_in: bool
) -> NotAllowedError | None:
    where = f"{host}:{port}"
    if isinstance(error, ssl.SSLError) and not isinstance(error, _CUT_OFF):
        return NotAllowedError(
            f"no TLS connection to {where}: {_why(error)}; is it the port for TLS, does connection.tls_ca_file hold "
            "the authority that signed the broker's certificate, and does the certificate name this host? "
            + CERTIFICATE
        )
    if isinstance(denied := as_worker_error(error), NotAllowedError):
        return NotAllowedError(f"{where}: {denied}")
    with_tls = "SSL" in settings["security_protocol"].split("_")
    found = await spoken_at(host, port)
    if found in (Speaks.HTTP, Speaks.OTHER) or (found is Speaks.TLS and not with_tls):
        return NotAllowedError(f"{where} speaks {found.value}; are connection.bootstrap_servers and security right?")
    if with_tls and found is Speaks.KAFKA:
        return NotAllowedError(f"{where} speaks {found.value}, and connection.security asks for TLS: one must change")
    if let_in and "SASL" not in settings["security_protocol"] and await _wants_sasl(host, port, settings):
        return NotAllowedError(f"{where} asks who we are (SASL): set connection.security to sasl_tls or sasl_plaintext")
    return None


async def _wants_sasl(host: str, port: int, settings: Mapping[str, Any]) -> bool:
    """Whether a server that hangs up on a request without a word takes a SASL handshake."""
    options = {name: value for name, value in settings.items() if name != "bootstrap_servers"}
    try:
        connection = await create_conn(host, port, request_timeout_ms=TIMEOUT_MS, **options)
        try:
            answer = await connection.send(SaslHandShakeRequest("PLAIN"))
        finally:
            connection.close()
    except (OSError, KafkaError):
        return False
    return for_code(answer.error_code) is not IllegalSaslStateError


_CUT_OFF: Final = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""The peer went away in the middle of the handshake, as a broker does that is stopping."""


def _absence(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return f"has a name that does not resolve ({error.strerror})"
    if isinstance(error, ConnectionRefusedError):
        return "has nobody listening"
    if isinstance(error, TimeoutError):
        return f"did not answer within {TIMEOUT_MS / 1_000:g} s"
    return f"hung up ({words_of(error.__cause__ or error)})"


def _why(error: ssl.SSLError) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else (error.reason or str(error))

"""What an error means for a worker: the one table from errors of the clients to reasons for which a worker stops.

There are four kinds that are not final. *Away* (`BrokerUnreachableError`): a new client may succeed, however long it
takes. *Not allowed* (`NotAllowedError`): the broker refuses us; a person can change that while the worker waits.
*Missing* (`TopicsError`) and *moved* (`LogRefusedError`): the topics are no longer those that the worker began with.
`streams.kafka.troubles` decides how long to wait for each.
"""

from __future__ import annotations

import ssl
from typing import Final

from aiokafka import errors
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, OffsetOutOfRangeError

from schemas.gauge.section import SASL_PASSWORD
from streams.here.failures import (
    BrokerRefusedError,
    BrokerUnreachableError,
    DefectError,
    DoubtError,
    LogRefusedError,
    NotAllowedError,
    WorkerError,
)
from streams.kafka.error_words import words_of

_RIGHTS: Final[dict[type[KafkaError], str]] = {
    errors.TopicAuthorizationFailedError: "topic {}: this user needs READ on the input, the control and the snapshots' "
    "topic, WRITE on the outputs and the snapshots' topic",
    errors.GroupAuthorizationFailedError: "consumer group {}: this user needs READ on it",
    errors.TransactionalIdAuthorizationFailed: "transactional id {}: this user needs WRITE and DESCRIBE on it",
    errors.ClusterAuthorizationFailedError: "the cluster: this user needs IDEMPOTENT_WRITE, or CREATE where topics are "
    "to be made",
}

_CREDENTIALS: Final = (
    errors.SaslAuthenticationFailed,
    errors.UnsupportedSaslMechanismError,
    errors.IllegalSaslStateError,
    errors.AuthenticationFailedError,
    errors.AuthenticationMethodNotSupported,
)

_PRODUCER_STATE: Final = frozenset(
    {"OutOfOrderSequenceNumber", "UnknownProducerId", "InvalidProducerEpoch", "InvalidProducerIdMapping"}
)


def as_worker_error(reason: BaseException) -> WorkerError:
    """The reason that an error means, with the exit code that tells an operator what to do."""
    if isinstance(reason, WorkerError):
        return reason
    if (denied := _denied(reason)) is not None:
        return denied
    if isinstance(reason, OffsetOutOfRangeError):
        return LogRefusedError(
            f"the log was truncated or made anew while it was read: {reason}; a restart checks what can be done; give "
            "the topic more retention"
        )
    if isinstance(reason, KafkaError) and may_pass(reason):
        return BrokerUnreachableError(f"the broker is away: {words_of(reason)}")
    if isinstance(reason, KafkaError):
        return BrokerRefusedError(f"the broker refused: {words_of(reason)}")
    if isinstance(reason, TimeoutError):
        return BrokerUnreachableError("the broker did not answer in time")
    if isinstance(reason, DoubtError):
        return BrokerUnreachableError(str(reason))
    if isinstance(reason, OSError):
        return BrokerUnreachableError(words_of(reason))
    return DefectError(f"{type(reason).__name__}: {reason}")


def in_words(what: str, error: KafkaError) -> WorkerError:
    """The same reason, in a message that begins with what could not be done.

    >>> raise in_words("nothing was written", KafkaConnectionError("No connection to broker at 10.0.0.7:9092"))
    Traceback (most recent call last):
    streams.here.failures.BrokerUnreachableError: nothing was written: the connection to 10.0.0.7:9092 has ended
    """
    reason = as_worker_error(error)
    return type(reason)(f"{what}: {reason if isinstance(reason, NotAllowedError) else words_of(error)}")


def may_pass(error: KafkaError) -> bool:
    """Whether trying again with a new client can help: the broker is away, has just come back (it then answers that it
    met something unexpected), or the old producer's state was lost.
    """
    if error.retriable or isinstance(
        error, KafkaConnectionError | KafkaTimeoutError | errors.ProducerClosed | errors.UnknownError
    ):
        return True
    if type(error) is KafkaError:
        # aiokafka's way to say that a routine of its own has ended; the reason is the cause.
        return not isinstance(error.__cause__, KafkaError) or may_pass(error.__cause__)
    return type(error).__name__ in _PRODUCER_STATE


def is_final(error: KafkaError) -> bool:
    """Whether waiting cannot help: neither may it pass, nor can a person grant what was denied."""
    return not may_pass(error) and _denied(error) is None


def _denied(reason: BaseException) -> NotAllowedError | None:
    """The refusal of credentials or rights that this error is, or was caused by."""
    error: BaseException | None = reason
    while error is not None:
        for kind, needs in _RIGHTS.items():
            if isinstance(error, kind):
                return NotAllowedError(f"the broker does not let us use {needs.format(_named(error))}")
        if isinstance(error, _CREDENTIALS):
            return NotAllowedError(
                f"the broker does not let us in: {type(error).__name__}; are connection.sasl_username, "
                f"connection.sasl_mechanism and {SASL_PASSWORD} right, and connection.security?"
            )
        if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
            return NotAllowedError(f"the broker ended the TLS connection: {error.reason}; {CERTIFICATE}")
        error = error.__cause__
    return None


CERTIFICATE: Final = (
    "does it want a client's certificate (connection.tls_certificate_file and tls_key_file), and does it know the "
    "authority that signed ours?"
)


def _named(error: BaseException) -> str:
    """What an authorization error names: one thing, or a set of them."""
    names = error.args[0] if error.args else "(the broker does not name it)"
    return names if isinstance(names, str) else ", ".join(sorted(str(name) for name in names))

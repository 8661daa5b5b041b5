"""A Kafka client's error in words: what the broker answered, or that nobody does; without the names of classes."""

from __future__ import annotations

import re
from typing import Final

from aiokafka import errors
from aiokafka.errors import BrokerResponseError, KafkaConnectionError, KafkaError, KafkaTimeoutError

_IN_TIME: Final = "the broker did not answer in time"
_START_IT: Final = "start it (for trials: rivergauge broker), or correct connection.bootstrap_servers"

_MEANINGS: Final[dict[type[BaseException], str]] = {
    errors.BrokerNotAvailableError: "a broker that is needed is away",
    errors.ConcurrentTransactions: "an earlier transaction of this name is still open",
    errors.GroupCoordinatorNotAvailableError: "no broker looks after the consumer group or transaction yet",
    errors.GroupLoadInProgressError: "the broker that looks after the consumer group has just begun",
    errors.IncompatibleBrokerVersion: "this broker does not know the request",
    errors.LeaderNotAvailableError: "a partition has no leader now",
    errors.MessageSizeTooLargeError: "the record is too large",
    errors.NotEnoughReplicasError: "too few copies of the partition are in sync",
    errors.NotLeaderForPartitionError: "a partition has just got another leader",
    errors.ProducerFenced: "another process of the same name has begun",
    errors.UnknownTopicOrPartitionError: "there is no such topic or partition",
    errors.UnsupportedVersionError: "this broker does not know the request",
    errors.RequestTimedOutError: _IN_TIME,
    KafkaTimeoutError: _IN_TIME,
    TimeoutError: _IN_TIME,
}

_OWN_NAMES: Final = re.compile(r"^(\[Error -?\d+\] |\w+(Error|Exception): )+")
_BOOTSTRAP: Final = re.compile(r"\('([^']+)', (\d+)\)?")
_BROKER: Final = re.compile(r"broker at (\S+:\d+)|Connection at (\S+:\d+)")


def words_of(error: BaseException) -> str:
    """The error in words, as they stand at the end of a sentence.

    >>> words_of(KafkaConnectionError("Unable to bootstrap from [('10.0.0.7', 9092, <AddressFamily.AF_UNSPEC: 0>)]"))
    'nobody answers at 10.0.0.7:9092; start it (for trials: rivergauge broker), or correct connection.bootstrap_servers'
    >>> words_of(errors.GroupCoordinatorNotAvailableError())
    'no broker looks after the consumer group or transaction yet (COORDINATOR_NOT_AVAILABLE)'
    >>> words_of(errors.PolicyViolationError("at most 10 partitions"))
    'the broker answered POLICY_VIOLATION: at most 10 partitions'
    """
    if isinstance(error, KafkaConnectionError):
        return _no_connection(_text(error))
    if type(error) is KafkaError and error.__cause__ is not None:
        return words_of(error.__cause__)  # aiokafka's way to tell that a routine of its own has ended
    meaning = next((words for kind, words in _MEANINGS.items() if isinstance(error, kind)), None)
    if isinstance(error, BrokerResponseError):
        name = getattr(error, "message", type(error).__name__)
        text = _text(error)
        answered = f"the broker answered {name}" if meaning is None else f"{meaning} ({name})"
        return answered + (f": {text}" if text else "")
    if meaning is not None:
        return meaning
    if isinstance(error, OSError):
        text = _BOOTSTRAP.sub(r"\1:\2", error.strerror or str(error))
        return text.replace("Connect call failed", "nobody answers at")
    return _text(error) or "the client gave it up"


def _no_connection(text: str) -> str:
    if servers := _BOOTSTRAP.findall(text):
        places = ", ".join(f"{host}:{port}" for host, port in servers)
        return f"nobody answers at {places}; {_START_IT}"
    found = _BROKER.search(text)
    return "nobody answers" if found is None else f"the connection to {found[1] or found[2]} has ended"


def _text(error: BaseException) -> str:
    """What an error was given, in one line."""
    parts = (part if isinstance(part, str) else ", ".join(_several(part)) for part in error.args)
    return _OWN_NAMES.sub("", " ".join(" ".join(parts).split())).rstrip(".")


def _several(part: object) -> list[str]:
    return sorted(map(str, part)) if isinstance(part, set | frozenset | list | tuple) else [str(part)]

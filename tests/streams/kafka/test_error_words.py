"""A client's error is put into words: every one that aiokafka has, raised as aiokafka raises it."""

from __future__ import annotations

import re

import pytest
from aiokafka import errors
from aiokafka.errors import BrokerResponseError, KafkaConnectionError, KafkaError

from streams.kafka.client_errors import in_words
from streams.kafka.error_words import words_of

EVERY = sorted(
    {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, KafkaError)}
    - {BrokerResponseError},  # the parent of those with a number, and never raised
    key=lambda kind: kind.__name__,
)
A_CLASS = re.compile(r"[a-z](Error|Exception)\b|\[Error|\[Errno|<|\('")
"""What only a programmer reads: a class, a number of the client's, a repr."""


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("arguments", [(), ("it is so",), ({"pumps", "pipes"},)], ids=["bare", "text", "names"])
def test_no_error_shows_its_class_and_all_show_what_they_were_given(kind, arguments):
    words = words_of(kind(*arguments))

    assert words
    assert not A_CLASS.search(words)
    if issubclass(kind, BrokerResponseError):
        assert kind.message in words
        assert (", ".join(sorted(arguments[0])) if arguments and isinstance(arguments[0], set) else "") in words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            KafkaConnectionError("Unable to bootstrap from [('k1', 1, <F: 0>), ('k2', 2, <F: 0>)]"),
            "nobody answers at k1:1, k2:2; start it (for trials: rivergauge broker), or correct "
            "connection.bootstrap_servers",
        ),
        (
            KafkaConnectionError("Connection at k1:9092 broken: [Errno 104]"),
            "the connection to k1:9092 has ended",
        ),
        (KafkaConnectionError("No connection to broker at ::1:9092"), "the connection to ::1:9092 has ended"),
        (KafkaError("KafkaConnectionError: Connection at k1:9092 closed"), "Connection at k1:9092 closed"),
        (OSError(111, "Connect call failed ('127.0.0.1', 1)"), "nobody answers at 127.0.0.1:1"),
        (TimeoutError(), "the broker did not answer in time"),
        (
            errors.InvalidReplicationFactorError("Replication factor: 3 larger than available brokers: 1."),
            "the broker answered INVALID_REPLICATION_FACTOR: Replication factor: 3 larger than available brokers: 1",
        ),
    ],
)
def test_what_aiokafka_raises_is_told(error, words):
    assert words_of(error) == words


def test_an_end_of_the_clients_own_is_told_by_its_cause():
    error = KafkaError("Unexpected error during batch delivery")
    error.__cause__ = errors.NotEnoughReplicasError()

    assert words_of(error) == "too few copies of the partition are in sync (NOT_ENOUGH_REPLICAS)"


def test_a_refusal_keeps_what_to_do_about_it():
    told = str(in_words("nothing was written", errors.TopicAuthorizationFailedError({"pumps"})))

    assert told.startswith("nothing was written: the broker does not let us use topic pumps: this user needs READ")

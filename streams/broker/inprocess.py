"""A Kafka broker inside this process: librdkafka's mock cluster, from the confluent-kafka wheel.

It starts in milliseconds and speaks the real protocol over real TCP on loopback. What it has not: transactions,
CreateTopics (use `InProcessBroker.create_topic`), commit metadata, offsets by time. Each partition keeps its newest
5 MB or 100,000 records only, so a producer must not run further ahead of its consumers than that.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.here.failures import CommandError

_PRODUCER = 0  # rd_kafka_type_t
_BROKER_IDS_START_AT = 1


class InProcessBrokerError(CommandError):
    """The in-process broker could not be started or refused a call."""


class InProcessBroker:
    """One broker on a free loopback port, from construction to ``stop``.

    >>> with InProcessBroker() as broker:
    ...     broker.create_topic("pumps", partitions=2)
    ...     broker.bootstrap_servers.startswith("127.0.0.1:")
    True
    """

    def __init__(self) -> None:
        self._library = _load()
        reason = ctypes.create_string_buffer(512)
        configuration = self._library.rd_kafka_conf_new()
        # The handle is a client without servers, which librdkafka would report on standard error.
        self._library.rd_kafka_conf_set(configuration, b"log_level", b"2", reason, len(reason))
        self._handle = self._library.rd_kafka_new(_PRODUCER, configuration, reason, len(reason))
        if not self._handle:
            raise InProcessBrokerError(f"librdkafka gave no handle: {reason.value.decode()}")
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._handle, 1)
        if not self._cluster:
            self._library.rd_kafka_destroy(self._handle)
            raise InProcessBrokerError("librdkafka could not start a mock cluster; is loopback available?")
        # The default lets every join of a group wait three seconds for further members.
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        self.bootstrap_servers: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Create an empty topic.

        Raises
        ------
        InProcessBrokerError
            If the broker refuses, for example because the topic exists.
        """
        self._check(
            self._library.rd_kafka_mock_topic_create(self._alive(), name.encode(), partitions, 1), f"topic '{name}'"
        )

    def set_down(self) -> None:
        """Close all connections and accept none until ``set_up``."""
        self._check(self._library.rd_kafka_mock_broker_set_down(self._alive(), _BROKER_IDS_START_AT), "set_down")

    def set_up(self) -> None:
        """Accept connections again; topics, records and groups are still there."""
        self._check(self._library.rd_kafka_mock_broker_set_up(self._alive(), _BROKER_IDS_START_AT), "set_up")

    def delete_records(self, topic: str, partition: int, before_offset: int) -> None:
        """Drop the records below ``before_offset``, as retention does."""
        self._check(
            self._library.rd_kafka_mock_partition_delete_records(
                self._alive(), topic.encode(), partition, before_offset
            ),
            f"delete_records of '{topic}'",
        )

    def stop(self) -> None:
        """Close the broker and forget all records. A second call does nothing."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            self._library.rd_kafka_mock_cluster_destroy(cluster)
            self._library.rd_kafka_destroy(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _alive(self) -> int:
        if self._cluster is None:
            raise InProcessBrokerError("the in-process broker has been stopped")
        return int(self._cluster)

    def _check(self, code: int, what: str) -> None:
        if code:
            name = self._library.rd_kafka_err2str(code).decode()
            raise InProcessBrokerError(f"the in-process broker refused {what}: {name}")


def _load() -> ctypes.CDLL:
    """Load the librdkafka that confluent-kafka brings along, else one installed on the system."""
    tried = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
            library.rd_kafka_mock_cluster_new  # noqa: B018  # the attribute access is the test
        except (OSError, AttributeError) as error:
            tried.append(f"{path} ({error})")
            continue
        return _declare(library)
    raise InProcessBrokerError(
        "no librdkafka with a mock cluster was found; install the confluent-kafka wheel. Tried: "
        + ("; ".join(tried) or "nothing, confluent_kafka is not installed")
    )


def _candidates() -> list[str]:
    found: list[Path] = []
    spec = importlib.util.find_spec("confluent_kafka")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        # Where auditwheel, delocate and a self-built extension keep it. The extension module itself comes last: built
        # statically, it carries the functions too.
        for pattern in ("../confluent_kafka.libs/librdkafka*", ".dylibs/librdkafka*", "librdkafka*", "cimpl*"):
            found += sorted(package.glob(pattern))
    system = ctypes.util.find_library("rdkafka")
    return [str(path.resolve()) for path in found] + ([system] if system is not None else [])


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (number, [pointer, text, text, text, ctypes.c_size_t]),
        "rd_kafka_new": (pointer, [number, pointer, text, ctypes.c_size_t]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_err2str": (text, [number]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
        "rd_kafka_mock_broker_set_down": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_up": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_partition_delete_records": (number, [pointer, text, ctypes.c_int32, ctypes.c_int64]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name, None)
        if function is not None:
            function.restype = result
            function.argtypes = arguments
    return library

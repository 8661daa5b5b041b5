"""The Faust app: it hosts the consumer, the group's membership and the agent; its `Host` decides.

Rules. Nothing of Faust's is imported outside this wing. The app is built in a function, because Faust binds topics and
apps to an event loop. Nothing escapes the agent: Faust would restart it at the next record, and the one that failed
would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final, Protocol

import faust
from aiokafka.errors import KafkaError
from faust.app.base import BootStrategy

from schemas.gauge import Gauge
from streams.engine import fetching
from streams.engine.batches import ChunkScheduler
from streams.engine.chunk import Chunk
from streams.kafka.group import group_of

STREAM_BUFFER: Final = 4_096
"""Never full, see `streams.engine.fetching.GroupConsumer`."""

NEVER_S: Final = 365 * 86_400.0


class Host(Protocol):
    """Whom Faust's side calls. All is called on the event loop."""

    def fail(self, reason: BaseException, /) -> None:
        """This is why nothing more will come."""

    def take(self, chunk: Chunk) -> None:
        """A chunk was fetched."""

    async def hungry(self, partitions: Set[int], timeout_s: float) -> set[int]:
        """Those of the partitions to fetch for; waits for a while if there are none."""

    async def refused(self, error: KafkaError) -> None:
        """Fetching met this, and is tried again when this returns."""

    def assigned(self, partitions: Set[int]) -> None:
        """These partitions, and no others, are ours."""

    def revoked(self, partitions: Set[int]) -> None:
        """These are no longer ours."""


def build(gauge: Gauge, settings: Mapping[str, Any], host: Host) -> Any:
    """The Faust app that reads a gauge's input, for the event loop that runs now."""
    app = _App(
        group_of(gauge),
        host=host,
        consumer_settings=dict(settings),
        broker=[f"kafka://{server}" for server in settings["bootstrap_servers"]],
        autodiscover=False,
        store="memory://",
        ConsumerScheduler=ChunkScheduler,
        broker_session_timeout=fetching.SESSION_TIMEOUT_S,
        broker_heartbeat_interval=fetching.HEARTBEAT_S,
        broker_request_timeout=fetching.REQUEST_TIMEOUT_S,
        broker_rebalance_timeout=fetching.REQUEST_TIMEOUT_S,
        # Commits and Faust's own watch over them: there are none, and it would report that.
        broker_commit_interval=NEVER_S,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_buffer_maxsize=STREAM_BUFFER,
        stream_wait_empty=False,
    )
    topic = app.topic(gauge.topics.input, acks=False, value_serializer="raw", value_type=None, key_serializer="raw")

    @app.agent(topic, concurrency=1, name=group_of(gauge))  # type: ignore[untyped-decorator]
    async def fold(chunks: Any) -> None:
        try:
            async for chunk in chunks:
                host.take(chunk)
        except Exception as reason:  # noqa: BLE001  # the outermost loop: nothing may escape to Faust, the worker stops
            host.fail(reason)

    app.finalize()
    return app


class _Boot(BootStrategy):  # type: ignore[misc]
    enable_kafka_producer = False  # outputs leave through producers of our own
    enable_web = False


class _App(faust.App):  # type: ignore[misc]
    BootStrategy = _Boot

    def __init__(self, *args: Any, host: Host, consumer_settings: dict[str, Any], **kwargs: Any) -> None:
        self.host = host
        self.consumer_settings = consumer_settings
        super().__init__(*args, **kwargs)

    def _new_transport(self) -> Any:
        return fetching.Transport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Faust would make a directory for tables, and there are none."""

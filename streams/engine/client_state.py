"""What Faust's and aiokafka's clients keep to themselves about an app's consumer; None while it is not known."""

from __future__ import annotations

from typing import Any

from aiokafka.structs import TopicPartition


def reader_of(app: Any) -> Any:
    """The app's `streams.engine.fetching.ChunkReader`."""
    # Not through app.consumer: asking for it creates one.
    return None if app._consumer is None else app._consumer._thread


def client_of(app: Any) -> Any:
    """aiokafka's consumer; None before it is started."""
    reader = reader_of(app)
    return None if reader is None else reader._consumer


def figure_of(app: Any, topic: str, partition: int, name: str) -> int | None:
    """One figure of aiokafka's state of a partition; None while it is not ours, too."""
    consumer = client_of(app)
    subscription = None if consumer is None else consumer._subscription.subscription
    assignment = None if subscription is None else subscription.assignment
    if assignment is None or TopicPartition(topic, partition) not in assignment.tps:
        return None
    state = assignment.state_value(TopicPartition(topic, partition))
    if name == "position" and not state.has_valid_position:
        return None
    value = getattr(state, name)
    return None if value is None else int(value)

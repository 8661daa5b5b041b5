"""Payloads of tests: a learner's part, whatever its bytes are, and no shape."""

from __future__ import annotations

from models.learner import Learner
from streams.snapshots.format import Payload
from streams.snapshots.payload.pickler import dump


def of(learner: bytes) -> Payload:
    """A payload whose one part has these bytes."""
    return Payload({"learner": learner}, {})


def dumped(learner: Learner) -> bytes:
    """The bytes that the pickler writes for a learner."""
    return dump(learner).parts["learner"]

"""The state of a build before this one: ``python -m tests.streams.partition.old_state`` makes it anew from today's.

It is a snapshot as a worker writes it, 60 records in, with what made it named ``an earlier build``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.gauge import parse as parse_gauge
from streams.snapshots.fingerprint import fingerprint
from streams.snapshots.format import encode
from streams.snapshots.origin import Origin
from streams.snapshots.payload.pickler import dump
from tests import builders

FILE: Final = Path(__file__).with_name("old_state.snapshot")
KEY: Final = bytes(range(32))
POSITION: Final = 60
VALUES: Final = [builders.record(n, a=float(n * 7 % 11), y="bad" if n * 7 % 11 > 4 else "good") for n in range(200)]
TEXT: Final = """
name = "pumps"
task = "binary"
candidates = ["logistic_regression", "hoeffding_tree"]
[record]
id = "id"
[label]
field = "y"
positive = "bad"
negative = "good"
arrival = "with_event"
[features]
a = "number"
"""


def gauge() -> Gauge:
    """The gauge file that made it."""
    return parse_gauge(TEXT)


def learned(position: int) -> Learner:
    """A learner of today's that has seen as many records."""
    learner = Learner(gauge())
    builders.fold(learner, builders.decoded(gauge(), VALUES[:position]))
    return learner


def snapshot(position: int = POSITION) -> bytes:
    """Such a snapshot, made by today's classes."""
    learner = learned(position)
    by = Origin(gauge(), {"python": "3.11.0", "river": "0.0"}, "an earlier build", "a CPU")
    last = fingerprint(position - 1, None, VALUES[position - 1])
    return encode(by.about(learner, partition=0, partitions=1, epoch=0, last=last), dump(learner), KEY)


if __name__ == "__main__":
    FILE.write_bytes(snapshot())

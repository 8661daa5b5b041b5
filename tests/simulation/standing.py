"""A log whose world turns over, and a learner that keeps its roles there: young versions, an anchor, a way back."""

from __future__ import annotations

import random
from functools import cache

from models.learner import Learner
from schemas.gauge import Gauge
from streams.partition.learning import learning
from streams.snapshots.image import in_place
from streams.snapshots.origin import Origin
from tests import builders
from tests.simulation.run import MAX_MESSAGE_BYTES, Cast
from tests.simulation.world import Row


@cache
def gauge() -> Gauge:
    return builders.gauge(
        "[snapshots]\nevery_events = 17\nevery_seconds = 0.5\nkeep = 2\narchive = 2\n"
        "[evaluation]\nholdout = 0.1\nholdout_window = 10\nwindow_events = 10\n"
        '[drift]\nfalse_alarms = "1 per 100 events"\n'
        "[retraining]\nstanding = true\nwarm_up_labels = 2\nerror_rate = 0.5\n"
    )


@cache
def origin() -> Origin:
    return Origin(gauge(), {"river": "1"}, "build", "cpu")


def log(rng: random.Random) -> list[Row]:
    """What the one feature says about the label is turned over half-way."""
    rows = rng.randint(80, 160)
    seen = [rng.random() for _ in range(rows)]
    labels = ["bad" if (a > 0.5) ^ (n > rows // 2) else "good" for n, a in enumerate(seen)]
    return [Row(n, builders.record(n, a=a, y=y)) for n, (a, y) in enumerate(zip(seen, labels, strict=True))]


@cache
def cast() -> Cast:
    kind = learning(gauge(), 0, MAX_MESSAGE_BYTES, lambda epoch: Learner(gauge(), epoch=epoch))
    return Cast(kind, in_place, origin, log)

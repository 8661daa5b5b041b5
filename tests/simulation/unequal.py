"""A log in which one group is favoured until the gap is alarmed, and who folds it."""

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
        "[snapshots]\nevery_events = 41\nevery_seconds = 0.5\nkeep = 2\n[evaluation]\nholdout = 0.05\n"
        '[slices.sex]\nprivate = true\n[fairness]\nprotected = ["sex"]\n',
        candidates=["no_change"],
    )


@cache
def origin() -> Origin:
    return Origin(gauge(), {"river": "1"}, "build", "cpu")


def log(rng: random.Random) -> list[Row]:
    """The answer to an event is the label before it, which foresees the group of all but one in five."""
    labels = [rng.choice(("bad", "good")) for _ in range(rng.randint(250, 400))]
    groups = ["fm"[(label == "bad") ^ (rng.random() < 0.2)] for label in ["good", *labels]]
    return [Row(n, builders.record(n, a=1.0, sex=groups[n], y=label)) for n, label in enumerate(labels)]


@cache
def cast() -> Cast:
    kind = learning(gauge(), 0, MAX_MESSAGE_BYTES, lambda epoch: Learner(gauge(), epoch=epoch))
    return Cast(kind, in_place, origin, log)

"""A log with operators' words among its events, and a learner that obeys them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache, partial

from models.learner import Learner
from schemas.commands import COMMAND, FORM, HEADER, body
from schemas.gauge import Gauge
from streams.partition.learning import learning
from streams.snapshots.image import in_place
from streams.snapshots.origin import Origin
from tests import builders
from tests.simulation.run import MAX_MESSAGE_BYTES, Cast
from tests.simulation.world import Row

WORDS = ("promote", "promote", "roll_back", "retrain", "pause", "resume", "resume")
ANSWERS = ("approve", "decline", "decline", "retrain")
"""Where every promotion is approved."""


@cache
def gauge(*, approval: str = "auto") -> Gauge:
    return builders.gauge(
        "[snapshots]\nevery_events = 7\nevery_seconds = 0.5\nkeep = 2\narchive = 2\n"
        "[evaluation]\nholdout = 0.1\nholdout_window = 10\nwindow_events = 10\n"
        '[operators]\nallow = ["promote", "roll_back", "retrain", "pause", "approve"]\n'
        "[retraining]\nstanding = true\nevery_labels = 15\nwarm_up_labels = 2\npatience_labels = 10\n"
        f'approval = "{approval}"\napproval_timeout_labels = 10\nerror_rate = 0.5\n',
        candidates=["naive_bayes"] if approval == "auto" else ["no_change", "naive_bayes"],
    )


def log(rng: random.Random, words: Sequence[str] = WORDS) -> list[Row]:
    """One record in five is a command, of which one in ten cannot be read."""
    rows = []
    for n in range(rng.randint(30, 90)):
        if n and rng.random() < 0.2:
            word = rng.choice(words)
            about = {}
            if word not in ("retrain", "pause", "resume"):
                about["version"] = f"0-{rng.randint(1, 6)}" if words is WORDS else "0-2"
            command = COMMAND.validate_python({"command": word, "who": "ann@ops", **about})
            value = b"{" if rng.random() < 0.1 else body(command)
            rows.append(Row(n, value, headers=((HEADER, FORM),)))
        else:
            rows.append(Row(n, builders.record(n, a=n % 7, y="bad" if n % 7 > 3 else "good")))
    return rows


@cache
def cast(*, approval: str = "auto") -> Cast:
    declared = gauge(approval=approval)
    kind = learning(declared, 0, MAX_MESSAGE_BYTES, lambda epoch: Learner(declared, epoch=epoch))
    origin = Origin(declared, {"river": "1"}, "build", "cpu")
    words = WORDS if approval == "auto" else ANSWERS
    return Cast(kind, in_place, lambda: origin, partial(log, words=words))

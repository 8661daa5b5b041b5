"""The predictions of one partition as a flow: how many, of which version, how fast."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

from schemas.records import Prediction
from streams.view.published import Published
from streams.view.series import Rate

MOST_VERSIONS: Final = 256
"""Versions whose answers are counted by name; those of the least frequent one go when there are more."""


class Flow:
    """The predictions of one partition that were read."""

    def __init__(self) -> None:
        self.predictions = 0
        self.held_out = 0
        self.abstained = 0
        self.by_version: Counter[str] = Counter()
        self.newest: Prediction | None = None
        self.timestamp: int | None = None
        """Kafka's time of the newest one's event, in milliseconds."""
        self.per_second = Rate()

    def take(self, published: Published, prediction: Prediction) -> None:
        """The next prediction."""
        self.predictions += 1
        self.held_out += prediction.held_out
        self.abstained += prediction.doubt is not None and prediction.doubt.abstained is not None
        if prediction.version not in self.by_version and len(self.by_version) >= MOST_VERSIONS:
            rarest, _ = min(self.by_version.items(), key=lambda item: item[1])
            del self.by_version[rarest]
        self.by_version[prediction.version] += 1
        self.newest, self.timestamp = prediction, published.timestamp
        self.per_second.add(published.timestamp)

    @property
    def time(self) -> datetime | None:
        """Event time of the newest prediction."""
        return None if self.newest is None else self.newest.time

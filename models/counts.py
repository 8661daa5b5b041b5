"""What a learner has counted so far. The records that carry a count, and the status, read it here."""

from __future__ import annotations


class Counts:
    """Numbers since the log or the epoch began.

    ``events`` counts every event, refused ones too, and no label records; ``labels`` counts the labels that met their
    event.
    """

    __slots__ = ("events", "labels", "predictions")

    def __init__(self) -> None:
        self.events = 0
        self.predictions = 0
        self.labels = 0

    @property
    def coverage(self) -> float:
        """The share of predictions whose label has come; 0 before the first prediction."""
        return self.labels / self.predictions if self.predictions else 0.0

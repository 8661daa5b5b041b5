"""What a model says of one event."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.events import Label
from schemas.gauge import Gauge, Task


class Answer(NamedTuple):
    """A prediction in coded form; ``y_pred`` is ``None`` where the model has nothing to say yet.

    ``raw`` is what the model itself had answered, where its probabilities are calibrated: the calibrator learns it when
    the label comes.
    """

    y_pred: Label | None
    probabilities: dict[Label, float] | None
    raw: dict[Label, float] | None = None


NO_ANSWER: Final = Answer(None, None)


def class_codes(gauge: Gauge) -> frozenset[Label]:
    """The codes a model may answer with; empty for regression."""
    if gauge.task is Task.BINARY:
        return frozenset((False, True))
    return frozenset(range(len(gauge.classes)))

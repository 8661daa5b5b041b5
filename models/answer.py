"""What a model says of one event."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.events import Label


class Answer(NamedTuple):
    """A prediction in coded form; ``y_pred`` is ``None`` where the model has nothing to say yet."""

    y_pred: Label | None
    probabilities: dict[Label, float] | None


NO_ANSWER: Final = Answer(None, None)

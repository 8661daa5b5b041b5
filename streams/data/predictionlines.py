"""The file of ``backtest --predictions``: a line per prediction, in order, with the label that it was measured by.

A line waits until its label has come or can come no more, and with it those behind it; so it may be as late as the
learner itself waits. Which label that is, is the learner's decision, read off its counts: nothing is decided here.
"""

from __future__ import annotations

from collections import deque
from typing import IO, Any, TypeAlias

from pydantic_core import to_json

from models.learner import Learner
from schemas.events import EventReceived, Input, Label, LabelledEvent, LabelReceived, Reason
from schemas.gauge import Arrival
from schemas.records import DeadLetter, Effect, Prediction
from streams.delivery.envelope import rfc3339

_Line: TypeAlias = dict[str, Any]


class PredictionLines:
    """Writes to ``file`` what a learner predicts; it must see each record that is folded."""

    def __init__(self, learner: Learner, file: IO[bytes]) -> None:
        self._learner = learner
        self._file = file
        self._labels_come_later = learner.gauge.label.arrival is Arrival.LATER
        self._lines: deque[_Line] = deque()
        self._waiting: dict[str, _Line] = {}
        self._early: dict[str, tuple[int, Label]] = {}
        self._labels = self._expired = 0

    def folded(self, event: Input, position: int, effects: list[Effect]) -> None:
        """A record was folded, and this followed from it."""
        labels, gone = self._learner.counts.labels, self._learner.labels.expired
        labelled, expired = labels - self._labels, gone - self._expired
        self._labels, self._expired = labels, gone
        refused = {effect.source: effect.reason for effect in effects if isinstance(effect, DeadLetter)}
        if isinstance(event, LabelReceived) and position not in refused:
            self._label_received(event, position, matched=labelled > 0)
        for effect in effects:
            if isinstance(effect, Prediction):
                self._predicted(effect, event, labelled=labelled > 0)
        if expired:
            for event_id in list(self._waiting)[:expired]:
                del self._waiting[event_id]
        if Reason.ORPHAN_LABEL in refused.values():
            self._early = {name: label for name, label in self._early.items() if label[0] not in refused}
        self._write()

    def close(self) -> None:
        """Write what still waits: no label comes any more."""
        self._waiting.clear()
        self._write()

    def _predicted(self, prediction: Prediction, event: Input, *, labelled: bool) -> None:
        line = _line(prediction)
        self._lines.append(line)
        if isinstance(event, LabelledEvent):
            line["label"] = self._as_written(event.y)
        elif isinstance(event, EventReceived) and labelled:
            line["label"] = self._as_written(self._early.pop(prediction.id)[1])
        elif self._labels_come_later:
            self._waiting[prediction.id] = line

    def _label_received(self, label: LabelReceived, position: int, *, matched: bool) -> None:
        if not matched:
            self._early[label.id] = (position, label.y)
        elif (line := self._waiting.pop(label.id, None)) is not None:
            line["label"] = self._as_written(label.y)

    def _as_written(self, y: Label) -> Any:
        classes = self._learner.gauge.classes
        return classes[int(y)] if classes else y

    def _write(self) -> None:
        waiting = self._waiting
        while self._lines and waiting.get(self._lines[0]["id"]) is not self._lines[0]:
            self._file.write(to_json(self._lines.popleft(), inf_nan_mode="null") + b"\n")


def _line(prediction: Prediction) -> _Line:
    line = {
        "position": prediction.position,
        "id": prediction.id,
        "y_pred": prediction.y_pred,
        "probabilities": prediction.probabilities,
        "version": prediction.version,
        "label": None,
        "held_out": prediction.held_out,
        "time": None if prediction.time is None else rfc3339(prediction.time).decode(),
    }
    if prediction.doubt is not None:
        line["interval"], line["set"], line["abstained"] = prediction.doubt
    return line

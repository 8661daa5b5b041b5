"""The worst errors of late, for people to look up: which event it was, and what was said of it."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from math import exp, log
from typing import Any, Final, TypeAlias

from models.answer import Answer
from models.asked import Asked, Labelled
from schemas.evaluated import WorstError
from schemas.events import Label
from schemas.gauge import Gauge

KEPT: Final = 20
LEAST_PROBABILITY: Final = 1e-15
"""A smaller one counts as this, as in River's LogLoss."""
_UNKNOWN: Final = exp(-1.0)
"""The probability whose log loss is 1."""

_Error: TypeAlias = tuple[float, int, str, str, Label, Label]
"""Size, position, id, version, label, prediction."""


class WorstErrors:
    """The 20 largest losses among the newest labels: W to 2W of them, W being ``evaluation.window_events``.

    The loss of a wrong answer is the log loss of the true class, or 1 where the model gives no probabilities; that of a
    number is its absolute error. Of equal losses the newer ones are kept. Nothing of the event is kept but its id and
    its position.
    """

    __slots__ = ("_classes", "_former", "_labels", "_window", "_worst")

    def __init__(self, gauge: Gauge) -> None:
        self._classes = gauge.classes
        self._window = gauge.evaluation.window_events
        self._labels = 0
        self._worst: list[_Error] = []
        """Of the stretch that is open, the smallest first."""
        self._former: list[_Error] = []
        """Of the W labels before it."""

    def extend(self, labelled: Iterable[Labelled]) -> None:
        """The labels of events have come, in this order."""
        for asked, y, _ in labelled:
            if self._labels == self._window:
                self._former, self._worst, self._labels = self._worst, [], 0
            self._labels += 1
            served = asked.served
            if y != served[0]:
                self._enter(asked, y, served)

    def _enter(self, asked: Asked, y: Label, served: Answer) -> None:
        y_pred = served.y_pred
        if y_pred is None:
            return
        if not self._classes:
            size = float(abs(y - y_pred))
        else:  # less the probability orders as the log loss does, and takes no logarithm
            probabilities = served.probabilities
            size = -float(_UNKNOWN if probabilities is None else probabilities.get(y, 0.0))
        worst = self._worst
        if len(worst) == KEPT:
            if size < worst[0][0]:
                return
            del worst[0]
        insort(worst, (size, asked.position, asked.event_id, asked.lineup.answering, y, y_pred))

    def shown(self) -> tuple[WorstError, ...]:
        """The worst first."""
        newest_first = sorted(self._worst + self._former, reverse=True)[:KEPT]
        return tuple(
            WorstError(
                id=event_id,
                position=position,
                version=version,
                label=self._written(y),
                y_pred=self._written(y_pred),
                loss=-log(max(-size, LEAST_PROBABILITY)) if self._classes else size,
            )
            for size, position, event_id, version, y, y_pred in newest_first
        )

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        for worst in (self._worst, self._former):
            if len(worst) > KEPT or worst != sorted(worst):
                yield f"{len(worst)} worst errors are kept, in order or not"

    def _written(self, label: Label) -> Any:
        return self._classes[int(label)] if self._classes else float(label)

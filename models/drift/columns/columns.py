"""Which columns are watched, and how an event becomes a row of their values."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from math import log1p
from typing import Any, Final, NamedTuple

from models.asked import Asked
from models.drift.evidence.column import Column, Role
from models.turn import Turn
from models.vocabulary import Vocabulary
from schemas.events import Label
from schemas.gauge import Arrival, Gauge, Task
from schemas.gauge.features import Feature
from schemas.gauge.paths import steps
from schemas.gauge.private import private_paths
from schemas.gauge.rules import OWN_COLUMNS
from schemas.gauge.values import class_name

MOST_COLUMNS: Final = 256
"""Columns that are watched; features beyond, in the order of the gauge file, are not."""

WAITING_LABELS: Final = 1_024
"""Labels that wait for a row, where more come than events; those beyond are left out."""

PREDICTION, LABEL, DELAY, TRAFFIC = OWN_COLUMNS


class Watched(NamedTuple):
    """One watched column, and the largest code that its values may have."""

    column: Column
    most: int = 0


def columns_of(gauge: Gauge, vocabulary: Vocabulary | None = None) -> tuple[Watched, ...]:
    """The columns that a gauge file has watched: numbers first, then categories, whose numbers are codes.

    Values have the names that ``vocabulary`` gives them, or that are declared.
    """
    hidden, left_out = private_paths(gauge.slices), frozenset(gauge.drift.columns.ignore)
    found = []
    for name, feature in gauge.features.items():
        values, most = _values(name, feature, vocabulary)
        private = steps(feature.field or name) in hidden
        found.append(Watched(Column(name=name, values=values, private=private), most))
    names = None if gauge.task is Task.REGRESSION else tuple(class_name(value) for value in gauge.classes)
    classes = 0 if names is None else len(names) - 1
    answer = Column(name=PREDICTION, role=Role.SCORE)
    if gauge.task is Task.MULTICLASS:
        answer = Column(name=PREDICTION, role=Role.PREDICTED, values=names)
    own = [Watched(answer, classes), Watched(Column(name=LABEL, role=Role.LABEL, values=names), classes)]
    if gauge.label.arrival is Arrival.LATER:
        own.append(Watched(Column(name=DELAY, role=Role.DELAY)))
    if gauge.record.time is not None:
        own.append(Watched(Column(name=TRAFFIC, role=Role.TRAFFIC)))
    own = [one for one in own if one.column.name not in left_out]
    rest = [one for one in found if one.column.name not in left_out][: MOST_COLUMNS - len(own)]
    return tuple(sorted([*rest, *own], key=lambda one: one.column.is_category))


def _values(name: str, feature: Feature, vocabulary: Vocabulary | None) -> tuple[tuple[str, ...] | None, int]:
    if feature.type == "number":
        return None, 0
    if feature.type == "boolean":
        return ("false", "true"), 1
    met = feature.values or () if vocabulary is None else vocabulary.values_of(name)
    return ("another value", *met), max(feature.max_values, len(feature.values or ()))


class Rows:
    """Makes a row of each event; a label stands in the row of the next event that has none yet.

    A row is a list of numbers, codes and ``None`` for what is missing, in the order of the columns.
    """

    def __init__(self, watched: tuple[Watched, ...]) -> None:
        roles = [one.column.role for one in watched]
        self._features = [one.column.name if one.column.role is Role.FEATURE else "" for one in watched]
        self._score, self._predicted = _place(roles, Role.SCORE), _place(roles, Role.PREDICTED)
        self._label = _place(roles, Role.LABEL)
        self._delay, self._traffic = _place(roles, Role.DELAY), _place(roles, Role.TRAFFIC)
        self._labels: deque[tuple[Label, int]] = deque()
        self._last: datetime | None = None

    def label(self, asked: Asked, y: Label, turn: Turn) -> None:
        """A label has come."""
        if len(self._labels) < WAITING_LABELS:
            self._labels.append((y, turn.position - asked.position))

    def row(self, asked: Asked, turn: Turn) -> list[float | None]:
        """The row of an event."""
        row: list[Any] = [*map(asked.x.get, self._features)]
        answer = asked.answers[asked.lineup.champion]  # who answers may change often, and is no change of the world
        if self._score is not None:
            row[self._score] = answer.y_pred if answer.probabilities is None else answer.probabilities.get(True, 0.0)
        elif self._predicted is not None:
            row[self._predicted] = answer.y_pred
        if self._labels:
            y, delay = self._labels.popleft()
            if self._label is not None:
                row[self._label] = y
            if self._delay is not None:
                row[self._delay] = delay
        if self._traffic is not None and turn.time is not None:
            if self._last is not None:
                row[self._traffic] = log1p(max((turn.time - self._last).total_seconds(), 0.0))
            self._last = turn.time
        return row


def _place(roles: list[Role], role: Role) -> int | None:
    return roles.index(role) if role in roles else None

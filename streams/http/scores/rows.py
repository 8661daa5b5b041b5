"""Rows of other protocols as records of the gauge: a column goes where the gauge reads a value of its name.

A column is named as the gauge names the field (``"a.b"`` for b of a), or as it names the feature. A value that is null
is absent. Neither the record's id nor its event time need be there: an id decides only whether the event is held out, a
time nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from models.door.record_shape import feature_paths, known_paths
from schemas.gauge import Gauge, Steps
from streams.data.cells import BY_TYPE, text
from streams.data.rowparts import put
from streams.http.problems import Problem
from streams.http.scores.answers import Answer, Answers

Row = Mapping[str, Any]


class Rows:
    """Makes records of rows, for one gauge."""

    def __init__(self, gauge: Gauge) -> None:
        self.columns = tuple(gauge.features)
        """The features, in the order in which rows without names hold them."""
        features = feature_paths(gauge)
        self._paths: dict[str, Steps] = {".".join(path): path for path in known_paths(gauge)}
        self._paths = {**features, **self._paths}
        self._readers: dict[Steps, Callable[[str], Any]] = {
            path: BY_TYPE[gauge.features[name].type] for name, path in features.items()
        }

    def content(self, row: Row) -> dict[str, Any]:
        """A row's record."""
        content: dict[str, Any] = {}
        for column, value in row.items():
            if value is not None:
                put(content, self._paths.get(column, (column,)), value)
        return content

    def read(self, cells: Mapping[str, str]) -> dict[str, Any]:
        """A row of text as values, by the types of the gauge's features; an empty cell is absent."""
        return {
            column: self._readers.get(self._paths.get(column, (column,)), text)(cell.strip())
            for column, cell in cells.items()
            if cell.strip()
        }


async def answered(answers: Answers, rows: Sequence[Row], partition: int | None) -> list[Answer]:
    """Answer rows, all of them.

    Raises
    ------
    Problem
        If one is refused: which and why.
    """
    made = Rows(answers.gauge)
    contents = [made.content(row) for row in rows]
    values = [to_json(content, inf_nan_mode="constants") for content in contents]
    found = await answers.score(values, partition, spare=[answers.spared(content) for content in contents])
    said: list[Answer] = []
    for number, one in enumerate(found):
        if not isinstance(one, Answer):
            raise Problem(400, f"row {number} (from 0): {one.detail}", reason=one.reason)
        said.append(one)
    return said

"""Which records are labels: one rule, for records that are decoded and for rows that become records.

A label record has a label and no feature. What is null or a marker (``record.missing``) is absent: a record whose only
value is a null label is an event, whose label has not come.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import SchemaValidator, core_schema

from models.door.markers import or_missing
from models.door.record_shape import feature_paths
from schemas.gauge import Gauge, Steps, steps


class LabelRecords:
    """Tells the label records of a gauge, whose labels come later, from its events."""

    def __init__(self, gauge: Gauge) -> None:
        self._label = steps(gauge.label.field)
        self._features = list(feature_paths(gauge).values())
        self._read = SchemaValidator(or_missing(core_schema.any_schema(), gauge.record.missing)).validate_python

    def known(self, content: Any, path: Steps) -> Any:
        """The value at ``path`` of a record's JSON, or ``None`` where it is absent."""
        value = value_at(content, path)
        return None if value is None else self._read(value)

    def has(self, content: Any) -> bool:
        """Whether this is the JSON of a label record."""
        if self.known(content, self._label) is None:
            return False
        return all(self.known(content, path) is None for path in self._features)


def value_at(content: Any, path: Steps) -> Any:
    """The JSON value at ``path``, or ``None`` where nothing is."""
    for step in path:
        if not isinstance(content, dict):
            return None
        content = content.get(step)
    return content

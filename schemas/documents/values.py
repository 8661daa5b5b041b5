"""JSON Schemas of the records' values: of every gauge's, or as one gauge publishes them."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_type_hints

from pydantic import Field

from schemas.documents.typed import WITHIN, Schema, object_schema
from schemas.gauge import Gauge, Task, class_name
from schemas.record_table import JSON, Kind
from schemas.records import Doubt, ModelVersion, Prediction

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_PROBABILITY = Annotated[float, Field(ge=0, le=1)]
_NOT_IN_THE_BODY: Final = ("time", "key", "doubt")
"""What travels in a header or as the key, or is written as fields of its own."""
_PREDICTION: Final = """One event's score. ``y_pred`` is ``None`` until the model has something to say.

``probabilities`` has every declared class; ``None`` for a regression and for models that give labels only. Labels
appear as the user writes them. ``interval`` (of a regression, low to high, both included), ``set`` (of classes) and
``abstained`` (the rule that applied) are there where the gauge file asks for them in ``[uncertainty]``."""
_DOUBT: Final = {"interval": "interval", "classes": "set", "abstained": "abstained"}
"""A field of `Doubt` to its name in the JSON."""
_SOMETIMES: Final[dict[type, dict[str, type]]] = {ModelVersion: {"who": str, "why": str}}
"""Fields that are written only where there is something to write, with what that is."""


def value_schema(kind: Kind, gauge: Gauge | None = None, definitions: str = WITHIN) -> Schema | None:
    """The JSON Schema of a record's value; ``None`` where it is no JSON of ours.

    Fields may come to a record with a later release, so others than these are allowed. Where a ``gauge`` is given, its
    predictions are described as it makes them: its classes, and what its ``[uncertainty]`` adds.
    """
    if kind.content_type != JSON:
        return None
    types = get_type_hints(kind.record, include_extras=True)
    body = {name: hint for name, hint in types.items() if name not in _NOT_IN_THE_BODY}
    if kind.record is not Prediction:
        sometimes = _SOMETIMES.get(kind.record, {})
        schema = object_schema(kind.ce_type, kind.record.__doc__, body | sometimes, definitions)
        schema["required"] = [name for name in schema["required"] if name not in sometimes]
        return schema
    body["probabilities"] = dict[str, _PROBABILITY] | None
    doubt = {_DOUBT[name]: hint for name, hint in get_type_hints(Doubt).items()}
    schema = object_schema(kind.ce_type, _PREDICTION, body | doubt, definitions)
    properties = schema["properties"]
    properties["interval"] = _interval()
    if gauge is None or not gauge.uncertainty.is_declared:
        schema["required"] = [name for name in schema["required"] if name not in doubt]
    if gauge is not None:
        properties.update(_answers(gauge))
        schema["properties"] = {name: one for name, one in properties.items() if one is not None}
    return schema


def _answers(gauge: Gauge) -> dict[str, Schema | None]:
    """What a gauge's predictions hold where the task and ``[uncertainty]`` decide it; ``None``: nothing at all."""
    declared, rules = gauge.uncertainty.is_declared, _rules(gauge)
    of_classes = gauge.task is not Task.REGRESSION
    answer: dict[str, Schema | None] = _of_classes(gauge) if of_classes else _of_numbers(gauge)
    answer["abstained"] = {"enum": [*rules, None]}
    return answer if declared else answer | dict.fromkeys(("interval", "set", "abstained"))


def _of_classes(gauge: Gauge) -> dict[str, Schema | None]:
    classes = list(gauge.classes)
    names = [class_name(value) for value in classes]
    probabilities: Schema = {
        "type": ["object", "null"],
        "properties": {name: {"type": "number", "minimum": 0, "maximum": 1} for name in names},
        "required": names,
        "additionalProperties": False,
    }
    held: Schema = {"type": ["array", "null"], "items": {"enum": classes}, "uniqueItems": True}
    return {
        "y_pred": {"enum": [*classes, None]},
        "probabilities": probabilities,
        "interval": {"type": "null"},
        "set": held if gauge.uncertainty.cover is not None else {"type": "null"},
    }


def _of_numbers(gauge: Gauge) -> dict[str, Schema | None]:
    return {
        "y_pred": {"type": ["number", "null"]},
        "probabilities": {"type": "null"},
        "interval": _interval() if gauge.uncertainty.cover is not None else {"type": "null"},
        "set": {"type": "null"},
    }


def _interval() -> Schema:
    return {"type": ["array", "null"], "items": {"type": ["number", "null"]}, "minItems": 2, "maxItems": 2}


def _rules(gauge: Gauge) -> list[str]:
    rules: dict[str, Any] = dict(gauge.uncertainty.abstain)
    return [rule for rule, limit in rules.items() if limit is not None]

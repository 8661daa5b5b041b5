"""The shape of a record as one compiled validator, which reads the JSON once and gives a flat ``{name: value}``.

Features go by their own names; what else the gauge reads, by the names below. Objects on the way to a value are checked
and left out, fields that only may be there are left out unread. What the gauge does not know is refused, or its names
are handed to a function, as ``record.unknown_fields`` wants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from pydantic_core import CoreSchema, PydanticOmit, SchemaValidator, core_schema

from models.door.markers import or_missing
from schemas.gauge import LARGEST_NUMBER, Feature, Gauge, Slice, Steps, Task, steps
from schemas.gauge.private import private_paths

# No name of a feature holds a null character.
ID: Final = "\0id"
TIME: Final = "\0time"
LABEL: Final = "\0label"
ASIDE: Final = "\0aside "
"""Before the number of an attribute by which events are sliced."""

LONGEST_NAME: Final = 256


def feature_paths(gauge: Gauge) -> dict[str, Steps]:
    """Where each feature stands."""
    return {name: steps(feature.field or name) for name, feature in gauge.features.items()}


def aside_paths(gauge: Gauge) -> dict[str, Steps]:
    """Where the value of each slice stands that is no pair, in the order of an event's ``aside``."""
    return {name: one.path(name) for name, one in gauge.slices.items() if one.of is None}


def private_fields(gauge: Gauge) -> set[str]:
    """The validator's names of what holds, or is, the field of a private slice: no refusal tells its value."""
    private = private_paths(gauge.slices)
    holders = {"\0\0" + ".".join(path[:n]) for path in private for n in range(1, len(path))}
    features = feature_paths(gauge).items()
    return holders.union(name for name, path in features if any(path == one[: len(path)] for one in private))


def known_paths(gauge: Gauge) -> list[Steps]:
    """All paths that the gauge file names: of values, and of what may stand beside them."""
    label, record = gauge.label, gauge.record
    named = [label.field, *record.ignore, record.id, record.time, record.key, label.time]
    return [
        *feature_paths(gauge).values(),
        *aside_paths(gauge).values(),
        *(steps(path) for path in named if path is not None),
    ]


def compiled(gauge: Gauge, time: CoreSchema, unknown: Callable[[str | None], None]) -> SchemaValidator:
    """The validator of a gauge's records; ``time`` is the schema of event times.

    ``unknown`` is called once or more for a record with unknown fields, where these are to be ignored. With ``None``,
    the field is among the values and must be taken out; a name is that of a field that is not among them, because
    something else goes by this name.
    """
    # Fields are all optional here: which of them must be there depends on the kind of record, decided afterwards.
    fields, read = {}, set()
    for name, schema, path in _values(gauge, time):
        fields[name] = _field(schema, path)
        read.add(path)
    for holder in dict.fromkeys(path[:n] for path in sorted(read) for n in range(1, len(path))):
        if holder not in read:
            fields["\0\0" + ".".join(holder)] = _field(_holder(gauge.record.missing), holder)
    for number, (name, path) in enumerate(aside_paths(gauge).items()):
        fields[f"{ASIDE}{number}"] = _field(_attribute(gauge.slices[name], gauge.record.missing), path)
    known = {path[0] for path in known_paths(gauge)}
    for name in sorted(known - {path[0] for path in read}):
        fields[f"\0known {name}"] = _field(_UNREAD, (name,))
    if gauge.record.unknown_fields == "reject":
        return _typed_dict(fields, extra_behavior="forbid")
    # An unknown field must not pass for a value that goes by its name and stands elsewhere.
    for name in [name for name in fields if name not in known]:
        fields[f"\0unknown {name}"] = _field(_told(name, unknown), (name,))
    extra = core_schema.with_default_schema(_NOTHING, default_factory=partial(unknown, None), on_error="default")
    return _typed_dict(fields, extra_behavior="allow", extras_schema=extra)


def _typed_dict(fields: dict[str, core_schema.TypedDictField], **more: Any) -> SchemaValidator:
    config = core_schema.CoreConfig(loc_by_alias=False)
    return SchemaValidator(core_schema.typed_dict_schema(fields, config=config, **more))


def _values(gauge: Gauge, time: CoreSchema) -> Iterator[tuple[str, CoreSchema, Steps]]:
    missing, paths = gauge.record.missing, feature_paths(gauge)
    for name, feature in gauge.features.items():
        value = or_missing(_feature(feature), missing)
        yield name, core_schema.nullable_schema(value) if feature.optional else value, paths[name]
    parts = [(LABEL, _label(gauge), gauge.label.field)]
    if gauge.record.id is not None:
        parts.append((ID, _name(min_length=1), gauge.record.id))
    if gauge.record.time is not None:
        parts.append((TIME, time, gauge.record.time))
    for name, schema, path in parts:
        yield name, core_schema.nullable_schema(or_missing(schema, missing)), steps(path)


def _field(schema: CoreSchema, path: Steps) -> core_schema.TypedDictField:
    alias: list[str | int] = [*path]
    return core_schema.typed_dict_field(schema, required=False, validation_alias=alias)


# No value is one of these.
_NOTHING: Final = core_schema.int_schema(strict=True, ge=1, le=0)
# Left out, whatever it is, and not even built.
_UNREAD: Final = core_schema.with_default_schema(_NOTHING, on_error="omit")


def _holder(missing: list[str]) -> CoreSchema:
    # What holds values is an object or null; its keys are not looked at.
    schema = or_missing(core_schema.typed_dict_schema({}, extra_behavior="ignore"), missing)
    return core_schema.chain_schema([core_schema.nullable_schema(schema), _UNREAD])


def _told(name: str, unknown: Callable[[str], None]) -> CoreSchema:
    def tell(_: object) -> None:
        unknown(name)
        raise PydanticOmit

    return core_schema.no_info_plain_validator_function(tell)


def _feature(feature: Feature) -> CoreSchema:
    if feature.type == "number":
        return _number(feature.minimum, feature.maximum)
    if feature.type == "boolean":
        return core_schema.bool_schema(strict=True)
    if feature.values is None:
        return _name()
    return core_schema.chain_schema([_name(), core_schema.literal_schema(feature.values)])


def _attribute(one: Slice, missing: list[str]) -> CoreSchema:
    # It is no feature, and what cannot be read of it refuses no event: it is missing.
    value = or_missing(
        _GROUP if one.bins is None else core_schema.float_schema(strict=True, allow_inf_nan=False), missing
    )
    return core_schema.with_default_schema(value, default=None, on_error="default")


def _name(min_length: int = 0) -> CoreSchema:
    # An id or a category: text, or a whole number as the text it is written with, so that CSV and JSON mean the same.
    # No fractions, which have many ways to be written, and nothing infinite: 1e999 would become the name "inf".
    text = core_schema.str_schema(min_length=min_length, max_length=LONGEST_NAME, strict=True)
    written = core_schema.str_schema(coerce_numbers_to_str=True, max_length=LONGEST_NAME)
    whole = core_schema.int_schema(strict=True)
    pointed = core_schema.float_schema(
        strict=True, allow_inf_nan=False, multiple_of=1.0, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER
    )
    numbers = [core_schema.chain_schema([number, written]) for number in (whole, pointed)]
    return core_schema.union_schema([text, *numbers], mode="left_to_right")


_TRUTH: Final = core_schema.chain_schema(
    [
        core_schema.bool_schema(strict=True),
        core_schema.no_info_plain_validator_function(lambda truth: "true" if truth else "false"),
    ]
)
_GROUP: Final = core_schema.union_schema([_name(), _TRUTH], mode="left_to_right")


def _number(minimum: float | None, maximum: float | None) -> CoreSchema:
    return core_schema.float_schema(
        strict=True,
        allow_inf_nan=False,
        ge=-LARGEST_NUMBER if minimum is None else minimum,
        le=LARGEST_NUMBER if maximum is None else maximum,
    )


def _label(gauge: Gauge) -> CoreSchema:
    if gauge.task is Task.REGRESSION:
        return _number(gauge.label.minimum, gauge.label.maximum)
    schemas: dict[type, list[CoreSchema]] = {
        bool: [core_schema.bool_schema(strict=True)],
        int: [core_schema.int_schema(strict=True), core_schema.float_schema(strict=True, allow_inf_nan=False)],
        str: [core_schema.str_schema(strict=True)],
    }
    kinds = {type(value) for value in gauge.classes}
    choices = [schema for kind, several in schemas.items() if kind in kinds for schema in several]
    return core_schema.union_schema([*choices], mode="left_to_right")

"""From our types to JSON Schema, as our JSON is written.

The words used are those that JSON Schema 2020-12 and draft 7, AsyncAPI's, have in common and mean alike; definitions
stand wherever the document wants them.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from pydantic import create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Schema: TypeAlias = dict[str, Any]

WITHIN: Final = "#/$defs/{model}"
"""Where definitions stand in a document of one schema."""


def object_schema(name: str, doc: str | None, types: Mapping[str, Any], definitions: str = WITHIN) -> Schema:
    """The schema of a JSON object with these fields, all of them written always; its definitions are in ``$defs``.

    Parameters
    ----------
    name
        Its title.
    doc
        A docstring that tells what it is.
    types
        The type of each field.
    definitions
        Where the document will have the definitions of types within, as a pattern of references.
    """
    fields: dict[str, Any] = {field: (annotation, ...) for field, annotation in types.items()}
    made = create_model("Record", **fields)
    schema = made.model_json_schema(mode="serialization", schema_generator=_Written, ref_template=definitions)
    parts = {word: schema[word] for word in ("type", "properties", "required", "$defs") if word in schema}
    return {"title": name, "description": plain_words(doc), **parts}


def plain_words(doc: str | None) -> str:
    """A docstring without the marks of reStructuredText, and with JSON's word for none.

    >>> plain_words("``None`` where `Figure` has no ``value``.")
    'null where `Figure` has no `value`.'
    """
    words = inspect.cleandoc(doc or "").replace("``None``", "null").replace("``", "`")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in words.split("\n\n"))


class _Written(GenerateJsonSchema):
    """As our records are written: every field is there, and a number that overflowed is null."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        bounds = {word: schema[key] for word, key in _BOUNDS.items() if key in schema}  # type: ignore[literal-required]  # keys of a TypedDict by name
        is_finite = bool(bounds) or schema.get("allow_inf_nan") is False
        return {"type": "number", **bounds} if is_finite else {"type": ["number", "null"]}

    def union_schema(self, schema: core_schema.UnionSchema) -> JsonSchemaValue:
        found = super().union_schema(schema)
        choices = found.get("anyOf", [])
        if not choices or any(one.keys() != {"type"} for one in choices):
            return found
        types = [one["type"] if isinstance(one["type"], list) else [one["type"]] for one in choices]
        return {"type": list(dict.fromkeys(name for several in types for name in several))}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        kind = inner.get("type")
        if kind is None or "enum" in inner or "const" in inner:
            return {"anyOf": [inner, {"type": "null"}]}
        kinds = [kind] if isinstance(kind, str) else kind
        return {**inner, "type": [*kinds, *(["null"] if "null" not in kinds else [])]}

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return {**super().dataclass_schema(schema), "description": plain_words(schema["cls"].__doc__)}

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        return {**super().enum_schema(schema), "description": plain_words(schema["cls"].__doc__)}


_BOUNDS: Final = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}

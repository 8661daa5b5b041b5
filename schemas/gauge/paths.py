"""Where a value stands in the user's JSON."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError


def _path(value: Any) -> Any:
    # A union of text and list would tell two errors.
    keys = value.split(".") if isinstance(value, str) else value
    listed = isinstance(keys, list) and keys and all(isinstance(key, str) for key in keys)
    if not listed or (isinstance(value, str) and not all(keys)):
        raise PydanticCustomError("path", "must be a path such as 'a.b', or a list of keys such as ['a.b', 'c']")
    return value


Path: TypeAlias = Annotated[str | list[str], PlainValidator(_path)]
"""Where a value stands in the user's JSON: ``"a.b"`` is key b of object a; write a list where a key has a dot."""

Steps: TypeAlias = tuple[str, ...]
"""The keys that lead to a value in nested JSON objects."""


def steps(path: Path) -> Steps:
    """The keys that a path of the gauge file names."""
    return tuple(path) if isinstance(path, list) else tuple(path.split("."))

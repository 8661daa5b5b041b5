"""A gauge file's content as TOML text, for files that a program writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isinf, isnan
from typing import Any


def dumps(content: Mapping[str, Any]) -> str:
    """TOML text that reads as ``content``; tables of the first level stand as sections, deeper ones in one line.

    >>> print(dumps({"name": "pumps", "label": {"field": "y", "classes": [1, 2]}}), end="")
    name = "pumps"
    <BLANKLINE>
    [label]
    field = "y"
    classes = [1, 2]
    """
    plain = {key: value for key, value in content.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in content.items() if isinstance(value, Mapping)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for name, table in tables.items():
        lines += ["", f"[{_key(name)}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else _string(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        return "nan" if isnan(value) else f"{'-' if value < 0 else ''}inf" if isinf(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_value(item)}' for key, item in value.items())} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return value.isoformat()  # type: ignore[no-any-return]  # dates and times are all that is left in TOML


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

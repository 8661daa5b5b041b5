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
    lines = [f"{key_text(key)} = {value_text(value)}" for key, value in plain.items()]
    for name, table in tables.items():
        lines += [
            "",
            f"[{key_text(name)}]",
            *(f"{key_text(key)} = {value_text(value)}" for key, value in table.items()),
        ]
    return "\n".join(lines) + "\n"


def key_text(key: str) -> str:
    """A key, in quotation marks where TOML wants them."""
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else _string(key)


def value_text(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        return "nan" if isnan(value) else f"{'-' if value < 0 else ''}inf" if isinf(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return (
            f"{{ {', '.join(f'{key_text(key)} = {value_text(item)}' for key, item in value.items())} }}"
            if value
            else "{}"
        )
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    return value.isoformat()  # type: ignore[no-any-return]  # dates and times are all that is left in TOML


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

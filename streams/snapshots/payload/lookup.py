"""A class or function by its exact name, which must be of the table: an import runs code."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import Any


@cache
def found(module: str, name: str) -> Any:
    """What ``name`` of ``module`` means, without running any code of a class. It means the same ever after."""
    value: Any = import_module(module)
    for part in name.split("."):
        value = inspect.getattr_static(value, part)
        value = value.__func__ if isinstance(value, staticmethod) else value
    return value

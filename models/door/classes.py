"""The classes of a gauge as its records name them: a JSON value to the code that models learn from.

A label is a class if it is the same JSON value. Text is never a number or a boolean, and neither of these is the other;
1 and 1.0 are one number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from schemas.events import Label
from schemas.gauge import ClassValue, Gauge, Task


class Classes:
    """The codes of the declared classes: ``bool`` for a binary task, the class's index for a multiclass one.

    ``code`` gives the code of a JSON value, or ``None`` if no class is this value.
    """

    def __init__(self, gauge: Gauge) -> None:
        binary = gauge.task is Task.BINARY
        self._values = gauge.classes
        codes: list[tuple[ClassValue, Label]] = [
            (value, bool(code) if binary else code) for code, value in enumerate(gauge.classes)
        ]
        # To Python true is 1: a boolean is looked up in a table of its own.
        truths: dict[ClassValue, Label] = {value: code for value, code in codes if isinstance(value, bool)}
        others: dict[ClassValue, Label] = {value: code for value, code in codes if not isinstance(value, bool)}

        def either(value: ClassValue) -> Label | None:
            return (truths if isinstance(value, bool) else others).get(value)

        self.code: Callable[[ClassValue], Label | None] = either if truths else others.get

    def __str__(self) -> str:
        return ", ".join(map(_shown, self._values))

    def hint(self, value: Any) -> str:
        """What to do about a value that is no class and looks like one; nothing about any other."""
        other = _KINDS.get(type(value))
        known = next((known for known in self._values if _letters(known) == _letters(value)), None)
        if other is None or known is None:
            return ""
        kind = _KINDS[type(known)]
        return f"; did you mean {_shown(known)}?" if kind == other else f"; the class is {kind}, this is {other}"


_KINDS: Final = {bool: "a boolean", int: "a number", float: "a number", str: "text"}


def _shown(value: ClassValue) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _letters(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip().casefold()

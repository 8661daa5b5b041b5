"""What is wrong with a gauge file, in words: one sentence for one mistake, with its place.

A place is the path of keys that leads to it, for programs with items counted from 0 (``candidates.1.seed``), for people
as people count (``candidates 2 (alma), seed``).
"""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from schemas.hints import did_you_mean, nearest

_MOST: Final = 50


class GaugeError(ValueError):
    """A gauge file that cannot be used. ``problems`` lists (where, what) pairs; the message shows them all."""

    def __init__(self, problems: list[tuple[str, str]], places: list[str] | None = None) -> None:
        self.problems = [(for_programs(where), what) for where, what in problems]
        places = [for_people(where) for where, _ in problems] if places is None else places
        lines = (f"{place}: {what}" if place else what for place, (_, what) in zip(places, problems, strict=True))
        super().__init__("\n".join(lines))


_NAMED_ITEM: Final = re.compile(r"(candidates|evaluation\.also)\.([0-9]+)( \(.*\))?")


def for_programs(where: str) -> str:
    """A place of `models.check` without the name in it."""
    named = _NAMED_ITEM.fullmatch(where)
    return f"{named[1]}.{named[2]}" if named else where


def for_people(where: str) -> str:
    """A place of `models.check` with its item counted from 1.

    >>> for_people("candidates.1 (alma)")
    'candidates 2 (alma)'
    """
    named = _NAMED_ITEM.fullmatch(where)
    return f"{named[1]} {int(named[2]) + 1}{named[3] or ''}" if named else where


def gauge_error(error: ValidationError, content: Any) -> GaugeError:
    """The problems that pydantic found in the content of a gauge file."""
    details = error.errors(include_url=False)
    problems = [
        (".".join(map(_key, _place(detail))), _what(detail, private=_is_private(_place(detail), content)))
        for detail in details[:_MOST]
    ]
    places = [_for_people(_place(detail), content) for detail in details[:_MOST]]
    if len(details) > _MOST:
        problems.append(("", f"and {len(details) - _MOST:,} more problems"))
        places.append("")
    return GaugeError(problems, places)


def _place(detail: Any) -> tuple[int | str, ...]:
    return tuple(part for part in detail["loc"] if part != "[key]")


def _key(part: int | str) -> str:
    return str(part) if str(part).isprintable() else repr(part)


def _for_people(place: tuple[int | str, ...], content: Any) -> str:
    words = ""
    for n, part in enumerate(place):
        content = _inside(content, part)
        if isinstance(part, int):
            named = content if place[0] == "candidates" and n == 1 else None
            name = named.get("name", named.get("recipe")) if isinstance(named, dict) else named
            words += f" {part + 1}" + (f" ({name})" if isinstance(name, str) else "")
        else:
            separator = "" if n == 0 else ", " if isinstance(place[n - 1], int) else "."
            words += separator + _key(part)
    return words


def _inside(content: Any, part: int | str) -> Any:
    if isinstance(content, dict):
        return content.get(part)
    return content[part] if isinstance(content, list) and isinstance(part, int) and part < len(content) else None


_TABLES: Final = {
    "Feature": 'must be "number", "category", "boolean" or a table with a type',
    "Candidate": "must be a recipe's name or a table",
}


_WHOLE_SENTENCES: Final = ("missing", "unknown_key", "gauge", "secret", "too_short", "too_long")


def _is_private(place: tuple[int | str, ...], content: Any) -> bool:
    if place[:1] != ("slices",) or place[2:3] not in (("values",), ("bins",)):
        return False
    return _inside(_inside(_inside(content, "slices"), place[1]), "private") is True


def _what(detail: Any, *, private: bool) -> str:
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    what: str = detail["msg"].removeprefix("Value error, ")
    if kind in ("model_type", "dict_type"):
        what = _TABLES.get(context.get("class_name", ""), "must be a table")
    elif kind == "too_short":
        least = context["min_length"]
        what = f"must hold at least {least} {'item' if least == 1 else 'items'}, and holds {context['actual_length']}"
    elif kind == "too_long":
        what = f"must hold at most {context['max_length']:,} items, and holds {len(given):,}"
    elif kind == "string_too_short":
        what = "must not be empty"
    if private or kind in _WHOLE_SENTENCES or isinstance(given, dict | list | BaseModel):
        return what
    what += f", got {_shortened(given)}"
    if kind in ("enum", "literal_error") and isinstance(given, str):
        what += _choice(given, re.findall(r"'([^']+)'", context["expected"]))
    return what


def _choice(word: str, choices: list[str]) -> str:
    """The choices that a word of another language means, or else the nearest one."""
    meant = [choice for choice in _MEANT.get(word.lower(), ()) if choice in choices]
    return did_you_mean(meant) or nearest(word, choices)


_MEANT: Final = {
    **dict.fromkeys(("float", "double", "int", "integer", "numeric", "decimal", "long", "real"), ("number",)),
    **dict.fromkeys(("string", "str", "text", "categorical", "nominal", "enum", "object"), ("category",)),
    **dict.fromkeys(("bool", "logical", "flag"), ("boolean",)),
    **dict.fromkeys(("classification", "classifier"), ("binary", "multiclass")),
    **dict.fromkeys(("regressor",), ("regression",)),
    **dict.fromkeys(("s", "seconds", "epoch", "unix", "timestamp"), ("unix_seconds",)),
    **dict.fromkeys(("ms", "millis", "milliseconds", "unix_ms", "epoch_ms", "epoch_millis"), ("unix_milliseconds",)),
    **dict.fromkeys(("us", "micros", "microseconds", "unix_us"), ("unix_microseconds",)),
    **dict.fromkeys(("ns", "nanos", "nanoseconds", "unix_ns"), ("unix_nanoseconds",)),
    **dict.fromkeys(("iso", "iso_8601", "iso-8601", "rfc3339"), ("iso8601",)),
}
"""What other programs call what a gauge file may choose."""


def _shortened(value: Any, longest: int = 80) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number of very many digits"
    return text if len(text) <= longest else f"{text[:longest]}..."

"""The door for operators' words: which records are commands, and which of those may be obeyed at all.

Whether one *can* be obeyed where it stands needs the state, and is found by `models.retraining.operators`.
"""

from __future__ import annotations

from typing import Final

from pydantic_core import ValidationError

from schemas.commands import ALLOWED_BY, COMMAND, FORM, HEADER, LONGEST_BYTES, lacking
from schemas.events import CommandReceived, Reason, Rejected
from schemas.gauge import Gauge
from schemas.log import Headers, Record
from schemas.printable import printable

_NONE: Final = "the record is a command by its header, and the gauge file allows none ([operators] allow)"

_LONGEST: Final = 100
_LINE: Final = "one line of text without control characters"
_SHAPES: Final = {"version": "a version's name, as in 0-3", "who": f"{_LINE}, and not blank", "why": _LINE}


class Commands:
    """Reads the commands of a gauge's log."""

    def __init__(self, gauge: Gauge) -> None:
        self._allowed = frozenset(gauge.operators.allow)

    def decode(self, record: Record, form: bytes | None) -> CommandReceived | Rejected:
        """Decode a record whose command header is of this form; what is wrong comes back as `Rejected`."""
        value, key = record.value, record.key
        if not self._allowed:
            return Rejected(Reason.COMMAND_NOT_ALLOWED, _NONE, key, value)
        if form != FORM:
            return Rejected(Reason.BAD_COMMAND, f"the header {HEADER} must be {FORM.decode()}", key, value)
        if value is None or len(value) > LONGEST_BYTES:
            got = "none" if value is None else f"{len(value):,}"
            detail = f"a command needs a JSON object of at most {LONGEST_BYTES:,} bytes, got {got}"
            return Rejected(Reason.BAD_COMMAND, detail, key, value)
        try:
            command = COMMAND.validate_json(value)
        except ValidationError as error:
            return Rejected(Reason.BAD_COMMAND, what_is_wrong(error), key, value)
        if (needed := lacking(command.command, self._allowed)) is not None:
            named = ", ".join(sorted(self._allowed))
            detail = f"{command.command} needs {needed} in [operators] allow, which names {named}"
            return Rejected(Reason.COMMAND_NOT_ALLOWED, detail, key, value)
        return CommandReceived(command, key, value)


def form_of(headers: Headers) -> bytes | None:
    """The value of the header that makes a record a command, empty if it has none; ``None`` of a record that is none.

    Of several the last one counts, as in Kafka's own ``lastHeader``.
    """
    found = None
    for name, value in headers:
        if name == HEADER:
            found = value or b""
    return found


def what_is_wrong(error: ValidationError) -> str:
    """The first thing that is wrong with a command, without any of its values; of a strange field the first letters."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"][1:])
    if first["type"] == "union_tag_invalid":
        return f"command must be one of {', '.join(ALLOWED_BY)}"
    if first["type"] == "union_tag_not_found":
        return f"command is missing: one of {', '.join(ALLOWED_BY)}"
    if first["type"] == "json_invalid":
        return "a command is a JSON object, and this is no JSON"
    if first["type"].startswith("string_pattern"):
        return f"{where} must be {_SHAPES[where]}"
    return f"{printable(where)[:_LONGEST]}: {first['msg']}" if where else first["msg"]

"""Operators' words: they stand in a gauge's input log among its events, so that the state stays a fold of the log.

A record is a command by its header `HEADER`, whose value is `FORM`. Its value is JSON: the command's word, what it is
about, who gave it and why. Bytes are tested as golden bytes: a change here is a change of the public schema.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

HEADER: Final = "rivergauge_command"
FORM: Final = b"v1"

LONGEST_BYTES: Final = 16_384
"""A command's value has at most so many: its longest texts with every character escaped."""

Allowed: TypeAlias = Literal["promote", "roll_back", "retrain", "pause", "approve"]
"""What a gauge file may allow: ``pause`` goes with resume, ``approve`` with decline."""

# Neither control characters, nor what ends a line, nor what has letters shown in another order than they stand in.
_ODD: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_ONE_LINE: Final = rf"^[^{_ODD}]*$"
_SOMEBODY: Final = rf"^[^{_ODD}]*[^{_ODD}\s][^{_ODD}]*$"
Who: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_SOMEBODY)]
Why: TypeAlias = Annotated[str, StringConstraints(max_length=500, pattern=_ONE_LINE)]
VersionName: TypeAlias = Annotated[str, StringConstraints(max_length=60, pattern=r"^[0-9]+(\.[0-9]+)?-[0-9]+$")]


class _Command(BaseModel):
    """Who gave it, and why, in their own words."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    who: Who
    why: Why = ""


class Promote(_Command):
    """Let a live version lead."""

    command: Literal["promote"] = "promote"
    version: VersionName


class RollBack(_Command):
    """Let a version lead again that led before."""

    command: Literal["roll_back"] = "roll_back"
    version: VersionName


class Retrain(_Command):
    """Put a new version of the leading candidate on trial."""

    command: Literal["retrain"] = "retrain"


class Pause(_Command):
    """Let no model learn from here on."""

    command: Literal["pause"] = "pause"


class Resume(_Command):
    """Let the models learn again."""

    command: Literal["resume"] = "resume"


class Approve(_Command):
    """Promote a version that is proposed."""

    command: Literal["approve"] = "approve"
    version: VersionName


class Decline(_Command):
    """Do not promote a version that is proposed."""

    command: Literal["decline"] = "decline"
    version: VersionName


Command: TypeAlias = Promote | RollBack | Retrain | Pause | Resume | Approve | Decline
"""Every command that there is."""

ALLOWED_BY: Final[dict[str, Allowed]] = {
    "promote": "promote",
    "roll_back": "roll_back",
    "retrain": "retrain",
    "pause": "pause",
    "resume": "pause",
    "approve": "approve",
    "decline": "approve",
}
"""What of ``[operators] allow`` a command needs, by its word."""


def lacking(word: str, allow: Collection[str]) -> Allowed | None:
    """What ``allow`` of ``[operators]`` lacks for this command to be obeyed; ``None`` where it may be.

    >>> lacking("resume", ["promote"]), lacking("resume", ["pause"])
    ('pause', None)
    """
    needed = ALLOWED_BY[word]
    return None if needed in allow else needed


COMMAND: Final[TypeAdapter[Command]] = TypeAdapter(Annotated[Command, Field(discriminator="command")])
"""The one way to read a command, from JSON or from its parts; what is wrong raises pydantic's ``ValidationError``."""


def body(command: Command) -> bytes:
    """The value of a command's record: JSON, UTF-8.

    >>> body(Promote(who="ann@ops", why="the new sensor", version="0-3"))
    b'{"command":"promote","version":"0-3","who":"ann@ops","why":"the new sensor"}'
    """
    said = command.model_dump()
    who, why, word = said.pop("who"), said.pop("why"), said.pop("command")
    ordered = {"command": word, **said, "who": who, "why": why}
    return _JSON.dump_json(ordered)


_JSON: Final = TypeAdapter(dict[str, str])

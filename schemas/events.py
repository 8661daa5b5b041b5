"""What goes into the core: one closed union of values, decoded from the records of a gauge's log.

They are named tuples because one is made for every record: immutable, and four times cheaper to build than a
frozen dataclass. Labels are in the *coded* form that models learn from: ``bool`` for a binary task, the class's index
for a multiclass task, ``float`` for a regression (`models.door.decoder` translates).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:  # the command line imports `Reason`, and may not wait for pydantic
    from schemas.commands import Command

FeatureValue: TypeAlias = float | str | bool
Features: TypeAlias = dict[str, FeatureValue]
Label: TypeAlias = bool | int | float
Aside: TypeAlias = tuple[float | str | None, ...]
"""Attributes by which events are sliced, which models do not see: in the order of the slices that are no pairs, a
number where a slice has bins, else text; ``None`` where there is none that can be read. Empty without slices."""


class EventReceived(NamedTuple):
    """Features without a label: to be scored now, its label may come later by ``id``."""

    id: str | None
    time: datetime | None
    key: bytes | None
    x: Features
    raw: bytes
    aside: Aside = ()


class LabelledEvent(NamedTuple):
    """Features and label in one record: score, evaluate, learn."""

    id: str | None
    time: datetime | None
    key: bytes | None
    x: Features
    y: Label
    raw: bytes
    aside: Aside = ()


class LabelReceived(NamedTuple):
    """A label for the event with the same ``id``."""

    id: str
    time: datetime | None
    key: bytes | None
    y: Label
    raw: bytes


class Reason(StrEnum):
    """Why a record became a dead letter: a word that programs may test."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    EMPTY = "empty"
    TOMBSTONE = "tombstone"
    TOO_LARGE = "too_large"
    MISSING_FIELD = "missing_field"
    UNKNOWN_FIELD = "unknown_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_LABEL = "unknown_label"
    BAD_ID = "bad_id"
    BAD_TIME = "bad_time"
    DUPLICATE_ID = "duplicate_id"
    DUPLICATE_LABEL = "duplicate_label"
    ORPHAN_LABEL = "orphan_label"
    SKIPPED = "skipped"
    BAD_COMMAND = "bad_command"
    COMMAND_NOT_ALLOWED = "command_not_allowed"
    COMMAND_REFUSED = "command_refused"


OF_COMMANDS: Final = frozenset({Reason.BAD_COMMAND, Reason.COMMAND_NOT_ALLOWED, Reason.COMMAND_REFUSED})
"""Reasons of records that are commands: neither events nor labels."""


class Rejected(NamedTuple):
    """A record that could not be decoded. It is counted in the same fold and becomes a dead letter.

    ``of_label`` says that it has the shape of a label record, as far as it can be read; what has no shape is an event.
    """

    reason: Reason
    detail: str
    key: bytes | None
    raw: bytes | None
    of_label: bool = False


class CommandReceived(NamedTuple):
    """An operator's word."""

    command: Command
    key: bytes | None
    raw: bytes


Input: TypeAlias = EventReceived | LabelledEvent | LabelReceived | CommandReceived | Rejected

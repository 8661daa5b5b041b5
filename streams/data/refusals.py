"""What was refused while a file was read: by reason how often, and the first of each with its place and the why."""

from __future__ import annotations

from base64 import b64encode
from typing import IO, Any, NamedTuple

from pydantic_core import to_json

from schemas.events import Reason


class Refused(NamedTuple):
    """One record that was refused: its position in the log, the line of the file it comes from, and why."""

    position: int
    line: int | None
    reason: Reason
    detail: str
    record: bytes | None


class Refusals:
    """Counts refused records, keeps the first of each reason, and writes them all to ``file`` where there is one.

    A line of the file is a JSON object: ``record`` is the record's text, or ``record_base64`` its bytes if they are no
    text.
    """

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self.counts: dict[Reason, int] = {}
        self.examples: dict[Reason, Refused] = {}
        self._file = file

    def add(self, refused: Refused) -> None:
        """Take note of one."""
        self.counts[refused.reason] = self.counts.get(refused.reason, 0) + 1
        self.examples.setdefault(refused.reason, refused)
        if self._file is not None:
            self._file.write(_line(refused))

    @property
    def total(self) -> int:
        """How many were refused."""
        return sum(self.counts.values())

    def by_reason(self) -> list[tuple[Refused, int]]:
        """The first of each reason and how many there were, the most frequent reason first."""
        often = sorted(self.counts, key=lambda reason: -self.counts[reason])
        return [(self.examples[reason], self.counts[reason]) for reason in often]

    def as_json(self) -> list[dict[str, Any]]:
        """For programs; see docs/records.md."""
        return [
            {
                "reason": first.reason,
                "count": count,
                "example": {"position": first.position, "line": first.line, "detail": first.detail},
            }
            for first, count in self.by_reason()
        ]


def _line(refused: Refused) -> bytes:
    text: str | None = None
    encoded: str | None = None
    if refused.record is not None:
        try:
            text = refused.record.decode()
        except UnicodeDecodeError:
            encoded = b64encode(refused.record).decode()
    return to_json({**refused._asdict(), "record": text, "record_base64": encoded}) + b"\n"

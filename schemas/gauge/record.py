"""``[record]``: where things stand in the user's JSON."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.gauge.cost import ACCEPT, NONE, RESET
from schemas.gauge.paths import Path
from schemas.gauge.section import Section
from schemas.gauge.values import Moment
from schemas.moments import moment


class RecordSection(Section):
    """Where the parts of a record stand in the user's JSON.

    ``id`` names an event; without it the position is the id, and labels cannot come later. ``time`` is event time:
    ISO 8601 text (read as UTC where it has no zone) or a Unix number. ``missing`` lists texts that stand for a value
    that is missing, such as ``NA``; one that is a number also stands for that number. ``partitioner`` is how producers
    map keys to partitions.
    """

    id: Annotated[Path | None, RESET] = None
    time: Annotated[Path | None, RESET] = None
    time_format: Annotated[
        Literal["iso8601", "unix_seconds", "unix_milliseconds", "unix_microseconds", "unix_nanoseconds"], RESET
    ] = "iso8601"
    earliest: Annotated[Moment, ACCEPT] = "1970-01-01T00:00:00Z"
    latest: Annotated[Moment, ACCEPT] = "2100-01-01T00:00:00Z"
    key: Annotated[Path | None, RESET.because("keys move between partitions, each with a learner of its own")] = None
    unknown_fields: Annotated[Literal["reject", "ignore"], ACCEPT] = "ignore"
    ignore: Annotated[list[str], ACCEPT] = Field(default_factory=list)
    missing: Annotated[list[str], RESET] = Field(default_factory=list)
    partitioner: Annotated[
        Literal["murmur2", "crc32"],
        NONE.but("if producers change with it, keys move between partitions: then start over with rivergauge reset"),
    ] = "murmur2"
    max_bytes: Annotated[int, ACCEPT] = Field(default=1_000_000, ge=100, le=100_000_000)

    @model_validator(mode="after")
    def _the_bounds_are_times(self) -> Self:
        if moment(self.earliest) >= moment(self.latest):
            raise ValueError(f"earliest must be before latest, got {self.earliest} and {self.latest}")
        return self

"""``[topics]``: the topics of a gauge."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.gauge.cost import NONE, RESET
from schemas.gauge.names import Name, Topic
from schemas.gauge.section import Section
from schemas.record_table import KINDS

_NEW_TOPIC = RESET.because(
    "topics in use keep their count, since keys would move between learners, so a new input topic is needed"
)
_WHEN_MADE = NONE.but("only topics that are yet to be made get it")
_COPY = "copy the old topic's records to it first, or a state that needs them is refused"


class Topics(Section):
    """The gauge's topics. All but ``input`` default to its name with a suffix; outputs have its partition count."""

    input: Annotated[Name, RESET]
    predictions: Annotated[Topic, NONE]
    alerts: Annotated[Topic, NONE]
    versions: Annotated[Topic, NONE]
    reports: Annotated[Topic, NONE]
    dead_letters: Annotated[Topic, NONE]
    snapshots: Annotated[Topic, NONE.but(_COPY)]
    control: Annotated[Topic, NONE.but(_COPY)]
    redriven: Annotated[Topic, NONE.but("copy the old topic's records to it, or what was redriven may be sent again")]
    notified: Annotated[Topic, NONE.but("copy the old topic's records to it, or receivers hear again of what is open")]
    partitions: Annotated[int, _NEW_TOPIC] = Field(default=1, ge=1, le=10_000)
    replication_factor: Annotated[int, _WHEN_MADE] = Field(default=1, ge=1, le=100)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The topics that Rivergauge writes."""
        return tuple(getattr(self, kind.topic) for kind in KINDS)

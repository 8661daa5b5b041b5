"""What scoring over HTTP answers, whatever the protocol: one answer or refusal for each event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from pydantic_core import from_json

from schemas.gauge import Gauge
from schemas.records import Prediction
from streams.http.problems import Problem

MOST_EVENTS: Final = 1_000
"""Events of one request."""


class Answer(NamedTuple):
    """What an event gets.

    ``partition``'s state answered, with every record below ``prediction.position`` folded; ``lag`` counts the offsets
    of its log from there to the end, and is None where the end is not known. ``as_of`` is the event time of the newest
    record in it, where that is known.
    """

    prediction: Prediction
    partition: int
    lag: int | None
    as_of: datetime | None = None


class Refusal(NamedTuple):
    """Why an event gets none: a dead letter's reason, and its words without what stood in the record."""

    reason: str
    detail: str

    def problem(self) -> dict[str, Any]:
        """As one of several answers: problem details."""
        return Problem(422, self.detail, reason=self.reason).body()


class Answers(Protocol):
    """What answers; see `streams.http.scores.scorer.Scorer`."""

    gauge: Gauge

    async def score(
        self, values: Sequence[bytes], partition: int | None = None, *, spare: Sequence[frozenset[str]] = ()
    ) -> list[Answer | Refusal]:
        """Answer events in their order."""

    def spared(self, content: Mapping[str, Any]) -> frozenset[str]:
        """Which of an event's id and time are absent."""

    def leaders(self) -> dict[int, str | None]:
        """The version that leads each partition that is answered here."""


def shown(answer: Answer) -> dict[str, Any]:
    """An answer as JSON: the prediction as it would be published, and whose state gave it."""
    said = {**from_json(answer.prediction.body()), "partition": answer.partition, "lag": answer.lag}
    return said if answer.as_of is None else {**said, "as_of": answer.as_of.isoformat()}


def state_of(answers: Iterable[Answer | Refusal]) -> dict[str, str]:
    """A response's header that tells how old the state is that answered; of several the one furthest behind.

    It is a dictionary of RFC 9651. Where there is no answer there is no header.
    """
    given = [one for one in answers if isinstance(one, Answer)]
    if not given:
        return {}
    oldest = max(given, key=lambda one: one.lag or 0)
    said = [f"partition={oldest.partition}", f"position={oldest.prediction.position}"]
    said += [] if oldest.lag is None else [f"lag={oldest.lag}"]
    said += [] if oldest.as_of is None else [f'as_of="{oldest.as_of.isoformat()}"']
    return {"Rivergauge-State": ", ".join(said)}


def without_values(detail: str) -> str:
    """A refusal's words up to where they show what stood in the record."""
    return detail.partition(", got ")[0]

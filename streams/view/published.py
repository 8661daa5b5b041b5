"""From a record on an output topic back to the effect that it carries: the other direction of `streams.delivery`.

What is read is validated against the records' own types, so an effect read back equals the one that was published. Of a
newer release's record the fields that this one does not know are passed over; what this release cannot read at all is
told apart from it (`Foreign`), and never ends a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any, Final, NamedTuple, Protocol, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from schemas.record_table import KINDS, Kind
from schemas.records import DeadLetter, Effect, Prediction

LONGEST_DETAIL: Final = 500
"""Characters of a foreign record's trouble that are told."""


class KafkaRecord(Protocol):
    """What is read of a consumer's record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Place(NamedTuple):
    """Where an output stands in its partition's one order: ascending, and the same when a fold is repeated."""

    epoch: int
    position: int
    n: int


class Published(NamedTuple):
    """An effect as it was published.

    ``id`` is its CloudEvents id, ``offset`` where it is in its own topic, ``timestamp`` the input record's Kafka
    timestamp in milliseconds.
    """

    partition: int
    offset: int
    timestamp: int
    id: str
    place: Place
    kind: Kind
    effect: Effect


class Foreign(NamedTuple):
    """A record on an output topic that cannot be read: somebody else's, or a newer release's; ``why`` in words."""

    topic: str
    partition: int
    offset: int
    why: str


def read_back(record: KafkaRecord) -> Published | Foreign:
    """The effect of one record of an output topic."""
    try:
        headers = {name: value.decode() for name, value in record.headers}
        kind = _KIND_OF_TYPE[headers["ce_type"]]
        identity = headers["ce_id"]
        place = place_of(identity, kind)
        time = _TIME.validate_python(headers["ce_time"]).astimezone(UTC) if "ce_time" in headers else None
        effect = _READERS[kind.record](record, headers, place, time)
    except KeyError as error:
        why = f"expected a record of Rivergauge, got one whose {error.args[0]!r} is absent or unknown"
    except (ValueError, ValidationError) as error:
        why = f"expected a record of this release: {str(error)[:LONGEST_DETAIL]}"
    else:
        return Published(record.partition, record.offset, record.timestamp, identity, place, kind, effect)
    return Foreign(record.topic, record.partition, record.offset, why)


def place_of(identity: str, kind: Kind) -> Place:
    """Where a record of this kind stands in its partition's order, by its CloudEvents id.

    Raises
    ------
    ValueError
        If it is no id of such a record.

    >>> place_of("pumps:0.1:3999:alert:0", KINDS[1])
    Place(epoch=1, position=3999, n=0)
    """
    # topic:partition[.epoch]:offset:kind:n; a topic's name has no colon.
    parts = identity.split(":")
    if len(parts) != 5 or parts[3] != kind.name:
        raise ValueError(f"ce_id {identity!r} is not of the form topic:partition:offset:{kind.name}:n")
    partition, _, epoch = parts[1].partition(".")
    if not partition.isdecimal():
        raise ValueError(f"ce_id {identity!r} names no partition")
    return Place(int(epoch or 0), int(parts[2]), int(parts[4]))


def _json(record: KafkaRecord) -> dict[str, Any]:
    body = from_json(record.value or b"")
    if not isinstance(body, dict):
        raise ValueError(f"its body must be a JSON object, got {type(body).__name__}")
    return body


def _reader(kind: Kind) -> Callable[[KafkaRecord, Mapping[str, str], Place, datetime | None], Effect]:
    adapter = TypeAdapter[Effect](kind.record)
    hints = get_type_hints(kind.record)

    def read(record: KafkaRecord, _headers: Mapping[str, str], _place: Place, time: datetime | None) -> Effect:
        fields = {name: value for name, value in _json(record).items() if name in hints}
        # A figure that overflowed was written as null, for JSON has no infinity.
        over = {name: inf for name, value in fields.items() if value is None and hints[name] is float}
        return adapter.validate_python({**fields, **over, "time": time})

    return read


def _prediction(record: KafkaRecord, _headers: Mapping[str, str], _place: Place, time: datetime | None) -> Prediction:
    body = _json(record)
    doubt = [body.get(name) for name in ("interval", "set", "abstained")]
    known = {name: body[name] for name in ("position", "id", "y_pred", "probabilities", "version", "held_out")}
    asked = "interval" in body
    return _PREDICTION.validate_python({**known, "time": time, "key": record.key, "doubt": doubt if asked else None})


def _dead_letter(record: KafkaRecord, headers: Mapping[str, str], place: Place, time: datetime | None) -> DeadLetter:
    return _DEAD_LETTER.validate_python(
        {
            "position": place.position,
            "time": time,
            "source": int(headers["__connect.errors.offset"]),
            "reason": headers["ce_reason"],
            "detail": headers["__connect.errors.exception.message"],
            "key": record.key,
            "raw": record.value,
            "of_label": headers["rivergauge_record"] == "label",
        }
    )


_TIME: Final = TypeAdapter(datetime)
_PREDICTION: Final = TypeAdapter(Prediction)
_DEAD_LETTER: Final = TypeAdapter(DeadLetter)
_KIND_OF_TYPE: Final = {kind.ce_type: kind for kind in KINDS}
_READERS: Final[dict[type[Effect], Callable[[KafkaRecord, Mapping[str, str], Place, datetime | None], Effect]]] = {
    **{kind.record: _reader(kind) for kind in KINDS},
    Prediction: _prediction,
    DeadLetter: _dead_letter,
}

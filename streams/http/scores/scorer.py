"""Answers events without side effects: by which partition's state, as of which offset, and how far behind its log.

What an event gets here is what it would get on the predictions topic as the record at ``position``, to the digit. Many
events are answered a few milliseconds at a time, one request's after the other's, and the event loop is given back in
between. While a partition lags, scores wait longer for each other: whoever asks much does not hold up the fold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import perf_counter
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from models.door.decoder import Decoder
from models.door.label_records import value_at
from models.learner import Learner
from schemas.events import CommandReceived, EventReceived, LabelledEvent, LabelReceived, Rejected
from schemas.gauge import Gauge, steps
from schemas.records import Prediction
from streams.data.rowparts import Places, key_of
from streams.http.problems import Problem, not_yet
from streams.http.scores.answers import MOST_EVENTS, Answer, Refusal, without_values
from streams.kafka.partitioners import partition_of

STRETCH_S: Final = 0.002
"""How long scores are made before the fold, and everybody else, has a turn."""
BEHIND: Final = 500
"""Offsets that a partition may lag before scores make way for the fold, unless told otherwise."""
PAUSE_S: Final = 0.005
"""How long the next score waits then; it takes most of a request's time to read and write it, which others share."""


class Sent(NamedTuple):
    """A record as the decoder wants it."""

    value: bytes
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()
    topic: str = ""
    partition: int = 0


class Scorer:
    """One worker's answers.

    Parameters
    ----------
    gauge
        A checked gauge.
    partitions
        Of the input topic.
    cores
        The learners of the partitions that are ours, as far as they are restored.
    lag
        How many offsets a partition is behind.
    as_of
        The event time of a partition's newest folded record, where somebody keeps it.
    refusal
        Why a partition of ours does not answer now.
    behind
        Offsets that a partition may lag before scores make way for the fold.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        partitions: int,
        cores: Callable[[], Mapping[int, Learner]],
        lag: Callable[[int], int | None] = lambda _partition: None,
        as_of: Callable[[int], datetime | None] = lambda _partition: None,
        refusal: Callable[[int], str | None] = lambda _partition: None,
        behind: int = BEHIND,
    ) -> None:
        self.gauge = gauge
        self.partitions = partitions
        self.cores = cores
        self._lag = lag
        self._as_of = as_of
        self._refusal = refusal
        self._behind = behind
        self._key = Places(gauge).key
        self._decoders: dict[frozenset[str], Decoder] = {}
        self._marks = {
            name: steps(path)
            for name, path in (("id", gauge.record.id), ("time", gauge.record.time))
            if path is not None
        }
        self._turn = asyncio.Lock()

    def decode(self, value: bytes, *, spare: frozenset[str] = frozenset()) -> EventReceived | LabelledEvent | Refusal:
        """Validate one event as intake does; of ``spare`` ("id", "time") what is absent is not missed."""
        read = self._decoder(spare).decode(Sent(value))
        if isinstance(read, Rejected):
            return Refusal(str(read.reason), without_values(read.detail))
        if isinstance(read, LabelReceived):
            return Refusal("label", "this is a label: it has no feature, so there is nothing to predict")
        assert not isinstance(read, CommandReceived), "a body has no headers, and is no command"
        return read

    def spared(self, content: Mapping[str, Any]) -> frozenset[str]:
        """Which of an event's id and time are absent."""
        return frozenset(name for name, path in self._marks.items() if value_at(content, path) is None)

    def partition_of(self, value: bytes, asked: int | None) -> int:
        """Which partition an event belongs to: the one that is asked for, or where its key leads.

        Raises
        ------
        Problem
            If that cannot be said, or it is not one of ours.
        """
        if asked is None:
            asked = self._of_key(value)
        if not 0 <= asked < self.partitions:
            raise Problem(400, f"the input topic has {self.partitions} partitions, from 0 on; got {asked}")
        return asked

    def core(self, partition: int) -> Learner:
        """The learner of a partition.

        Raises
        ------
        Problem
            If it is not ours, not yet restored, or too far behind.
        """
        cores = self.cores()
        if (why := self._refusal(partition)) is not None:
            raise not_yet(f"partition {partition}: {why}")
        if partition not in cores:
            if not cores:
                raise not_yet("no partition is restored yet")
            ours = ", ".join(map(str, sorted(cores)))
            raise Problem(421, f"partition {partition} is answered by another worker, or not yet; here: {ours}")
        return cores[partition]

    def leaders(self) -> dict[int, str | None]:
        """The version that leads each partition that is answered here."""
        return {partition: core.leader for partition, core in sorted(self.cores().items())}

    async def score(
        self, values: Sequence[bytes], partition: int | None = None, *, spare: Sequence[frozenset[str]] = ()
    ) -> list[Answer | Refusal]:
        """Answer events in their order.

        Raises
        ------
        Problem
            If one cannot be answered here, or a model fails.
        """
        if len(values) > MOST_EVENTS:
            raise Problem(413, f"a request may have {MOST_EVENTS:,} events, got {len(values):,}")
        answers: list[Answer | Refusal] = []
        while len(answers) < len(values):
            async with self._turn:
                until = perf_counter() + STRETCH_S
                while len(answers) < len(values) and perf_counter() < until:
                    at = len(answers)
                    answers.append(self._answer(values[at], partition, spare[at] if spare else frozenset()))
                if self._is_behind():
                    await asyncio.sleep(PAUSE_S)
                elif len(values) > 1:
                    await asyncio.sleep(0)
        return answers

    def _answer(self, value: bytes, partition: int | None, spare: frozenset[str]) -> Answer | Refusal:
        event = self.decode(value, spare=spare)
        if isinstance(event, Refusal):
            return event
        where = self.partition_of(value, partition)
        core = self.core(where)
        position = core.next_offset
        try:
            scored = core.score(event)
        # A panic in a model's Rust part is no Exception, and must not end the worker.
        except BaseException as error:
            raise Problem(500, f"a model failed on this event: {type(error).__name__}") from error
        event_id = event.id if event.id is not None else str(position)
        said = Prediction(
            position, event_id, event.time, None, scored.y_pred, scored.probabilities, scored.version, scored.held_out,
            scored.doubt,
        )  # fmt: skip
        return Answer(said, where, self._lag(where), self._as_of(where))

    def _is_behind(self) -> bool:
        return any((self._lag(partition) or 0) > self._behind for partition in self.cores())

    def _of_key(self, value: bytes) -> int:
        if self.partitions == 1:
            return 0
        if self._key is None:
            raise Problem(400, "the gauge names no key (record.key), and the topic has partitions: ?partition=N")
        key = key_of(from_json(value), self._key)
        if key is None:
            raise Problem(400, "the event has no key (record.key), so its partition is not known: ?partition=N")
        return partition_of(key, self.partitions, self.gauge.record.partitioner)

    def _decoder(self, spare: frozenset[str]) -> Decoder:
        if spare not in self._decoders:
            record = self.gauge.record.model_copy(update=dict.fromkeys(spare))
            self._decoders[spare] = Decoder(self.gauge.model_copy(update={"record": record}))
        return self._decoders[spare]

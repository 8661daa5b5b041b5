"""From records to stretches: decode, call the core, seal its effects. Synchronous; what is folded cannot be unfolded.

A stretch is a few milliseconds of work, so that whoever folds can give the event loop back between two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableSequence, Sequence
from time import perf_counter
from typing import Final

from models.core import Core
from schemas.events import Reason, Rejected
from schemas.records import Effect, Prediction
from streams.delivery.envelope import Output
from streams.engine.chunk import Fetched, UnreadBatch
from streams.here.failures import BatchRefusedError, DefectError
from streams.partition.core_kind import Way
from streams.partition.news import Oddities
from streams.partition.stretch import Stretch

STRETCH_S: Final = 0.003


class Fold:
    """One partition's core at work.

    Parameters
    ----------
    partition
        The input partition, for messages.
    core, way
        What folds, and what its records and effects pass.
    begin
        Where reading begins: the learner's position, or where the log or the epoch begins, if that is above it.
    silent_below
        Effects of records below this offset are published already: they are learned from, and not published again.
    skips
        Offsets of records that are not to be decoded: each becomes a dead letter, as an operator wanted.
    at_work
        Told which record is being folded, for who watches from without: partition plus one, and offset; 0 between
        stretches.
    clock
        Monotonic seconds, to bound stretches.
    """

    def __init__(
        self,
        partition: int,
        *,
        core: Core,
        way: Way,
        begin: int,
        silent_below: int = 0,
        skips: frozenset[int] = frozenset(),
        at_work: MutableSequence[int] | None = None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.core = core
        self.last: Fetched | None = None
        """The newest record folded since this began."""
        self._partition = partition
        self._way = way
        self._begin = begin
        self._silent_below = silent_below
        self._skips = skips
        self._at_work = [0, 0] if at_work is None else at_work
        self._clock = clock

    @property
    def next_offset(self) -> int:
        """Everything below is folded, or never was in this log."""
        return max(self.core.next_offset, self._begin)

    def oddities(self) -> Oddities:
        """What is odd about the records so far, and about the core."""
        return self._way.oddities()

    def fold(self, records: Sequence[Fetched]) -> Iterator[Stretch]:
        """Fold records, a stretch each time the next is asked for. Records below the position are skipped.

        Raises
        ------
        DefectError
            If a record cannot be folded. What the same stretch folded before it comes first, as a stretch that says so.
        BatchRefusedError
            If the last record stands for a batch that cannot be read, and none of its offsets is to be skipped.
        """
        refused = self._refusal_of(records[-1]) if records else None
        if refused is not None:
            records = records[:-1]
        done, count = 0, len(records)
        while done < count:
            outputs: list[Output] = []
            stamps: list[int] = []
            news: list[Effect] = []
            defect = None
            self._at_work[0] = self._partition + 1
            try:
                done = self._stretch(records, done, outputs, stamps, news)
            except DefectError as error:
                defect = error
            self._at_work[0] = 0
            if stamps:
                assert self.last is not None, "it is the last record that has a stamp"
                next_offset = self.next_offset if defect is None else self.last.offset + 1
                yield Stretch(outputs, next_offset, stamps, tuple(news), defect)
            if defect is not None:
                raise defect
        if refused is not None:
            raise refused

    def _refusal_of(self, record: Fetched) -> BatchRefusedError | None:
        batch = record.value
        if not isinstance(batch, UnreadBatch) or record.offset < self.next_offset:
            return None
        if any(batch.first <= offset <= batch.last for offset in self._skips):
            self._skips |= {record.offset}
            return None
        return BatchRefusedError(
            f"partition {self._partition}: the batch of offsets {batch.first} to {batch.last} {batch.reason}; produce "
            f"its records anew in smaller batches, and have it passed over: rivergauge skip GAUGE {self._partition} "
            f"{batch.last} makes one dead letter of the batch, from which nothing is learned"
        )

    def _stretch(
        self, records: Sequence[Fetched], at: int, outputs: list[Output], stamps: list[int], news: list[Effect]
    ) -> int:
        decode, seal, clock, silent_below = self._way.decode, self._way.seal, self._clock, self._silent_below
        handle, at_work = self.core.handle, self._at_work
        until = clock() + STRETCH_S
        end = len(records)
        next_offset = self.next_offset
        while at < end:
            record = records[at]
            at += 1
            offset = record.offset
            if offset < next_offset:
                continue
            at_work[1], before = offset, len(outputs)
            try:
                event = decode(record) if offset not in self._skips else _skipped(record)
                effects = handle(event, offset)
                timestamp = record.timestamp
                if offset >= silent_below:
                    stamp = timestamp if timestamp >= 0 else None
                    if len(effects) == 1:
                        outputs.append(seal(effects[0], offset, 0, stamp))
                        if type(effects[0]) is not Prediction:
                            news.append(effects[0])
                    elif effects:
                        seen: dict[type, int] = {}
                        for effect in effects:
                            n = seen.get(type(effect), 0)
                            seen[type(effect)] = n + 1
                            outputs.append(seal(effect, offset, n, stamp))
                        news += [effect for effect in effects if type(effect) is not Prediction]
            # A model's SystemExit too: it would end the event loop, and leave a process that nobody can stop.
            except BaseException as error:
                del outputs[before:]
                raise DefectError(
                    f"a defect at partition {self._partition}, offset {offset}: {type(error).__name__}: {error}; "
                    "nothing after this record was learned, a restart will come to it again (rivergauge skip "
                    f"{self._partition} {offset} makes it a dead letter)"
                ) from error
            self.last = record
            stamps.append(timestamp)
            if clock() >= until:
                break
        return at


def _skipped(record: Fetched) -> Rejected:
    value = record.value
    if isinstance(value, UnreadBatch):
        told = f"an operator had the batch of offsets {value.first} to {value.last} skipped, which {value.reason}"
        return Rejected(Reason.SKIPPED, told, None, None)
    return Rejected(Reason.SKIPPED, "an operator had this record skipped", record.key, value)

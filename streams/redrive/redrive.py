"""Send refused records again, byte by byte as they came, each letter once.

Under ``delivery = "exactly-once"`` a chunk of records and what is recorded of them are one transaction, and another
redrive of the same gauge is shut out meanwhile: whatever ends this process, a letter is sent and recorded, or neither.
Under ``"at-least-once"`` the records are sent first: who is killed in between sends some of them again, as a worker
does.

Dead letters do not carry the headers of the input, so how often a record was redriven is read from the audit: a letter
whose record stood where an earlier redrive sent one is that one's next attempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from sys import maxsize
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.events import Reason
from schemas.gauge import Gauge
from streams.kafka.admin import administering
from streams.kafka.client_errors import in_words
from streams.kafka.topics import ensure_one
from streams.kafka.writing import writing
from streams.redrive import audit
from streams.redrive.audit import Audit, Redriven
from streams.redrive.letters import Letter, Whole, fetched, which, whole
from streams.view.follower import Follower
from streams.view.published import KafkaRecord, Published

ATTEMPT: Final = "rivergauge_redrive_attempt"
LETTER: Final = "rivergauge_redrive_of"

_LARGEST_BYTES: Final = 100_000_000
"""What the client sends at most: the broker decides, and names what it refuses."""
_CHUNK: Final = 500
_CHUNK_BYTES: Final = 8_000_000


class Wish(NamedTuple):
    """Which letters: of a reason, of a partition, the oldest ``limit``, at most ``attempts`` times each."""

    reason: Reason | None
    partition: int | None
    limit: int
    attempts: int


class Plan(NamedTuple):
    """What a wish comes to. ``letters`` are to be sent, oldest first in each partition, and ``more`` beyond the limit.

    Of the others, ``done`` were sent already, ``spent`` have had all their attempts, and of ``cut`` the dead letters'
    topic holds a part only.
    """

    letters: list[Letter]
    more: int
    done: int
    spent: int
    cut: int

    @property
    def by_reason(self) -> Counter[Reason]:
        """How many would be sent."""
        return Counter(letter.reason for letter in self.letters)


class _Chooser:
    """Looks at every dead letter, and keeps which are to be sent; a `streams.view.follower.Fold`."""

    def __init__(self, wish: Wish, known: Audit) -> None:
        self._wish = wish
        self._known = known
        self._chosen: dict[str, Letter] = {}
        self._counts: Counter[str] = Counter()

    def take(self, record: KafkaRecord) -> Published | None:
        """Choose it, or count why not."""
        one = whole(record)
        if one is not None and self._is_meant(one):
            self._counts[self._choose(one)] += 1
        return None

    def plan(self) -> Plan:
        """All that was chosen."""
        counts = {name: self._counts[name] for name in ("more", "done", "spent", "cut")}
        return Plan([*self._chosen.values()], **counts)

    def _is_meant(self, one: Whole) -> bool:
        wish = self._wish
        if one.letter.record == "command":
            return False  # a word is obeyed where it stands, or given anew: sent without its header it would be no word
        return wish.reason in (None, one.letter.reason) and wish.partition in (None, one.published.partition)

    def _choose(self, one: Whole) -> str:
        letter = which(one)
        if letter.id in self._known:
            return "done"
        if one.is_cut:
            return "cut"
        if self._known.attempt(letter.partition, letter.source) > self._wish.attempts:
            return "spent"
        if letter.id in self._chosen:
            return "again"  # delivered twice, at least once as it is
        if len(self._chosen) >= self._wish.limit:
            return "more"
        self._chosen[letter.id] = letter
        return "chosen"


async def plan(gauge: Gauge, settings: Mapping[str, Any], wish: Wish) -> Plan:
    """What a wish comes to now. Nothing is sent; the topic is read whole, and of each letter its place is kept.

    Raises
    ------
    WorkerError
        If the topics cannot be read.
    """
    known = Audit(await audit.read(gauge, settings))
    chooser = _Chooser(wish, known)
    await Follower(gauge, settings, chooser, kinds=["dead_letter"], past=maxsize).read_to_end()
    return chooser.plan()


async def carry_out(
    gauge: Gauge,
    settings: Mapping[str, Any],
    planned: Plan,
    *,
    who: str,
    heard: Callable[[Redriven], None],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Send what was planned, but for what somebody else has sent since; ``heard`` is told of each, once it is recorded.

    Raises
    ------
    WorkerError
        If the broker refuses, or is away. What ``heard`` was told of is sent; of the rest, the next redrive knows.
    """
    try:
        async with _producer(gauge, settings) as producer:
            known = Audit(await audit.read(gauge, settings))
            wanted = [(letter.partition, letter.offset) for letter in planned.letters if letter.id not in known]
            async with aclosing(fetched(gauge, settings, wanted)) as letters:
                async for chunk in _chunks(letters):
                    for record in await _sent(gauge, producer, chunk, known, who, now()):
                        heard(record)
    except KafkaError as error:
        raise in_words("the broker did not take it; give the command again, what was sent is known", error) from error


async def _sent(
    gauge: Gauge, producer: AIOKafkaProducer, chunk: list[Whole], known: Audit, who: str, at: datetime
) -> list[Redriven]:
    async with _together(gauge, producer):
        records = []
        sending = [(one, await _send(gauge, producer, one, known)) for one in chunk]
        for one, acknowledged in sending:
            letter = which(one)
            records.append(
                Redriven(
                    letter=letter.id,
                    partition=letter.partition,
                    offset=letter.offset,
                    source=letter.source,
                    reason=letter.reason,
                    attempt=known.attempt(letter.partition, letter.source),
                    sent_to=(await acknowledged).offset,
                    who=who,
                    at=at,
                )
            )
        topic = gauge.topics.redriven
        recording = [
            await producer.send(topic, one.model_dump_json().encode(), key=audit.key_of(gauge, one), partition=0)
            for one in records
        ]
        for recorded in recording:
            await recorded
    return records


async def _send(gauge: Gauge, producer: AIOKafkaProducer, one: Whole, known: Audit) -> Any:
    letter = which(one)
    headers = [
        (ATTEMPT, b"%d" % known.attempt(letter.partition, letter.source)),
        (LETTER, letter.id.encode()),
    ]
    return await producer.send(
        gauge.topics.input, one.letter.raw, key=one.letter.key, partition=letter.partition, headers=headers
    )


async def _chunks(letters: AsyncIterator[Whole]) -> AsyncIterator[list[Whole]]:
    chunk: list[Whole] = []
    size = 0
    async for one in letters:
        chunk.append(one)
        size += len(one.letter.raw or b"") + len(one.letter.key or b"")
        if len(chunk) >= _CHUNK or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@asynccontextmanager
async def _producer(gauge: Gauge, settings: Mapping[str, Any]) -> AsyncIterator[AIOKafkaProducer]:
    async with administering(settings) as admin:
        await ensure_one(admin, gauge, "redriven")
    once = gauge.delivery == "exactly-once"
    # One name for all redrives of a gauge: who comes later shuts out who came before.
    fence = {"transactional_id": f"rivergauge-redrive-{gauge.name}"} if once else {"enable_idempotence": True}
    options = {**fence, "max_request_size": _LARGEST_BYTES, "linger_ms": 5}
    async with writing(settings, "rivergauge-redrive", **options) as producer:
        yield producer


def _together(gauge: Gauge, producer: AIOKafkaProducer) -> AbstractAsyncContextManager[Any]:
    return producer.transaction() if gauge.delivery == "exactly-once" else nullcontext()

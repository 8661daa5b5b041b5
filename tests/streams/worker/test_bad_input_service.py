"""Bad records of every class among good ones, through a real worker.

Each is one dead letter with its reason and its original bytes, and every prediction on a good event is the one that a
learner makes which never met a bad record.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import random
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from schemas.documents.records import record_schemas
from schemas.events import OF_COMMANDS, Reason
from schemas.gauge import Gauge
from schemas.record_table import KINDS
from streams.broker.inprocess import InProcessBroker
from streams.delivery.envelope import OVERHEAD_BYTES
from streams.here.exit_codes import ExitCode
from streams.kafka.topic_table import DEFAULT_MAX_MESSAGE_BYTES
from streams.worker.worker import Worker, pipeline
from tests import builders
from tests.schemas.documents.published import Published, wrong
from tests.streams import reading

WITHIN_S = 60
EVENTS = 2_500
ROOM = DEFAULT_MAX_MESSAGE_BYTES - OVERHEAD_BYTES


def event(**fields: Any) -> bytes:
    return builders.record(**{"id": "bad", "a": 1.0, **fields})


def number(literal: str) -> bytes:
    """An event whose field a is this literal, which Python would not write."""
    return b'{"id": "bad", "at": "2024-01-01T00:00:00Z", "a": %s}' % literal.encode()


BAD: list[tuple[Reason, bytes | None]] = [
    (Reason.TOMBSTONE, None),
    (Reason.EMPTY, b""),
    (Reason.NOT_JSON, b"pump 7 is hot"),
    (Reason.NOT_JSON, event()[:-5]),
    (Reason.NOT_JSON, b"\xff\xfe\x00"),
    (Reason.NOT_JSON, number("[" * 4_000 + "]" * 4_000)),
    (Reason.NOT_AN_OBJECT, b"[1, 2, 3]"),
    (Reason.TOO_LARGE, event(site="x" * 20_000)),
    (Reason.TOO_LARGE, event(site="x" * (ROOM + 10_000))),  # does not fit into a dead letter either
    (Reason.MISSING_FIELD, builders.record("bad", y="good", b=1.0)),
    (Reason.UNKNOWN_FIELD, event(colour="red")),
    (Reason.WRONG_TYPE, event(a="1.0")),
    (Reason.WRONG_TYPE, event(a={"a": {"a": 1}})),
    (Reason.WRONG_TYPE, event(a=True)),
    (Reason.OUT_OF_RANGE, number("NaN")),
    (Reason.OUT_OF_RANGE, number("Infinity")),
    (Reason.OUT_OF_RANGE, number("-Infinity")),
    (Reason.OUT_OF_RANGE, number("1e999")),
    (Reason.OUT_OF_RANGE, number("1e308")),
    (Reason.OUT_OF_RANGE, number("9" * 400)),
    (Reason.UNKNOWN_CATEGORY, event(site="nowhere")),
    (Reason.UNKNOWN_LABEL, event(y="ugly")),
    (Reason.BAD_ID, builders.record(a=1.0)),
    (Reason.BAD_ID, event(id="")),
    (Reason.BAD_TIME, event(at="9024-01-01T00:00:00Z")),
    (Reason.BAD_TIME, event(at="soon")),
    (Reason.BAD_TIME, b'{"id": "bad", "a": 1.0}'),
]


@pytest.fixture
def gauge() -> Iterator[Gauge]:
    with InProcessBroker() as broker:
        made = builders.gauge(
            f'delivery = "at-least-once"\n[connection]\nbootstrap_servers = "{broker.bootstrap_servers}"\n'
            '[server]\nport = 0\n[record]\nmax_bytes = 10000\nunknown_fields = "reject"\n'
            '[label]\narrival = "with_event"\n'
            '[features]\na = "number"\nb = { type = "number", optional = true }\n'
            'site = { type = "category", optional = true, values = ["north", "south"] }',
            candidates=["logistic_regression", "hoeffding_tree"],
        )
        for topic in (made.topics.input, *made.topics.outputs):
            broker.create_topic(topic)
        yield made


def good_events(rng: random.Random) -> list[bytes]:
    """A concept that turns round half-way, so that the models keep changing."""
    made = []
    for n in range(EVENTS):
        a, site = rng.gauss(0, 1), rng.choice(["north", "south"])
        good = (a > 0) == (n < EVENTS // 2)
        at = f"2024-01-01T{n // 3_600:02}:{n // 60 % 60:02}:{n % 60:02}Z"
        made.append(builders.record(f"e{n}", at, a=a, b=rng.random(), site=site, y="good" if good else "bad"))
    return made


def mixed_in(rng: random.Random, good: list[bytes]) -> list[tuple[Reason | None, bytes | None]]:
    """The good events in their order, each bad record once at a place of its own."""
    places = sorted(rng.sample(range(len(good)), len(BAD)))
    mixed: list[tuple[Reason | None, bytes | None]] = [(None, value) for value in good]
    for place, bad in reversed(list(zip(places, rng.sample(BAD, len(BAD)), strict=True))):
        mixed.insert(place, bad)
    return mixed


async def produce(gauge: Gauge, values: list[bytes | None]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=gauge.connection.bootstrap_servers, max_request_size=2_000_000
    ) as producer:
        for value in values:
            await producer.send(gauge.topics.input, value, key=b"k", partition=0)
        await producer.flush()


async def read(gauge: Gauge, topic: str) -> list[Any]:
    return await reading.records(gauge.connection.bootstrap_servers, topic)


async def served(gauge: Gauge, records: int) -> None:
    """Let a worker publish what these records lead to, see that it lives, and stop it."""
    worker = Worker(gauge, pipeline(gauge, environ=os.environ))
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(WITHIN_S):
        while not task.done() and [reading.published for reading in worker.readings()] != [records]:
            await asyncio.sleep(0.01)
        assert not task.done()
        url = f"http://127.0.0.1:{worker.health.port}/readyz"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            assert response.status == 200
        worker.stop()
        assert await task == ExitCode.OK


@pytest.mark.broker
async def test_bad_records_become_dead_letters_and_change_no_prediction(gauge: Gauge, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "rivergauge.news")
    rng = random.Random(11)
    good = good_events(rng)
    mixed = mixed_in(rng, good)
    learner, clean = builders.run(gauge, good)

    await produce(gauge, [value for _, value in mixed])
    await served(gauge, len(mixed))

    letters = await read(gauge, gauge.topics.dead_letters)
    refused = [(offset, reason, value) for offset, (reason, value) in enumerate(mixed) if reason is not None]
    assert [told(letter) for letter in letters] == [
        (f"pumps:0:{offset}:dead_letter:0", reason, *kept(value)) for offset, reason, value in refused
    ]
    said = [json.loads(record.value) for record in await read(gauge, gauge.topics.predictions)]
    expected = [json.loads(prediction.body()) for prediction in builders.predictions(clean)]
    assert len(said) == len(expected) == EVENTS
    assert {one["id"]: unplaced(one) for one in said} == {one["id"]: unplaced(one) for one in expected}
    assert len({one["y_pred"] for one in expected}) > 1  # there was something that could have been different
    lines = [record.getMessage() for record in caplog.records if record.name == "rivergauge.news"]
    firsts = {reason: offset for offset, reason, _ in reversed(refused)}
    for reason, offset in firsts.items():
        line = f"dead letter partition=0 reason={reason} record=event offset={offset}"
        assert [text for text in lines if f"reason={reason} " in text] == [line]
    assert sum(line.startswith("version ") for line in lines) == len(builders.versions(clean)) > 4
    assert sum(line.startswith("alert ") for line in lines) == len(builders.alerts(clean)) > 0
    assert sum(line.startswith("held-out window closed") for line in lines) == learner.board.reports == 0
    assert "pump 7 is hot" not in caplog.text
    published = [
        Published(kind, {name: text.decode() for name, text in record.headers}, record.value)
        for kind in KINDS
        for record in await read(gauge, getattr(gauge.topics, kind.topic))
    ]
    assert {one.kind.name for one in published} == {"prediction", "alert", "version", "dead_letter"}
    assert [*wrong(record_schemas(gauge), published)] == []


def told(letter: Any) -> tuple[str, str, bytes | None, bytes | None, bytes | None]:
    headers = dict(letter.headers)
    length, digest = headers.get("rivergauge_value_length"), headers.get("rivergauge_value_sha256")
    return headers["ce_id"].decode(), headers["ce_reason"].decode(), letter.value, length, digest


def kept(value: bytes | None) -> tuple[bytes | None, bytes | None, bytes | None]:
    """What a dead letter carries of a record with the key k: all of it, or a prefix, its length and its digest."""
    room = ROOM - len(b"k")
    if value is None or len(value) <= room:
        return value, None, None
    return value[:room], b"%d" % len(value), hashlib.sha256(value).hexdigest().encode()


def unplaced(prediction: dict[str, Any]) -> dict[str, Any]:
    """A prediction without its place in the log."""
    return {name: value for name, value in prediction.items() if name != "position"}


def test_every_reason_that_a_record_alone_can_have_is_tried():
    by_the_learner = {Reason.DUPLICATE_ID, Reason.DUPLICATE_LABEL, Reason.ORPHAN_LABEL}
    by_an_operator = {Reason.SKIPPED}

    assert {reason for reason, _ in BAD} == set(Reason) - by_the_learner - by_an_operator - OF_COMMANDS

"""Alerts from a topic to receivers: each step once, in order, whatever ends the process in between.

Oracle: the alerts as they were published, and `tests.streams.reading` for what is recorded of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import web
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.alerts import Severity
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert
from streams.broker.inprocess import InProcessBroker
from streams.delivery.envelope import Output
from streams.here.failures import BrokerUnreachableError, SettingsError, StateRefusedError, TopicsError
from streams.kafka.connection import client_settings
from streams.notify import told
from streams.notify.address import addresses
from streams.notify.notifier import Notifier
from streams.orders.endings import Alerts, endings
from streams.orders.orders import Reset
from tests import builders
from tests.streams import reading
from tests.streams.cli.showing import gauge_file, rivergauge
from tests.streams.delivery.test_envelope import ALERT
from tests.streams.notify.receiving import WITHIN_S, Receiver, receiver
from tests.streams.view.wire import Wire, on_the_wire

OPENED, UPDATED, CLOSED = AlertStatus


def step(
    position: int, status: AlertStatus, *, episode: str = "0-1", severity: str = "major", partition: int = 0
) -> Wire:
    effect = ALERT._replace(position=position, status=status, episode=episode, severity=Severity(severity))
    return on_the_wire(effect, partition=partition)


def with_receivers(servers: str, *named: tuple[str, Receiver], more: str = "", name: str = "pumps") -> Gauge:
    tables = "".join(f'[notify.receivers.{name}]\nurl = "{one.url}"\n' for name, one in named)
    return builders.gauge(
        f'name = "{name}"\ndelivery = "at-least-once"\n[connection]\nbootstrap_servers = "{servers}"\n{tables}{more}'
    )


async def publish(gauge: Gauge, *records: Wire | Output, **producing: object) -> None:
    async with AIOKafkaProducer(bootstrap_servers=gauge.connection.bootstrap_servers, **producing) as producer:
        for one in records:
            await producer.send(
                gauge.topics.alerts, one.value, partition=getattr(one, "partition", 0), timestamp_ms=one.timestamp,
                headers=one.headers,
            )  # fmt: skip


def notifier(gauge: Gauge) -> Notifier:
    settings = client_settings(gauge.connection, os.environ)
    return Notifier(gauge, settings, addresses(gauge, os.environ), host="127.0.0.1", port=0)


@asynccontextmanager
async def telling(gauge: Gauge) -> AsyncIterator[Notifier]:
    """From when all is read that was there, to an orderly end."""
    one = notifier(gauge)
    task = asyncio.create_task(one.run())
    try:
        await caught_up(one, task)
        yield one
    finally:
        one.stop()
        await asyncio.wait_for(task, WITHIN_S)


async def caught_up(one: Notifier, task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while one.waiting_for() and not task.done():
            await asyncio.sleep(0.01)


async def recorded(gauge: Gauge) -> list[dict]:
    """All steps that are recorded, in the order of writing."""
    records = await reading.records(gauge.connection.bootstrap_servers, gauge.topics.notified)
    bodies = [json.loads(record.value) for record in records]
    assert len({record.key for record in records}) == len(records)
    return [body for body in bodies if body["what"] == "told"]


@pytest.fixture
async def servers() -> AsyncIterator[str]:
    """A broker in this process with topics of two partitions."""
    with InProcessBroker() as broker:
        for topic in builders.gauge().topics.outputs:
            broker.create_topic(topic, 2)
        broker.create_topic("pumps.notified", 1)
        broker.create_topic("elsewhere.notified", 1)
        broker.create_topic("elsewhere", 2)
        yield broker.bootstrap_servers


@pytest.fixture
async def ops() -> AsyncIterator[Receiver]:
    async with receiver() as one:
        yield one


@pytest.mark.broker
async def test_each_step_is_delivered_and_recorded_once_over_three_lives(servers, ops):
    gauge = with_receivers(servers, ("ops", ops))
    async with telling(gauge):
        await publish(gauge, step(10, OPENED), step(20, UPDATED), step(30, UPDATED, severity="critical"))
        await publish(gauge, step(15, OPENED, episode="1-1", partition=1))
        await ops.has(3)
    await publish(gauge, step(40, CLOSED))  # nobody is there
    async with telling(gauge):
        await ops.has(4)
    async with telling(gauge):
        await publish(gauge, step(50, OPENED, episode="0-2"))
        await ops.has(5)

    steps = await recorded(gauge)
    assert [one["id"] for one in steps] == [request.json["id"] for request in ops.requests]
    assert sorted((one["episode"], one["status"]) for one in steps) == [
        ("0-1", "closed"),
        ("0-1", "opened"),
        ("0-1", "updated"),
        ("0-2", "opened"),
        ("1-1", "opened"),
    ]
    assert {(one["outcome"], one["attempts"], one["code"]) for one in steps} == {("delivered", 1, 204)}


@pytest.mark.broker
async def test_a_receiver_that_is_new_hears_of_what_is_open_and_not_of_history(servers, ops):
    gauge = with_receivers(servers, ("ops", ops))
    await publish(
        gauge, step(10, OPENED), step(20, CLOSED), step(30, OPENED, episode="0-2"),
        step(40, OPENED, episode="0-3"), step(50, CLOSED, episode="0-3"),
    )  # fmt: skip

    async with telling(gauge):
        await ops.has(1)
    await publish(gauge, step(60, CLOSED, episode="0-2"))
    async with receiver() as new, telling(with_receivers(servers, ("ops", ops), ("new", new))):
        await ops.has(2)
        await publish(gauge, step(70, OPENED, episode="0-4"))
        await ops.has(3)
        await new.has(1)

    assert ops.statuses() == [("0-2", "opened"), ("0-2", "closed"), ("0-4", "opened")]
    assert new.statuses() == [("0-4", "opened")]


def ended_by_a_reset(gauge: Gauge, *alerts: DriftAlert, kept: Sequence[str] = ()) -> list[Output]:
    order = Reset(partition=0, epoch=1, begin=0)
    return endings(gauge, order, Alerts(alerts), dealt_with=60, kept=kept)


@pytest.mark.broker
async def test_what_a_reset_ends_is_told_once_as_resolved_and_is_nothing_to_begin_with(servers, ops):
    gauge = with_receivers(servers, ("ops", ops))
    async with telling(gauge):
        await publish(gauge, step(10, OPENED))
        await ops.has(1)
    await publish(gauge, *ended_by_a_reset(gauge, ALERT._replace(position=10, episode="0-1")))
    await publish(gauge, on_the_wire(ALERT._replace(position=5, episode="0.1-1"), epoch=1))

    async with receiver() as new, telling(with_receivers(servers, ("ops", ops), ("new", new))):
        await ops.has(3)
        await new.has(1)

    assert ops.statuses() == [("0-1", "opened"), ("0-1", "closed"), ("0.1-1", "opened")]
    assert ops.requests[1].json["data"]["cause"] == "the gauge was started over, as epoch 1: this is watched no more"
    assert new.statuses() == [("0.1-1", "opened")]
    assert sorted(one["id"] for one in await recorded(gauge)) == [
        "pumps:0.1:5:alert:0",
        "pumps:0.1:5:alert:0",
        "pumps:0:10:alert:0",
        "pumps:0:60:alert:0",
    ]


@pytest.mark.broker
async def test_what_goes_on_in_the_state_of_a_reset_is_open_to_who_begins_after_it(servers, ops):
    gauge = with_receivers(servers, ("ops", ops))
    goes_on = ALERT._replace(position=10, episode="0-1")
    await publish(gauge, step(10, OPENED), *ended_by_a_reset(gauge, goes_on, kept=["0-1"]))
    await publish(gauge, on_the_wire(ALERT._replace(position=5, episode="0.1-2"), epoch=1))

    async with telling(gauge):
        await ops.has(2)
        await publish(gauge, on_the_wire(goes_on._replace(position=70, status=CLOSED), epoch=1))
        await ops.has(3)

    assert ops.statuses() == [("0-1", "opened"), ("0.1-2", "opened"), ("0-1", "closed")]


@pytest.mark.broker
async def test_who_ends_between_answer_and_record_tells_it_again_by_the_same_id(servers, ops, monkeypatch):
    gauge = with_receivers(servers, ("ops", ops))
    async with telling(gauge):
        pass
    await publish(gauge, step(10, OPENED), step(20, CLOSED))

    async def lost(*_: object) -> None:
        raise BrokerUnreachableError("the cable is out")

    with monkeypatch.context() as patch:
        patch.setattr(told.Book, "write", lost)
        with pytest.raises(BrokerUnreachableError):
            await asyncio.wait_for(notifier(gauge).run(), WITHIN_S)
    async with telling(gauge):
        await ops.has(3)

    assert [request.headers["Idempotency-Key"] for request in ops.requests] == [
        "pumps:0:10:alert:0",
        "pumps:0:10:alert:0",
        "pumps:0:20:alert:0",
    ]
    assert [one["status"] for one in await recorded(gauge)] == ["opened", "closed"]


@pytest.mark.broker
async def test_a_receiver_that_is_away_keeps_no_other_waiting_and_loses_nothing(servers, ops):
    async with receiver() as away:
        gauge = with_receivers(servers, ("ops", ops), ("away", away))
        away.answers.extend(web.Response(status=503) for _ in range(9))
        async with telling(gauge) as one:
            await publish(gauge, step(10, OPENED), step(20, CLOSED))
            await ops.has(2)
            await away.has(1)
            text = await scraped(one, "rivergauge_notify_attempts_total")
        away.answers.clear()
        refused = len(away.requests)
        async with telling(gauge):
            await away.has(refused + 2)

        assert ops.statuses() == [("0-1", "opened"), ("0-1", "closed")]
        assert away.statuses()[-2:] == [("0-1", "opened"), ("0-1", "closed")]
        by_receiver = sorted((one["receiver"], one["status"]) for one in await recorded(gauge))
        assert by_receiver == [("away", "closed"), ("away", "opened"), ("ops", "closed"), ("ops", "opened")]
        assert 'rivergauge_notify_steps_total{gauge="pumps",outcome="delivered",receiver="away"} 0.0' in text


@pytest.mark.broker
async def test_a_refusal_is_recorded_and_the_next_alert_goes_on(servers, ops):
    gauge = with_receivers(servers, ("ops", ops))
    async with telling(gauge):
        ops.answers.append(web.Response(status=400))
        await publish(gauge, step(10, OPENED), step(20, CLOSED), step(30, OPENED, episode="0-2"))
        await ops.has(2)

    steps = await recorded(gauge)
    assert [(one["episode"], one["status"], one["outcome"], one["code"]) for one in steps] == [
        ("0-1", "opened", "refused", 400),
        ("0-2", "opened", "delivered", 204),
    ]


@pytest.mark.broker
async def test_an_answer_that_is_under_way_at_the_end_is_recorded(servers, ops):
    gauge = with_receivers(servers, ("ops", ops))
    ops.held = asyncio.Event()
    async with telling(gauge) as one:
        await publish(gauge, step(10, OPENED))
        await ops.has(1)
        one.stop()
        await asyncio.sleep(0)
        ops.held.set()

    assert [one["status"] for one in await recorded(gauge)] == ["opened"]
    assert len(ops.requests) == 1


@pytest.mark.broker
async def test_alerts_that_were_made_anew_are_noticed(servers, ops):
    gauge = with_receivers(servers, ("ops", ops), more='[topics]\nalerts = "elsewhere"')
    async with telling(gauge):
        await publish(gauge, step(10, OPENED))
        await ops.has(1)

    other = with_receivers(servers, ("ops", ops))
    with pytest.raises(StateRefusedError, match=r"topic pumps.alerts/0 ends at 0, and receiver ops was told up to 1"):
        await asyncio.wait_for(notifier(other).run(), WITHIN_S)
    begun_anew = with_receivers(servers, ("ops", ops), more='[topics]\nnotified = "elsewhere.notified"')
    async with telling(begun_anew):
        pass

    assert len(ops.requests) == 1


async def scraped(one: Notifier, wanted: str) -> str:
    """Its metrics, once they hold what is wanted."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(WITHIN_S):
        while True:
            async with session.get(f"http://127.0.0.1:{one.port}/metrics") as answer:
                if wanted in (text := await answer.text()):
                    return text


@pytest.mark.broker
async def test_probes_and_metrics_are_served(servers, ops, require):
    gauge = with_receivers(servers, ("ops", ops))
    async with telling(gauge) as one, aiohttp.ClientSession() as session:
        await publish(gauge, step(10, OPENED))
        text = await scraped(one, 'outcome="delivered",receiver="ops"} 1.0')
        found = {}
        for path in ("/livez", "/readyz", "/metrics", "/v1/status"):
            async with session.get(f"http://127.0.0.1:{one.port}{path}") as answer:
                found[path] = answer.status

    assert found == {"/livez": 200, "/readyz": 200, "/metrics": 200, "/v1/status": 404}
    assert 'rivergauge_notify_ready{gauge="pumps"} 1.0' in text
    assert 'rivergauge_notify_attempts_total{gauge="pumps",receiver="ops"} 1.0' in text
    assert 'rivergauge_notify_trying_seconds{gauge="pumps",receiver="ops"} 0.0' in text
    promtool = shutil.which("promtool")
    require("promtool", promtool, "no promtool on the path")
    done = subprocess.run([str(promtool), "check", "metrics"], input=text.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("table", "environ", "words"),
    [
        ("", {}, "names nobody to tell"),
        ('[notify.receivers.ops]\nurl_from = "OPS"', {}, r"notify.receivers.ops.url_from needs OPS in the environment"),
        ('[notify.receivers.ops]\nurl_from = "OPS"', {"OPS": "s3cret"}, "what OPS holds must be an address"),
        (
            '[notify.receivers.ops]\nurl = "http://a/"\nheaders_from = { Authorization = "OPS" }',
            {"OPS": "s3cret\nX: y"},
            "OPS must be one line of text",
        ),
    ],
)
def test_what_the_environment_lacks_is_told_before_anything_begins(table, environ, words):
    with pytest.raises(SettingsError, match=words) as caught:
        addresses(builders.gauge(table), environ)

    assert "s3cret" not in str(caught.value)


@pytest.mark.broker
def test_the_command_ends_with_a_sentence_where_it_cannot_work(servers, tmp_path):
    nobody = rivergauge("notify", gauge_file(tmp_path, servers), "--port", 0)

    assert nobody.exit_code == 2
    assert "names nobody to tell" in nobody.stderr


async def test_who_sets_a_receiver_up_sees_it_arrive(ops, tmp_path):
    async with receiver() as strict:
        strict.answers.append(web.Response(status=404))
        more = (
            f'[notify.receivers.ops]\nurl = "{ops.url}"\nform = "slack"\n'
            f'[notify.receivers.strict]\nurl = "{strict.url}"\n'
        )
        path = gauge_file(tmp_path, "127.0.0.1:1", more)  # no broker is needed

        done = await asyncio.to_thread(rivergauge, "notify", path, "--try")

        assert done.stdout.splitlines() == ["ops: delivered (204)", "strict: refused (404)"]
        assert done.exit_code == 2
        titles = [request.json["blocks"][0]["text"]["text"] for request in ops.requests]
        assert titles == [
            "pumps: minor concept opened, episode try",
            "pumps: minor concept resolved, episode try",
        ]
        assert "nothing is wrong" in ops.requests[0].json["text"]
        assert len({request.headers["Idempotency-Key"] for request in ops.requests}) == 2
        assert len(strict.requests) == 1


async def own_topics(gauge: Gauge) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=gauge.connection.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(gauge.topics.alerts, 1, 1)])
    await admin.close()


@pytest.mark.kafka
async def test_on_kafka_what_was_taken_back_is_not_told_and_one_process_tells(kafka, ops):
    name = f"g{uuid.uuid4().hex}"
    gauge = with_receivers(kafka, ("ops", ops), name=name).model_copy(update={"delivery": "exactly-once"})
    with pytest.raises(TopicsError, match="topics are missing"):
        await asyncio.wait_for(notifier(gauge).run(), WITHIN_S)
    await own_topics(gauge)
    first = notifier(gauge)
    before = asyncio.create_task(first.run())
    await caught_up(first, before)
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=name) as producer:
        for n, taken_back in enumerate((False, True, False)):
            with suppress(ZeroDivisionError):
                async with producer.transaction():
                    one = step(10 * n, OPENED, episode=f"0-{n}")
                    await producer.send(gauge.topics.alerts, one.value, partition=0, headers=one.headers)
                    if taken_back:
                        raise ZeroDivisionError
    await ops.has(2)

    async with telling(gauge):
        await publish(gauge, step(40, CLOSED, episode="0-0"))
        await ops.has(3)
        with pytest.raises(StateRefusedError, match=r"another rivergauge notify of gauge .* has begun"):
            await asyncio.wait_for(before, WITHIN_S)

    steps = await recorded(gauge)
    assert [(one["episode"], one["status"]) for one in steps] == [
        ("0-0", "opened"),
        ("0-2", "opened"),
        ("0-0", "closed"),
    ]

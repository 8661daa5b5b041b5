"""The values of a private field are in no topic, log line or metric of a service but in the refused records."""

from __future__ import annotations

import logging
import random

import pytest

from schemas.record_table import KINDS
from streams.broker.inprocess import InProcessBroker
from tests import builders
from tests.streams.data.test_private import MOVING, SHOWN, moving
from tests.streams.worker.test_worker import get, published, read, running, send, until

SECRETS = [f"SECRET{n:03d}" for n in range(12)]
GAUGE = """
delivery = "at-least-once"
[connection]
bootstrap_servers = "{servers}"
[server]
port = 0
[label]
arrival = "with_event"
[evaluation]
holdout = 0.2
holdout_window = 20
[features]
a = "number"
ward = {{ type = "boolean", optional = true }}
[slices.clinic]
private = true
[slices.ward]
private = true
"""


def values(count: int) -> list[bytes]:
    """Events whose clinic decides how well they are predicted; every ninth has a ward that is refused."""
    rng = random.Random(8)
    found = []
    for n in range(count):
        a, clinic = rng.gauss(0, 1), rng.choice(SECRETS)
        y = "bad" if (a if clinic < "SECRET006" else -a) > 0 else "good"
        found.append(builders.record(n, a=a, clinic=clinic, y=y, ward=clinic if n % 9 == 8 else True))
    return found


@pytest.mark.broker
async def test_no_value_of_a_private_field_leaves_a_service(caplog):
    caplog.set_level(logging.INFO)
    with InProcessBroker() as broker:
        gauge = builders.gauge(GAUGE.format(servers=broker.bootstrap_servers))
        for topic in (gauge.topics.input, *gauge.topics.outputs):
            broker.create_topic(topic, 1)
        await send(gauge, 0, values(450))
        async with running(gauge) as (worker, task):
            await until(lambda: published(worker, 0) == 450, task)
            _, metrics = await get(worker, "/metrics")
            _, ready = await get(worker, "/readyz")
        topics = {kind.topic: await read(gauge, getattr(gauge.topics, kind.topic), 0) for kind in KINDS}

    assert 'group="group-12"' in metrics
    assert any(b'"group":"group-1"' in record.value for record in topics["reports"])
    assert any(b"SECRET" in record.value for record in topics["dead_letters"])  # the refused records, as they came
    headers = [header for records in topics.values() for record in records for header in record.headers]
    bodies = [record.value for topic, records in topics.items() if topic != "dead_letters" for record in records]
    told = [repr(headers).encode(), metrics.encode(), ready.encode(), caplog.text.encode(), *bodies]
    assert [one for one in told if b"SECRET" in one] == []


@pytest.mark.broker
async def test_no_value_of_a_private_column_that_moved_leaves_a_service(caplog):
    caplog.set_level(logging.DEBUG)
    events = moving("a clinic that was renamed, another age", count=2_200)
    with InProcessBroker() as broker:
        connected = f'delivery = "at-least-once"\n[connection]\nbootstrap_servers = "{broker.bootstrap_servers}"'
        gauge = builders.gauge(f"{connected}\n[server]\nport = 0\n{MOVING}")
        for topic in (gauge.topics.input, *gauge.topics.outputs):
            broker.create_topic(topic, 1)
        await send(gauge, 0, events)
        async with running(gauge) as (worker, task):
            await until(lambda: published(worker, 0) == len(events), task)
            pages = [text for _, text in [await get(worker, path) for path in ("/metrics", "/readyz")]]
        topics = {kind.topic: await read(gauge, getattr(gauge.topics, kind.topic), 0) for kind in KINDS}

    bodies = [record.value.decode() for records in topics.values() for record in records]
    own = [record.getMessage() for record in caplog.records if record.name.startswith("rivergauge")]
    assert any('"column":"clinic"' in body for body in bodies)
    assert any("clinic: " in line for line in own)
    headers = [repr(header) for records in topics.values() for record in records for header in record.headers]
    for text in (*bodies, *headers, *pages, *own):
        assert SHOWN.findall(text) == []

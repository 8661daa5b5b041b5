"""``rivergauge page``: a process of its own, whose page shows what was published, without a worker.

Oracle: the records that were sent to the topics.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from streams.broker.inprocess import InProcessBroker
from tests import builders
from tests.streams.delivery import test_envelope as golden
from tests.streams.view.wire import on_the_wire

GAUGE = """name = "pumps"
task = "binary"
candidates = ["naive_bayes"]
[record]
id = "id"
time = "at"
[label]
field = "y"
arrival = "later"
positive = "bad"
negative = "good"
[features]
a = "number"
[connection]
bootstrap_servers = "{servers}"
"""


@pytest.mark.broker
async def test_the_page_of_a_gauge_is_there_without_a_worker(tmp_path: Path):
    with InProcessBroker() as broker:
        for topic in builders.gauge().topics.outputs:
            broker.create_topic(topic, 1)
        path = tmp_path / "gauge.toml"
        path.write_text(GAUGE.format(servers=broker.bootstrap_servers))
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
            for effect in (golden.PREDICTION, golden.ALERT, golden.VERSION, golden.REPORT):
                one = on_the_wire(effect)
                await producer.send_and_wait(one.topic, one.value, key=one.key, partition=0, headers=one.headers)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "streams.cli", "page", str(path), "--port", "0", stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr is not None
        try:
            async with asyncio.timeout(60):
                said = (await process.stderr.readline()).decode()
                found = re.search(r"http://127\.0\.0\.1:\d+/", said)
                assert found is not None, said
                async with aiohttp.ClientSession() as http, http.get(found[0]) as answer:
                    text = await answer.text()
                    assert answer.status == 200
        finally:
            process.terminate()
            await process.wait()

    assert "Open alert 2-1: concept, major" in text
    assert "Version 2-7 (naive_bayes): promoted" in text
    assert "Partition 0 is not in this process: open the page of the worker that has it." in text
    assert "<script src=" in text

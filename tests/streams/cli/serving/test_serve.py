"""``rivergauge serve`` as SageMaker starts a container: the gauge file and the port from the environment.

Oracle: the fold alone. The contract: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from models.learner import Learner
from streams.broker.inprocess import InProcessBroker
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load
from streams.here.ports import free_port
from streams.here.process import RIVERGAUGE
from tests import builders
from tests.streams.orders.operator import gauge_file, values
from tests.streams.worker.test_worker import send


@pytest.mark.broker
async def test_it_keeps_to_the_contract_of_sagemakers_containers(tmp_path: Path):
    records = values(40)
    with InProcessBroker() as broker:
        path = gauge_file(tmp_path, broker.bootstrap_servers, more="[serve]\nmax_lag = 0\n")
        gauge, port = load(path), free_port()
        for topic in (gauge.topics.input, *gauge.topics.outputs):
            broker.create_topic(topic)
        await send(gauge, 0, records)
        process = await asyncio.create_subprocess_exec(
            *RIVERGAUGE, "serve", stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "RIVERGAUGE_GAUGE": str(path), "SAGEMAKER_BIND_TO_PORT": str(port)},
        )  # fmt: skip
        try:
            async with asyncio.timeout(60), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
                statuses = set()
                while 200 not in statuses and process.returncode is None:
                    try:
                        async with http.get("/ping") as ping:
                            statuses.add(ping.status)
                    except aiohttp.ClientConnectionError:
                        await asyncio.sleep(0.1)
                async with http.post("/invocations", data="a\n1\n4\n", headers={"Content-Type": "text/csv"}) as said:
                    answered, state = await said.json(), said.headers["Rivergauge-State"]
                process.send_signal(signal.SIGTERM)
                _, logged = await process.communicate()
                assert process.returncode == ExitCode.OK
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    alone = Learner(gauge)
    builders.fold(alone, builders.decoded(gauge, records))
    wanted = [
        alone.score(event).y_pred  # type: ignore[arg-type]
        for event in builders.decoded(gauge, [builders.record("x", a=a) for a in (1, 4)])
    ]
    assert answered == {"predictions": wanted}
    assert state == 'partition=0, position=40, lag=0, as_of="2024-01-01T00:00:00+00:00"'
    assert statuses <= {200, 503}
    assert "INFO replica started" in logged.decode()
    assert "INFO replica stopped" in logged.decode()

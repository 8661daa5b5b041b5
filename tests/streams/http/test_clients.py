"""Clients that others wrote ask a worker, in their own Python, and MLflow's own scoring server beside it.

Oracle: ``/v1/score`` of the same rows, which has tests of its own; MLflow's server for the forms of ``/invocations``.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
import pytest_asyncio

from streams.broker.inprocess import InProcessBroker
from streams.worker.worker import Worker
from tests import builders
from tests.streams.http.serving import Client
from tests.streams.worker.test_worker import published, running, send, until

pytestmark = [pytest.mark.broker, pytest.mark.asyncio(loop_scope="module")]

SCRIPTS = Path(__file__).with_name("clients")
EVENTS = 120
ROWS: list[dict[str, Any]] = [{"a": 0.0, "site": "north"}, {"a": 3.5, "site": None}, {"a": 4.0, "site": "south"}]


class Asked(NamedTuple):
    """A worker that has learned, and who may ask it."""

    worker: Worker
    clients: Path
    scratch: Path
    """Where programs may leave what they like."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.worker.health.port}"

    async def by(self, program: str, *arguments: object) -> str:
        """What one of the clients' programs prints."""
        process = await asyncio.create_subprocess_exec(
            self.clients / program, *map(str, arguments), cwd=self.scratch,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, f"{out.decode()[-8_000:]}\n{err.decode()[-2_000:]}"
        return out.decode()

    async def scored(self) -> list[dict[str, Any]]:
        """The same rows, by our own protocol."""
        values = [{"id": "x", "at": "2024-01-01T00:00:00Z", **row} for row in ROWS]
        async with aiohttp.ClientSession() as session:
            return (await Client(session, self.worker.health).post("/v1/score", {"events": values}))[1]["answers"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(clients, tmp_path_factory) -> AsyncIterator[Asked]:
    scratch = tmp_path_factory.mktemp("clients")
    with InProcessBroker() as broker:
        gauge = builders.gauge(
            f'delivery = "at-least-once"\n[connection]\nbootstrap_servers = "{broker.bootstrap_servers}"\n'
            # Rows that are made at random are answered too where no feature is obligatory.
            '[features]\na = { type = "number", optional = true }\nsite = { type = "category", optional = true }\n'
            '[server]\nport = 0\n[label]\narrival = "with_event"\n'
            f'[snapshots]\ndirectory = "{scratch}"'
        )
        for topic in (gauge.topics.input, *gauge.topics.outputs):
            broker.create_topic(topic, 1)
        sites = ("north", "south")
        values = [
            builders.record(n, a=n % 5, site=sites[n % 2], y="bad" if n % 5 > 2 else "good") for n in range(EVENTS)
        ]
        await send(gauge, 0, values)
        async with running(gauge) as (worker, task):
            await until(lambda: published(worker, 0) == EVENTS, task)
            yield Asked(worker, clients, scratch)


async def test_kserves_client_gets_the_same_answers_by_both_protocols(asked):
    said = json.loads(await asked.by("python", SCRIPTS / "ask_by_kserve.py", asked.url, "pumps", json.dumps(ROWS)))
    wanted = await asked.scored()

    labels = [one["y_pred"] for one in wanted]
    assert said["v1"] == {"ready": True, "predictions": labels, "unknown": 404}
    second = said["v2"]
    outputs = second.pop("outputs")
    assert len(set(labels)) == 2
    assert outputs == {
        **{name: [one[name] for one in wanted] for name in ("y_pred", "version", "position", "held_out")},
        "probabilities": [[*one["probabilities"].values()] for one in wanted],
    }
    assert second == {
        "live": True,
        "server_ready": True,
        "ready": True,
        "id": "r-1",
        "model_name": "pumps",
        "parameters": {"version": "0-1", "position": EVENTS, "partition": 0, "held_out": wanted[-1]["held_out"]},
        "classes": {"probabilities": {"classes": '["good","bad"]'}},
        "unknown": 404,
    }


async def test_mlflows_client_gets_the_same_answers_and_errors_have_the_forms_of_its_server(asked):
    said = json.loads(await asked.by("python", SCRIPTS / "ask_by_mlflow.py", asked.url, json.dumps(ROWS)))
    wanted = await asked.scored()

    assert said["predictions"] == [one["y_pred"] for one in wanted]
    assert said["version"]
    differ = {name: both for name, both in said["both"].items() if both["ours"] != both["mlflow"]}
    assert differ == {}
    statuses = {both["ours"]["status"] for both in said["both"].values()}
    assert statuses == {200, 400, 415}


async def test_requests_made_of_the_openapi_document_are_answered_as_it_tells(asked):
    said = await asked.by(
        "schemathesis", "--config-file", SCRIPTS / "schemathesis.toml", "run", f"{asked.url}/openapi.json"
    )

    [(selected, total)] = re.findall(r"Operations: +(\d+) selected / (\d+) total", said)
    assert int(selected) == int(total) - 1

"""A drift in a stream ends as a message, and as one that it is over: by ``rivergauge notify``, and by Prometheus and
Alertmanager as `ops/` has them, from what a worker serves. All programs are real, and listen on loopback.

Oracle: where the same records folded through `Learner` alone open and close an episode.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import AlertStatus
from streams.here.gaugefile import load
from streams.here.orphan import end_with
from streams.here.ports import free_ports
from tests import builders
from tests.ops.test_alerting import OPS, ROUTE, RULES, expressions
from tests.streams import reading
from tests.streams.notify.receiving import Receiver, receiver
from tests.streams.orders import operator
from tests.streams.serving import create_input, send
from tests.streams.worker.test_worker import running

WITHIN_S = 60
FLIPPED, HELD, END = 600, 640, 760
"""Where the label's meaning turns round, where the stream waits until everybody has been told, and where it ends."""

NOTIFY = """
[notify]
runbook = "https://wiki.example.com/alerts"
[notify.receivers.ops]
url = "{ops}"
headers_from = {{ Authorization = "OPS_TOKEN" }}
[notify.receivers.team]
url_from = "TEAM_WEBHOOK"
form = "slack"
severity = "critical"
"""


def stream() -> list[bytes]:
    rng = random.Random(7)
    records = []
    for n in range(END):
        is_bad = rng.random() < 0.5
        a = (1.0 if is_bad else -1.0) + rng.gauss(0, 0.5)
        says_bad = is_bad is (n < FLIPPED)
        records.append(builders.record(n, a=round(a, 3), y="bad" if says_bad else "good"))
    records[FLIPPED // 2] = b"{broken"
    return records


def episode(gauge: Gauge) -> dict[AlertStatus, int]:
    """Where its one episode is opened and closed."""
    learner = Learner(gauge)
    alerts = builders.alerts(builders.flat(builders.fold(learner, builders.decoded(gauge, stream()))))
    return {alert.status: alert.position for alert in alerts}


@asynccontextmanager
async def program(*words: object, log: Path, **environ: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """It, until the block ends; then it must end by itself."""
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *map(str, words),
            stdout=file,
            stderr=file,
            env={**os.environ, **environ},
            preexec_fn=partial(end_with, os.getpid(), signal.SIGKILL),
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), WITHIN_S)


async def answers(url: str) -> Any:
    """What an address answers as soon as it answers well."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(WITHIN_S):
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return await response.read()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


def monitoring(directory: Path, worker: int, prometheus: int, alertmanager: int, on_call: str, team: str) -> None:
    """The configurations of the repository: other addresses, and no long waits."""
    config = yaml.safe_load((OPS / "prometheus" / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "400ms", "scrape_timeout": "400ms", "evaluation_interval": "200ms"}
    config["rule_files"] = [str(RULES)]
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
    workers = config["scrape_configs"][0]
    config["scrape_configs"] = [
        {"job_name": workers["job_name"], "static_configs": [{"targets": [f"127.0.0.1:{worker}"]}]}
    ]
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    route = yaml.safe_load(ROUTE.read_text())
    route["route"].update(group_wait="0s", group_interval="200ms")
    urls = {"on-call": on_call, "team": team}
    route["receivers"] = [
        {"name": one["name"], "webhook_configs": [{"url": urls[one["name"]]}]} for one in route["receivers"]
    ]
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(route))


async def heard(one: Receiver, wanted: Callable[[Any], bool]) -> Any:
    """The first message of this kind."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            for request in one.requests:
                if wanted(request.json):
                    return request.json
            await asyncio.sleep(0.02)


def alerted(status: str) -> Callable[[Any], bool]:
    return lambda body: body["status"] == status and body["commonLabels"]["alertname"] == "RivergaugeEpisode"


@pytest.fixture
def programs(require) -> dict[str, str]:
    found = {name: shutil.which(name) for name in ("prometheus", "prometheus-alertmanager")}
    for name, path in found.items():
        require("prometheus", path, f"no {name} on the path")
    templates = Path("/usr/share/prometheus/alertmanager")
    require("prometheus", templates.is_dir(), f"Debian's Alertmanager wants {templates}")
    return {name: str(path) for name, path in found.items()}


@pytest.mark.kafka
async def test_a_drift_reaches_people_and_so_does_its_end(kafka, programs, tmp_path):
    async with AsyncExitStack() as stack:
        ops, team, on_call, others = [await stack.enter_async_context(receiver()) for _ in range(4)]
        path = operator.gauge_file(tmp_path, kafka, more=NOTIFY.format(ops=ops.url))
        gauge = load(path)
        at = episode(gauge)
        assert FLIPPED < at[AlertStatus.OPENED] < HELD < at[AlertStatus.CLOSED] < END
        await create_input(gauge)
        worker, _ = await stack.enter_async_context(running(gauge))
        async with asyncio.timeout(WITHIN_S):
            while not worker.is_ready():
                await asyncio.sleep(0.02)
        prometheus, alertmanager, probes = free_ports(3)
        monitoring(tmp_path, worker.health.port, prometheus, alertmanager, on_call.url, others.url)
        logs = {name: tmp_path / f"{name}.log" for name in (*programs, "notify")}
        for name, options in {
            "prometheus": [
                f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/tsdb",
                f"--web.listen-address=127.0.0.1:{prometheus}",
            ],
            "prometheus-alertmanager": [
                f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}/alertmanager",
                f"--web.listen-address=127.0.0.1:{alertmanager}", "--cluster.listen-address=",
            ],
        }.items():  # fmt: skip
            await stack.enter_async_context(program(programs[name], *options, log=logs[name]))
        telling = [sys.executable, "-m", "streams.cli", "notify", path, "--port", probes]
        secrets = {"OPS_TOKEN": "Bearer s3cret", "TEAM_WEBHOOK": team.url}

        async with program(*telling, log=logs["notify"], **secrets) as first:
            await answers(f"http://127.0.0.1:{probes}/readyz")
            await answers(f"http://127.0.0.1:{prometheus}/-/ready")
            await send(gauge, stream()[:HELD])
            await heard(on_call, alerted("firing"))
            await ops.has(1)
            await team.has(1)
            first.kill()
        await shown(prometheus, [query for query in expressions() if not may_be_empty(query)])
        await send(gauge, stream()[HELD:])
        async with program(*telling, log=logs["notify"], **secrets) as second:
            firing, resolved = [await heard(on_call, alerted(status)) for status in ("firing", "resolved")]
            await heard(ops, lambda body: body["data"]["status"] == "closed")
            await heard(team, lambda body: "resolved" in body["text"])
            second.terminate()
            assert await asyncio.wait_for(second.wait(), WITHIN_S) == 0

    published = await reading.records(kafka, gauge.topics.alerts)
    told = {request.headers["Idempotency-Key"]: request.json for request in ops.requests}
    assert [one["data"] for one in told.values()] == [json.loads(record.value) for record in published]
    assert [one["data"]["position"] for one in told.values()] == [*at.values()]
    assert {request.headers["Authorization"] for request in ops.requests} == {"Bearer s3cret"}
    titles = dict.fromkeys(request.json["blocks"][0]["text"]["text"] for request in team.requests)
    assert [title.partition(": ")[2] for title in titles] == [
        "critical concept opened, episode 0-1",
        "minor concept resolved, episode 0-1",
    ]
    recorded = [json.loads(one.value) for one in await reading.records(kafka, gauge.topics.notified)]
    steps = sorted((one["receiver"], one["status"]) for one in recorded if one["what"] == "told")
    assert steps == [("ops", "closed"), ("ops", "opened"), ("team", "closed"), ("team", "opened")]
    for message in (firing, resolved):
        assert message["commonLabels"]["kind"] == "concept"
        assert message["commonLabels"]["gauge"] == gauge.name
        assert message["commonAnnotations"]["runbook_url"] == "docs/alerts.md#concept"
    assert not others.requests
    assert "s3cret" not in logs["notify"].read_text()


async def shown(port: int, queries: Sequence[str]) -> None:
    """Every query gives something; a rate does so from a series' second sample on."""
    empty = [*queries]
    with suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            while empty:
                empty = [query for query in empty if not await asked(port, query)]
                await asyncio.sleep(0.1)
    assert empty == []


async def asked(port: int, query: str) -> list[Any]:
    """The series that a query gives now."""
    url = f"http://127.0.0.1:{port}/api/v1/query"
    async with aiohttp.ClientSession() as session, session.get(url, params={"query": query}) as response:
        answer = await response.json()
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


def may_be_empty(query: str) -> bool:
    """Whether this stream gives it nothing to show."""
    return any(name in query for name in ("notify", "> 0"))

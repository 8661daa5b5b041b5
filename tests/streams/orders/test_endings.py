"""What a reset ends, on a real Kafka. Oracle: which episodes a learner has open that folds the same records alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from models.learner import Learner
from schemas.gauge import Gauge
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load
from streams.kafka.connection import client_settings
from streams.orders.desk import Desk
from streams.orders.reset import carry_out, plan
from streams.view.follower import seen
from streams.view.open_alerts import open_alerts
from tests import builders
from tests.streams import reading
from tests.streams.orders.operator import command, gauge_file
from tests.streams.serving import send, work

pytestmark = pytest.mark.kafka

TURNS, ALL = 300, 420
ALARMS = """
[drift]
false_alarms = "1 per 1000 events"
"""


def values(count: int = ALL) -> list[bytes]:
    """Labels follow the feature, and from `TURNS` on its opposite."""
    return [builders.record(n, a=n % 5, y="bad" if (n % 5 > 2) is (n < TURNS) else "good") for n in range(count)]


def open_alone(gauge: Gauge, count: int = ALL) -> list[str]:
    alone = Learner(gauge)
    builders.fold(alone, builders.decoded(gauge, values(count)))
    return [one.episode for one in alone.episodes.status().open]


async def told(gauge: Gauge) -> list[dict]:
    records = await reading.records(gauge.connection.bootstrap_servers, gauge.topics.alerts)
    return [{**json.loads(one.value), "id": dict(one.headers)["ce_id"].decode()} for one in records]


@pytest.fixture(params=["exactly-once", "at-least-once"])
def path(request: pytest.FixtureRequest, kafka: str, tmp_path: Path) -> Path:
    return gauge_file(tmp_path, kafka, delivery=request.param, more=ALARMS)


async def test_episodes_that_are_open_are_closed_once_by_a_reset_that_starts_with_nothing(path: Path):
    gauge = load(path)
    await send(gauge, values())
    assert await work(gauge) is ExitCode.OK
    before = await told(gauge)

    for _ in range(2):
        said = await command("reset", path, "--partition", "0", "--offset", str(ALL), "--yes")
        assert said.code == 0, said.err

    wanted = open_alone(gauge)
    closings = (await told(gauge))[len(before) :]
    assert wanted
    assert [(one["episode"], one["status"], one["position"]) for one in closings] == [
        (name, "closed", ALL) for name in wanted
    ]
    assert [one["id"] for one in closings] == [f"{gauge.topics.input}:0:{ALL}:alert:{n}" for n in range(len(wanted))]
    view = await seen(gauge, client_settings(gauge.connection, os.environ))
    assert view.episodes.open() == []
    assert view.repeated == 0


async def test_episodes_with_which_the_state_of_a_reset_goes_on_stay_open(path: Path):
    gauge = load(path)
    await send(gauge, values())
    assert await work(gauge) is ExitCode.OK
    before = await told(gauge)

    async with Desk.opened(gauge, os.environ) as desk:
        order = await carry_out(desk, await plan(desk, 0, version="0-1"), open_alerts)

    assert order.begin == ALL
    assert open_alone(gauge)
    assert await told(gauge) == before


async def test_where_nothing_was_published_nothing_is_ended(path: Path):
    gauge = load(path)
    await send(gauge, values(10))

    said = await command("reset", path, "--yes")

    assert said.code == 0, said.err

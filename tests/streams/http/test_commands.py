"""Operators' words over HTTP: only with a token, whose name is who says so."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

import pytest

from models.door.decoder import Decoder
from models.learner import Learner
from schemas.commands import Promote
from schemas.events import CommandReceived
from schemas.gauge import Gauge
from streams.broker.inprocess import InProcessBroker
from streams.http.commanding import Commanding
from tests import builders
from tests.streams import reading
from tests.streams.http.guards.test_access import bearer, written
from tests.streams.http.serving import Client, served

GAUGE = builders.gauge('[operators]\nallow = ["promote", "retrain"]')
TOKENS = {"RIVERGAUGE_TOKENS": f"{written('ann', 'control', 'steer')} {written('shop', 'read,score,send', 'sell')}"}
PROMOTE = {"command": "promote", "version": "1-2", "why": "the new sensor"}


@asynccontextmanager
async def commanded(gauge: Gauge = GAUGE, tokens: dict[str, str] = TOKENS):
    with InProcessBroker() as broker:
        broker.create_topic("pumps", 2)
        commander = Commanding(gauge, {"bootstrap_servers": broker.bootstrap_servers})
        async with served(gauge, {0: Learner(gauge)}, environ=tokens, commander=commander) as ask:
            yield ask, broker


async def say(ask: Client, said: object, token: str = "steer", query: str = ""):
    return await ask("POST", f"/v1/commands{query}", data=json.dumps(said), headers=bearer(token))


@pytest.mark.broker
async def test_a_command_is_written_in_the_name_of_the_token():
    async with commanded() as (ask, broker):
        status, said = await say(ask, PROMOTE)
        [record] = await reading.records(broker.bootstrap_servers, "pumps", 1)

    promote = Promote(version="1-2", who="ann", why="the new sensor")
    assert (status, said) == (
        202,
        {"commands": [{"partition": 1, "offset": 0, "command": promote.model_dump()}]},
    )
    read = Decoder(GAUGE).decode(record)
    assert isinstance(read, CommandReceived)
    assert read.command == promote


async def test_without_a_token_of_the_right_scope_nobody_commands_not_even_on_loopback():
    gauge = GAUGE
    async with served(gauge, {0: Learner(gauge)}, environ=TOKENS) as ask:
        answers = [(await say(ask, PROMOTE, token))[0] for token in ("none", "sell")]
    async with served(gauge, {0: Learner(gauge)}) as ask:
        status, said = await ask.post("/v1/commands", PROMOTE)

    assert answers == [401, 403]
    assert status == 403
    assert "wants a token of scope control, here too: set RIVERGAUGE_TOKENS" in said["detail"]


@pytest.mark.broker
async def test_what_cannot_be_said_is_a_problem_and_nothing_is_written():
    wrong = [
        ({"command": "pause"}, 422, "add 'pause' to allow"),
        ({"command": "forget"}, 422, "command must be one of promote, "),
        ({"command": "promote"}, 422, "version: Field required"),
        ({**PROMOTE, "version": "7-1"}, 422, "partition must be 0 to 1, as pumps has, got 7"),
        ({**PROMOTE, "who": "bob"}, 422, "who says so is the name of the token"),
        ({**PROMOTE, "force": True}, 422, "force: Extra inputs are not permitted"),
        ([], 400, "the body must be a JSON object"),
    ]
    async with commanded() as (ask, broker):
        answers = [await say(ask, said) for said, _, _ in wrong]
        other = await say(ask, PROMOTE, query="?partition=0")
        records = [await reading.records(broker.bootstrap_servers, "pumps", n) for n in (0, 1)]

    assert [(status, why in said["detail"]) for (status, said), (_, _, why) in zip(answers, wrong, strict=True)] == [
        (status, True) for _, status, _ in wrong
    ]
    assert (other[0], other[1]["detail"]) == (422, "version 1-2 is of partition 1, got partition 0")
    assert records == [[], []]


async def test_a_worker_that_is_starting_asks_to_come_back():
    async with served(GAUGE, None, environ=TOKENS) as ask:
        assert (await say(ask, PROMOTE))[0] == 503

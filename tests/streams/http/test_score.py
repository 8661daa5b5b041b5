"""What an event gets over HTTP is what it gets on the predictions topic. Oracle: the learner's own fold of the log."""

from __future__ import annotations

import asyncio
import json
import random
from zlib import crc32

import pytest
from aiokafka.partitioner import DefaultPartitioner

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Prediction
from streams.http.guards import access
from streams.http.scores import answers
from streams.http.scores.scorer import PAUSE_S, Scorer
from tests import builders
from tests.streams.http.serving import served

SOME = {"a": 1.5, "site": "north"}
LABELS = {
    "binary": lambda a, _site: "bad" if a > 0.5 else "good",
    "multiclass": lambda a, _site: ["low", "middle", "high"][min(int(a * 3), 2)],
    "regression": lambda a, site: a * 3 + len(site),
}


def events(task: str, count: int) -> list[bytes]:
    """Events of two sites; every second one's label comes with it."""
    chance, made = random.Random(7), []
    for n in range(count):
        a, site = chance.random(), chance.choice(["north", "south"])
        fields = {"a": a, "site": site} | ({"y": LABELS[task](a, site)} if n % 2 else {})
        made.append(builders.record(n, **fields))
    return made


def fold(learner: Learner, gauge: Gauge, value: bytes, position: int) -> bytes:
    [event] = builders.decoded(gauge, [value])
    [said] = [one for one in learner.handle(event, position) if isinstance(one, Prediction)]
    return said.body()


@pytest.mark.parametrize("task", LABELS)
async def test_a_thousand_events_get_what_is_published_at_the_same_offset(task):
    gauge = builders.gauge(
        "[uncertainty]\ncover = 0.9" if task == "regression" else "", task=task,
        candidates=("linear_regression",) if task == "regression" else ("naive_bayes",),
    )  # fmt: skip
    learner = Learner(gauge)
    async with served(gauge, {0: learner}) as ask:
        for position, value in enumerate(events(task, 1_000)):
            status, said = await ask.post("/v1/score", value)

            published = json.loads(fold(learner, gauge, value, position))
            assert (status, said) == (200, {**published, "partition": 0, "lag": 7})


async def test_many_events_are_answered_in_order_and_what_is_wrong_with_one_is_told_in_its_place():
    gauge = builders.gauge()
    values = [json.loads(value) for value in events("binary", 3)]
    values[1]["a"] = "secret"
    async with served(gauge, {0: Learner(gauge)}) as ask:
        status, said = await ask.post("/v1/score", {"events": values})

    assert status == 200
    assert [one.get("id") for one in said["answers"]] == ["0", None, "2"]
    assert said["answers"][1]["reason"] == "wrong_type"
    assert "secret" not in json.dumps(said)


async def test_scoring_leaves_no_trace():
    gauge = builders.gauge()
    asked, alone = Learner(gauge), Learner(gauge)
    async with served(gauge, {0: asked}) as ask:
        for position, value in enumerate(events("binary", 200)):
            await ask.post("/v1/score", builders.record(f"other {position}", a=9.0, site=f"s{position}"))
            assert fold(asked, gauge, value, position) == fold(alone, gauge, value, position)

    assert asked.status() == alone.status()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"{secret", "not_json"),
        (b"[1]", "not_an_object"),
        (builders.record("secret", a="secret"), "wrong_type"),
        (builders.record("secret", b=1.0), "missing_field"),
        (builders.record("secret", at="secret", a=1.0), "bad_time"),
        (builders.record("secret", a=1.0, y="secret"), "unknown_label"),
        (builders.record("secret", a=1.0, site="secret" * 100), "out_of_range"),
        (builders.label("secret", "good"), "label"),
    ],
)
async def test_what_is_refused_is_a_problem_with_its_reason_and_no_value(body, reason):
    gauge = builders.gauge()
    async with served(gauge, {0: Learner(gauge)}) as ask:
        status, said = await ask.post("/v1/score", body)

    assert (status, said["status"], said["reason"]) == (422, 422, reason)
    assert "secret" not in json.dumps(said)


@pytest.mark.parametrize("family", ["murmur2", "crc32"])
async def test_a_key_leads_where_the_producers_partitioner_sends_it(family):
    gauge = builders.gauge(f'[record]\nkey = "site"\npartitioner = "{family}"')
    learners = {partition: Learner(gauge, partition=partition) for partition in range(3)}
    async with served(gauge, learners, partitions=5) as ask:
        for site in ("north", "south", "east", "west", "up", "down"):
            murmur2 = DefaultPartitioner()(site.encode(), list(range(5)), list(range(5)))
            where = murmur2 if family == "murmur2" else crc32(site.encode()) % 5
            status, said = await ask.post("/v1/score", builders.record(1, a=1.0, site=site))

            assert (status, said.get("partition")) == ((200, where) if where < 3 else (421, None))


async def test_without_a_key_the_partition_is_asked_for():
    gauge = builders.gauge('[label]\narrival = "with_event"')
    learners = {partition: Learner(gauge, partition=partition) for partition in range(2)}
    async with served(gauge, learners, partitions=3) as ask:
        value = builders.record(1, a=1.0)

        assert (await ask.post("/v1/score", value))[0] == 400
        assert (await ask.post("/v1/score?partition=1", value))[1]["version"] == "1-1"
        assert (await ask.post("/v1/score?partition=2", value))[0] == 421
        assert (await ask.post("/v1/score?partition=3", value))[0] == 400
        assert (await ask.post("/v1/score?partition=x", value))[0] == 422


async def test_until_the_worker_has_begun_it_asks_to_come_later():
    gauge = builders.gauge()
    async with served(gauge, None) as ask:
        assert (await ask.post("/v1/score", builders.record(1, a=1.0)))[0] == 503
    async with served(gauge, {}) as ask:
        assert (await ask.post("/v1/score", builders.record(1, a=1.0)))[0] == 503


@pytest.mark.parametrize(("lag", "waits"), [(10_000, 5), (7, 0)])
async def test_scores_make_way_for_a_fold_that_is_behind(monkeypatch, lag, waits):
    slept = []
    sleep = asyncio.sleep

    async def heard(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    gauge = builders.gauge()
    scorer = Scorer(gauge, partitions=1, cores=lambda: {0: Learner(gauge)}, lag=lambda _: lag)
    monkeypatch.setattr(asyncio, "sleep", heard)

    await asyncio.gather(*(scorer.score([builders.record(n, a=1.0)]) for n in range(5)))

    assert slept == [PAUSE_S] * waits


async def test_a_model_that_fails_fails_the_request_and_tells_no_value(caplog):
    class Broken(Learner):
        def score(self, event):
            raise builders.PanicException(f"cannot do {event.x}")

    gauge = builders.gauge()
    async with served(gauge, {0: Broken(gauge)}) as ask:
        status, said = await ask.post("/v1/score", builders.record(1, a=77.0))

        assert status == 500
        assert "77" not in json.dumps(said)
        assert (await ask("GET", "/livez"))[0] == 200


async def test_too_much_is_refused(monkeypatch):
    gauge = builders.gauge()
    monkeypatch.setattr(access, "BODY_BYTES", 100_000)
    async with served(gauge, {0: Learner(gauge)}) as ask:
        many = {"events": [{}] * (answers.MOST_EVENTS + 1)}
        assert (await ask.post("/v1/score", many))[0] == 413

        async def pieces():
            for _ in range(3):
                yield b" " * 50_000

        status, _ = await ask(
            "POST", "/v1/score", data=pieces(), headers={"Content-Type": "application/json"}
        )  # fmt: skip
        assert status == 413
        assert (await ask.post("/v1/score", builders.record(1, a=1.0)))[0] == 200


async def test_what_is_nowhere_is_a_problem_too():
    gauge = builders.gauge()
    async with served(gauge, {0: Learner(gauge)}) as ask:
        assert (await ask("GET", "/v1/nothing"))[1]["status"] == 404
        assert (await ask("GET", "/v1/score"))[1]["status"] == 405


@pytest.mark.parametrize("path", ["/v1/score", "/invocations", "/v1/events"])
async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_defect_of_ours(caplog, path):
    gauge = builders.gauge()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    async with served(gauge, {0: Learner(gauge)}) as ask:
        server = ask.health._server
        _, writer = await asyncio.open_connection("127.0.0.1", ask.health.port)
        writer.write(head.encode() + b"{")
        async with asyncio.timeout(5):
            while not server._state.tasks:
                await asyncio.sleep(0)
            writer.close()
            while server._state.tasks:
                await asyncio.sleep(0)

    assert [one for one in caplog.records if one.levelname == "ERROR"] == []

"""A webhook: what is tried again, how long, and what is not; between a real client and a real server.

Oracle for ``Retry-After``: RFC 9110, 10.2.3. Time is the test's own, and nothing waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from streams.notify import webhook
from streams.notify.told import Outcome
from streams.notify.webhook import Clock, Delivery, Message, Webhook
from tests.streams.notify.receiving import Receiver, receiver

MESSAGE = Message("pumps:0:41:alert:0", "application/json", b'{"a": 1}')
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Time:
    """Passes only while somebody pauses."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(lambda: sum(self.pauses), lambda: START + timedelta(seconds=sum(self.pauses)), self.pause)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@asynccontextmanager
async def to(url: str, time: Time, give_up_after_s: float = 1e6, **headers: str) -> AsyncIterator[Webhook]:
    async with aiohttp.ClientSession() as session:
        yield Webhook("ops", url, headers, give_up_after_s=give_up_after_s, session=session, clock=time.clock)


async def delivered(ops: Receiver, time: Time, *answers: web.Response, **more: float) -> Delivery:
    ops.answers.extend(answers)
    async with to(ops.url, time, **more) as hook:
        return await hook.deliver(MESSAGE)


def refusal(status: int, **headers: str) -> web.Response:
    return web.Response(status=status, headers=headers, text="no")


async def test_a_message_arrives_as_it_is_with_an_id_that_stays():
    async with receiver() as ops:
        ops.answers.append(refusal(500))
        async with to(ops.url, Time(), Authorization="Bearer s3cret") as hook:
            found = await hook.deliver(MESSAGE)

        assert found == Delivery(Outcome.DELIVERED, 2, 204)
        assert hook.attempts == 2
        for request in ops.requests:
            assert request.body == MESSAGE.body
            assert request.headers["Content-Type"] == "application/json"
            assert request.headers["Idempotency-Key"] == MESSAGE.id
            assert request.headers["Authorization"] == "Bearer s3cret"


async def test_pauses_double_up_to_a_minute():
    async with receiver() as ops:
        time = Time()

        found = await delivered(ops, time, *(refusal(503) for _ in range(9)))

        assert found == Delivery(Outcome.DELIVERED, 10, 204)
        assert time.pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(status):
    async with receiver() as ops:
        assert await delivered(ops, Time(), refusal(status)) == Delivery(Outcome.DELIVERED, 2, 204)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 410, 413, 422])
async def test_a_refusal_is_not_tried_again_and_told(status, caplog):
    async with receiver() as ops:
        found = await delivered(ops, Time(), refusal(status, Location=ops.url))

        assert found == Delivery(Outcome.REFUSED, 1, status)
        assert len(ops.requests) == 1
    assert "receiver refused an alert receiver=ops" in caplog.text
    assert f'why="{status} no"' in caplog.text


@pytest.mark.parametrize(
    ("given", "pause"),
    [
        ("7", 7),
        ("0", 1),
        ("Fri, 02 Jan 2026 03:06:05 GMT", 120),
        ("Fri, 02 Jan 2026 03:04:00 GMT", 1),
        ("soon", 1),
        ("-5", 1),
    ],
)
async def test_a_receiver_says_when_it_wants_to_be_asked_again(given, pause):
    async with receiver() as ops:
        time = Time()

        await delivered(ops, time, refusal(429, **{"Retry-After": given}))

        assert time.pauses == [pause]


async def test_who_is_away_for_too_long_is_given_up(caplog):
    async with receiver() as ops:
        time = Time()

        found = await delivered(ops, time, *(refusal(500) for _ in range(20)), give_up_after_s=10)

        assert found == Delivery(Outcome.GIVEN_UP, 4, 500)
        assert time.pauses == [1, 2, 4]
        assert "alert given up receiver=ops" in caplog.text


async def test_a_receiver_that_asks_for_more_time_than_there_is_is_given_up_at_once():
    async with receiver() as ops:
        time = Time()

        found = await delivered(ops, time, refusal(503, **{"Retry-After": "3600"}), give_up_after_s=60)

        assert (found.outcome, time.pauses) == (Outcome.GIVEN_UP, [])


async def test_nobody_there_is_tried_again_without_a_code(unused_tcp_port_url):
    time = Time()
    async with to(unused_tcp_port_url, time, give_up_after_s=2) as hook:
        found = await hook.deliver(MESSAGE)

    assert found == Delivery(Outcome.GIVEN_UP, 2, None)


@pytest.fixture
async def unused_tcp_port_url():
    async with receiver() as gone:
        pass
    return gone.url


async def test_an_answer_that_does_not_come_is_none(monkeypatch):
    monkeypatch.setattr(webhook, "ANSWER_S", 0.05)
    async with receiver() as ops:
        ops.held = asyncio.Event()
        time = Time()
        async with to(ops.url, time, give_up_after_s=0) as hook:
            found = await hook.deliver(MESSAGE)
        ops.held.set()

    assert found == Delivery(Outcome.GIVEN_UP, 1, None)


async def test_no_line_holds_a_secret(caplog):
    caplog.set_level(0)
    async with receiver() as ops:
        ops.answers.extend([web.Response(status=500, text=f"at {ops.url}"), web.Response(status=403, text="s3cret?")])
        async with to(ops.url, Time(), Authorization="s3cret") as hook:
            await hook.deliver(MESSAGE)

        lines = [record.getMessage() for record in caplog.records if record.name == "rivergauge.notify"]
        assert len(lines) == 2
        assert not any("s3cret" in line or ops.url in line for line in lines)


async def test_the_environments_proxy_is_asked_unless_it_is_told_not_to(monkeypatch):
    async with receiver() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/hook"))
        monkeypatch.setenv("no_proxy", "elsewhere.invalid")
        async with to("http://ops.invalid/hook", Time(), give_up_after_s=0) as hook:
            through = await hook.deliver(MESSAGE)
        async with to("http://elsewhere.invalid/hook", Time(), give_up_after_s=0) as hook:
            around = await hook.deliver(MESSAGE)

        assert through.code == 204
        assert around.code is None
        assert [request.headers["Host"] for request in proxy.requests] == ["ops.invalid"]


async def test_who_leaves_waits_for_no_other_attempt():
    async with receiver() as ops:
        ops.answers.extend(refusal(500) for _ in range(2))
        paused = asyncio.Event()

        async def pause(_: float) -> None:
            paused.set()
            await asyncio.Event().wait()

        async with aiohttp.ClientSession() as session:
            hook = Webhook("ops", ops.url, {}, give_up_after_s=1e6, session=session, clock=Clock(pause=pause))
            delivering = asyncio.create_task(hook.deliver(MESSAGE))
            await paused.wait()
            hook.leave()
            with pytest.raises(asyncio.CancelledError):
                await delivering
            with pytest.raises(asyncio.CancelledError):
                await hook.deliver(MESSAGE)

        assert len(ops.requests) == 2

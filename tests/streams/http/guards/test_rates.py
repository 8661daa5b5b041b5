"""How often one client may ask: the law of the bucket against a model of it, and what a server answers."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from models.learner import Learner
from streams.http.guards import rates
from streams.http.guards.rates import Rates
from tests import builders
from tests.streams.http.guards.test_access import bearer, written
from tests.streams.http.serving import served


class Clock:
    def __init__(self) -> None:
        self.now = Fraction(0)

    def __call__(self) -> float:
        return float(self.now)


@given(
    rate=st.sampled_from([1, 2, 5, 1_000]),
    pauses=st.lists(st.sampled_from([0, 0, 0, 1, 10, 300]), max_size=60),
)
def test_a_client_has_a_bucket_that_holds_a_second_and_fills_as_time_goes(rate: int, pauses: list[int]):
    clock, drops = Clock(), Fraction(rate)
    limited = Rates(rate, clock)

    for pause in pauses:
        # Pauses are in thousandths of what one request is worth times ten, so that a drop is whole or clearly not.
        clock.now += Fraction(pause, 10 * rate)
        drops = min(Fraction(rate), drops + Fraction(pause, 10))
        wait_s = limited.wait_s("one")
        assert (wait_s == 0) == (drops >= 1)
        if drops >= 1:
            drops -= 1
        else:
            assert abs(wait_s - float((1 - drops) / rate)) < 1e-9


def test_who_asks_rarely_may_always_ask_once():
    clock = Clock()
    limited = Rates(0.5, clock)

    waits = []
    for now in (0, 1, 2):
        clock.now = Fraction(now)
        waits.append(limited.wait_s("one"))

    assert waits == [0, 1, 0]


def test_one_client_does_not_spend_anothers_requests():
    limited = Rates(1, Clock())

    assert [limited.wait_s(name) > 0 for name in ("one", "one", "two")] == [False, True, False]


def test_of_many_clients_the_one_that_asked_the_longest_ago_is_forgotten(monkeypatch):
    monkeypatch.setattr(rates, "CLIENTS", 2)
    limited = Rates(1, Clock())

    asked = [limited.wait_s(name) == 0 for name in ("one", "two", "one", "three", "two", "one")]

    assert asked == [True, True, False, True, True, True]


async def test_who_asks_too_often_is_told_when_to_come_back_and_probes_are_not_counted():
    gauge = builders.gauge()
    async with served(gauge, {0: Learner(gauge)}, requests_per_second=0.01) as ask:
        statuses = [(await ask("GET", path))[0] for path in ("/livez", "/openapi.json", "/livez", "/metrics", "/ping")]
        async with ask.session.get(f"http://127.0.0.1:{ask.health.port}/openapi.json") as refused:
            said = await refused.json(content_type=None)
            again = int(refused.headers["Retry-After"])

    assert statuses == [200] * 5
    assert (refused.status, refused.content_type) == (429, "application/problem+json")
    assert 90 < again <= 100
    assert "server.requests_per_second" in said["detail"]


async def test_tokens_count_by_their_names_and_wrong_ones_by_their_address():
    gauge = builders.gauge()
    environ = {"RIVERGAUGE_TOKENS": f"{written('a', 'read', 'one')} {written('b', 'read', 'two')}"}
    async with served(gauge, {0: Learner(gauge)}, environ=environ, requests_per_second=0.01) as ask:
        given = ("wrong", "guessed", "one", "one", "two")
        asked = [(await ask("GET", "/openapi.json", headers=bearer(token)))[0] for token in given]

    assert asked == [401, 429, 200, 429, 200]

"""What aiokafka's consumer keeps to itself is asked for, and told."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import FetchError
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupAuthorizationFailedError, InvalidSessionTimeoutError, KafkaError

from streams.engine.consumer_watch import SILENT_S, ConsumerWatch
from streams.kafka.troubles import Troubles


class Coordinator(GroupCoordinator):
    """A coordinator that is asked for what a test has put there."""

    def __init__(self) -> None:
        self.errors: list[KafkaError] = []
        self.rejoins = 0
        self.coordinator_id = 1
        self._subscription = SimpleNamespace(subscription=object())
        self._coordination_task: Any = asyncio.get_running_loop().create_future()

    def check_errors(self) -> None:
        if self.errors:
            raise self.errors.pop(0)

    def reset_generation(self) -> None:
        self.rejoins += 1

    def need_rejoin(self, subscription: Any) -> bool:
        return False


class World:
    def __init__(self) -> None:
        self.now = 1_000.0
        self.answered: int | None = None
        self.held: dict[str, Any] = {}
        self.ended: list[BaseException] = []
        self.coordinator = Coordinator()
        self.troubles = Troubles(self.ended.append)
        self.watch = ConsumerWatch(
            "pumps",
            consumer=lambda: SimpleNamespace(
                _coordinator=self.coordinator, _fetcher=SimpleNamespace(_records=self.held)
            ),
            wanted=lambda: {0},
            answered=lambda partition: self.answered,
            troubles=self.troubles,
            fail=self.ended.append,
            clock=lambda: self.now,
        )
        self.watch.sought(0)

    def reasons_after(self, seconds: float) -> list[str]:
        self.now += seconds
        self.watch.ask()
        return self.troubles.reasons()


@pytest.fixture
async def world() -> World:
    return World()


async def test_a_group_that_will_not_have_it_is_told_and_joined_again(world: World):
    world.coordinator.errors = [GroupAuthorizationFailedError("g")]

    [reason] = world.reasons_after(1)
    assert "consumer group g" in reason
    assert world.coordinator.rejoins == 1
    assert world.reasons_after(1) == []
    assert world.ended == []


async def test_what_the_group_refuses_for_good_ends_the_worker(world: World):
    world.coordinator.errors = [InvalidSessionTimeoutError()]

    assert world.reasons_after(1) == []
    assert [type(error) for error in world.ended] == [InvalidSessionTimeoutError]


async def test_a_coordinator_that_has_ended_ends_the_worker(world: World):
    world.coordinator._coordination_task.set_result(None)
    world.coordinator.errors = [KafkaError("Unexpected error during coordination")]

    world.watch.ask()

    assert len(world.ended) == 1


async def test_a_fetch_that_is_not_answered_is_told_until_one_is(world: World):
    assert world.reasons_after(SILENT_S) == []
    assert world.watch.in_touch() is False

    assert world.reasons_after(1) == ["pumps could be read, and no fetch was answered for 16 s"]

    world.answered = int(world.now * 1_000)
    assert world.reasons_after(1) == []
    assert world.watch.in_touch()


async def test_a_chunk_that_waits_for_room_is_a_reason_to_fetch_nothing(world: World):
    world.held["pumps/0"] = object()

    assert world.reasons_after(100) == []


async def test_a_refusal_that_waits_to_be_read_is_none(world: World):
    world.held["pumps/0"] = FetchError(error=KafkaError(), backoff=0.1)

    assert world.reasons_after(100) != []


async def test_a_new_assignment_has_not_waited_yet(world: World):
    world.watch.forget()

    assert world.reasons_after(100) == []
    world.watch.sought(0)
    assert world.reasons_after(1) == []

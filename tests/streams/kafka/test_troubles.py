"""What a worker bears, for how long, and what it says meanwhile."""

from __future__ import annotations

import logging

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, KafkaConnectionError, MessageSizeTooLargeError

from streams.here.exit_codes import ExitCode
from streams.here.failures import BrokerUnreachableError, LogRefusedError, NotAllowedError, TopicsError, WorkerError
from streams.kafka.troubles import FORGOTTEN_S, LASTING_S, REPEAT_S, Troubles
from streams.snapshots.failures import SnapshotStoreError

DENIED = NotAllowedError("not you")
AWAY = BrokerUnreachableError("nobody is there")
MISSING = TopicsError("no such topic")


class World:
    def __init__(self) -> None:
        self.now = 0.0
        self.ended: list[BaseException] = []
        self.troubles = Troubles(self.ended.append, clock=lambda: self.now)

    def tell_on(self, error: BaseException, until: float, source: str = "it", every: float = 1.0) -> None:
        """Meet the trouble again and again."""
        while self.now <= until and not self.ended:
            self.troubles.tell(source, error)
            self.now += every


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(("error", "code"), [(DENIED, 4), (GroupAuthorizationFailedError("g"), 4), (MISSING, 5)])
def test_what_a_person_has_to_mend_is_borne_for_a_minute_and_ends_with_its_code(
    world: World, error: Exception, code: int
):
    world.tell_on(error, until=LASTING_S - 1)
    assert not world.ended

    world.tell_on(error, until=LASTING_S)

    [reason] = world.ended
    assert isinstance(reason, WorkerError)
    assert reason.exit_code == code
    assert "waited 60 s for that to change" in str(reason)


@pytest.mark.parametrize("error", [AWAY, KafkaConnectionError(), TimeoutError(), SnapshotStoreError("disk full")])
def test_what_is_away_is_borne_for_ever(world: World, error: Exception):
    world.tell_on(error, until=100_000, every=10)

    assert not world.ended
    assert world.troubles.reasons()


@pytest.mark.parametrize(
    ("error", "code"), [(LogRefusedError("another log"), 6), (MessageSizeTooLargeError(), 4), (ValueError(), 70)]
)
def test_what_waiting_cannot_change_ends_the_worker_at_once(world: World, error: Exception, code: int):
    world.troubles.tell("it", error)

    [reason] = world.ended
    assert isinstance(reason, WorkerError)
    assert reason.exit_code == ExitCode(code)


def test_patience_begins_anew_when_all_was_well_between(world: World):
    world.tell_on(DENIED, until=LASTING_S - 1)
    world.troubles.well("it")

    world.tell_on(DENIED, until=2 * LASTING_S - 5)

    assert not world.ended


def test_one_patience_counts_for_all_that_meet_the_same(world: World):
    world.tell_on(DENIED, until=LASTING_S / 2, source="one")
    world.troubles.tell("other", DENIED)
    world.troubles.well("one")

    world.tell_on(DENIED, until=LASTING_S, source="other")

    assert world.ended


def test_being_away_does_not_count_as_a_refusal(world: World):
    world.tell_on(DENIED, until=LASTING_S - 1)

    world.tell_on(AWAY, until=LASTING_S + 5)

    assert not world.ended
    assert world.troubles.reasons() == ["nobody is there"]


def test_what_is_told_no_more_is_forgotten(world: World):
    world.troubles.tell("it", AWAY)

    world.now = FORGOTTEN_S
    world.troubles.review()

    assert not world.troubles
    assert world.troubles.reasons() == []


def test_the_reasons_are_said_once_each(world: World):
    world.troubles.tell("one", AWAY)
    world.troubles.tell("other", AWAY)
    world.troubles.tell("third", MISSING)

    assert world.troubles.reasons() == ["nobody is there", "no such topic"]


def test_a_trouble_is_logged_at_once_and_then_at_a_bounded_rate(world: World, caplog):
    caplog.set_level(logging.INFO)

    world.tell_on(DENIED, until=2 * REPEAT_S + 1, every=0.5)
    world.troubles.well("it")

    first, *more, last = [record.getMessage() for record in caplog.records]
    assert first == 'broker refuses reason="not you" gives_up_in_s=60'
    assert [line.split("gives_up_in_s=")[1] for line in more] == ["50", "40"]
    assert last == "trouble is over lasted_s=22"


def test_a_trouble_of_another_kind_is_logged_at_once(world: World, caplog):
    world.troubles.tell("one", AWAY)
    world.troubles.tell("other", MISSING)

    assert [record.getMessage().split(" reason")[0] for record in caplog.records] == [
        "broker unreachable",
        "topics missing",
    ]

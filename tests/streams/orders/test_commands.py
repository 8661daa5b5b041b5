"""Operators' words from the command line into the log, and what a worker makes of them there.

Oracle: the door that reads the log (`models.door.decoder`), and what is on the topics.
"""

from __future__ import annotations

import asyncio

import pytest

from models.door.decoder import Decoder
from schemas.commands import Pause, Promote
from schemas.events import CommandReceived
from streams.broker.inprocess import InProcessBroker
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load
from tests.streams import reading
from tests.streams.cli.showing import as_json, create_topics, gauge_file, printed, publish, rivergauge
from tests.streams.orders.operator import values
from tests.streams.serving import work
from tests.streams.view.wire import Wire

ALLOW = '\n[operators]\nallow = ["promote", "pause"]\n[evaluation]\nholdout = 0\n'
BY = ("--who", "ann@ops", "--why", "the new sensor")


@pytest.fixture
def broker():
    with InProcessBroker() as made:
        yield made


@pytest.fixture
def path(broker, tmp_path):
    """The gauge file of an input with three partitions."""
    broker.create_topic("pumps", 3)
    return gauge_file(tmp_path, broker.bootstrap_servers, ALLOW)


def commands(broker, path, partition):
    decoder = Decoder(load(path))
    records = asyncio.run(reading.records(broker.bootstrap_servers, "pumps", partition))
    decoded = [decoder.decode(record) for record in records]
    return [one.command if isinstance(one, CommandReceived) else one for one in decoded]


def send(broker, records):
    publish(broker.bootstrap_servers, [Wire("pumps", 0, 0, 1_000, None, value, []) for value in records])


@pytest.mark.broker
def test_a_command_about_a_version_stands_in_its_partition(broker, path):
    said = as_json("command", "promote", path, "2.1-7", *BY)

    promote = Promote(version="2.1-7", who="ann@ops", why="the new sensor")
    assert said == {"commands": [{"partition": 2, "offset": 0, "command": promote.model_dump()}]}
    assert [commands(broker, path, n) for n in range(3)] == [[], [], [promote]]


@pytest.mark.broker
def test_one_about_no_version_stands_in_every_partition_or_in_the_one_that_is_named(broker, path):
    printed("command", "pause", path, *BY)
    told = printed("command", "resume", path, "--partition", 1)

    assert [len(commands(broker, path, n)) for n in range(3)] == [1, 2, 1]
    assert commands(broker, path, 0) == [Pause(who="ann@ops", why="the new sensor")]
    resumed = commands(broker, path, 1)[1]
    assert (resumed.command, resumed.why) == ("resume", "")
    assert "@" in resumed.who
    assert f"pumps/1: resume, by {resumed.who}, stands at offset 1" in told


@pytest.mark.broker
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("retrain",), "add 'retrain' to allow in its [operators]"),
        (("promote", "0"), "version must be a version's name, as in 0-3"),
        (("promote", "3-1"), "partition must be 0 to 2, as pumps has, got 3"),
        (("pause", "--partition", 3), "partition must be 0 to 2, as pumps has, got 3"),
        (("pause", "--who", "ann\x1b[2J"), "who must be one line of text without control characters, and not blank"),
        (("pause", "--why", "x" * 501), "why: String should have at most 500 characters"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_written(broker, path, words, why):
    word, *rest = words

    done = rivergauge("command", word, path, *rest)

    assert done.exit_code == ExitCode.USAGE
    assert why in done.stderr.replace("\n", " ")
    assert [commands(broker, path, n) for n in range(3)] == [[], [], []]


@pytest.mark.broker
def test_a_worker_obeys_and_everybody_sees_who_said_so_and_why(tmp_path):
    with InProcessBroker() as broker:
        create_topics(broker, 1)
        broker.create_topic("pumps", 1)
        path = gauge_file(tmp_path, broker.bootstrap_servers, ALLOW)
        gauge = load(path)
        send(broker, values(20))
        printed("command", "pause", path, *BY)
        printed("command", "promote", path, "0-9", *BY)
        send(broker, values(30)[20:])

        assert asyncio.run(work(gauge)) == ExitCode.OK

        [version] = as_json("versions", "list", path)["versions"]
        [letter] = as_json("dlq", "list", path)["dead_letters"]
        told = printed("status", path)
        steps = " ".join(printed("versions", "show", path, "0-1").split())
    assert (version["step"], version["who"], version["why"]) == ("paused", "ann@ops", "the new sensor")
    assert version["learned_labels"] == 20
    assert [step.get("who") for step in version["steps"]] == [None, None, "ann@ops"]
    assert "an operator paused learning; ann@ops: the new sensor" in steps
    assert "paused by ann@ops at position 20: the new sensor" in told
    assert (letter["reason"], letter["record"]) == ("command_refused", "command")
    assert letter["detail"] == "no version 0-9 lives; there are 0-1 (champion)"

"""Dead letters sent again: as they came, once each, and no more often than is allowed.

Oracle: the records that were refused, as they were made here; `tests.streams.reading` for what is on the topics.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from models.learner import Learner
from schemas.events import Reason
from schemas.gauge import Gauge
from schemas.records import DeadLetter
from streams.broker.inprocess import InProcessBroker
from streams.here.gaugefile import load
from streams.kafka.connection import client_settings
from streams.redrive import audit, redrive
from tests import builders
from tests.streams import reading
from tests.streams.cli.showing import as_json, create_topics, gauge_file, printed, publish, rivergauge
from tests.streams.orders import operator
from tests.streams.serving import send, work
from tests.streams.view.wire import Wire, on_the_wire

STRANGE = b'  {"id": "7", "at": "2024-01-01T00:00:00Z", "a": 1.0, "site": "new",\n "y": "bad"}\xc3\xa9'[:-2]
BINARY = b"\xff\xfe no json \x00"


def letter(position: int, raw: bytes | None, *, reason: Reason = Reason.UNKNOWN_CATEGORY, key: bytes | None = b"k"):
    return DeadLetter(position, None, position, reason, "unknown category 'new'", key, raw)


class Setting:
    """A gauge file, and the topics on a broker in this process."""

    def __init__(self, broker: InProcessBroker, directory: Path, partitions: int = 1) -> None:
        self.broker = broker
        create_topics(broker, partitions)
        broker.create_topic("pumps", partitions)
        broker.create_topic("pumps.redriven", 1)
        self.path = gauge_file(directory, broker.bootstrap_servers)

    def refuse(self, *letters: DeadLetter, partition: int = 0) -> None:
        publish(self.broker.bootstrap_servers, [on_the_wire(one, partition=partition) for one in letters])

    def input(self, partition: int = 0):
        return asyncio.run(reading.records(self.broker.bootstrap_servers, "pumps", partition))

    def redrive(self, *options: object):
        return as_json("dlq", "redrive", self.path, "--yes", *options)


@pytest.fixture
def setting(tmp_path):
    with InProcessBroker() as broker:
        yield Setting(broker, tmp_path)


@pytest.mark.broker
def test_letters_arrive_byte_for_byte_and_never_twice(setting):
    records = [(STRANGE, b"k"), (BINARY, b"\x00\xff"), (b"x" * 50_000, None), (None, b"tombstone"), (b"", b"")]
    setting.refuse(*(letter(n, raw, key=key) for n, (raw, key) in enumerate(records)))

    first, second = setting.redrive(), setting.redrive()

    arrived = setting.input()
    assert [(record.value, record.key) for record in arrived] == records
    assert [one["sent_to"] for one in first["redriven"]] == [record.offset for record in arrived]
    assert {dict(record.headers)["rivergauge_redrive_attempt"] for record in arrived} == {b"1"}
    assert dict(arrived[1].headers)["rivergauge_redrive_of"] == b"pumps:0:1:dead_letter:0"
    assert (second["letters"], second["redriven"], second["sent_before"]) == ([], [], 5)


@pytest.mark.broker
def test_every_letter_is_recorded_with_who_and_when(setting):
    setting.refuse(letter(3, STRANGE))

    [told] = setting.redrive()["redriven"]

    [record] = asyncio.run(reading.records(setting.broker.bootstrap_servers, "pumps.redriven"))
    assert record.key == b"pumps/pumps:0:3:dead_letter:0"
    assert json.loads(record.value) == told
    assert told["letter"] == "pumps:0:3:dead_letter:0"
    assert (told["partition"], told["offset"], told["source"], told["attempt"]) == (0, 0, 3, 1)
    assert "@" in told["who"]
    assert told["at"].startswith("20")


@pytest.mark.broker
def test_a_record_that_is_refused_again_has_so_many_attempts(setting):
    setting.refuse(letter(0, STRANGE))
    attempts = []
    for _ in range(3):
        [sent] = setting.redrive("--attempts", 2)["redriven"] or [None]
        if sent is None:
            break
        attempts.append(sent["attempt"])
        setting.refuse(letter(100 + sent["sent_to"], STRANGE)._replace(source=sent["sent_to"]))

    spent = setting.redrive("--attempts", 2)

    assert attempts == [1, 2]
    assert [dict(record.headers)["rivergauge_redrive_attempt"] for record in setting.input()] == [b"1", b"2"]
    assert (spent["out_of_attempts"], spent["sent_before"]) == (1, 2)
    assert setting.redrive("--attempts", 3)["redriven"][0]["attempt"] == 3


@pytest.mark.broker
def test_what_was_cut_when_it_was_published_is_not_sent_and_that_is_told(setting):
    whole = on_the_wire(letter(0, b"x" * 10))
    cut = Wire(*whole[:6], [*whole.headers, ("rivergauge_value_length", b"5000000")])
    publish(setting.broker.bootstrap_servers, [cut])

    told = printed("dlq", "redrive", setting.path, "--yes")
    shown = as_json("dlq", "show", setting.path, 0, 0)

    assert "no dead letter to send to pumps again" in told
    assert "1 were too large for pumps.dead_letters and are there in part only" in told
    assert shown["cut"] is True
    assert setting.input() == []


@pytest.mark.broker
def test_reason_partition_and_limit_choose_the_oldest(tmp_path):
    with InProcessBroker() as broker:
        setting = Setting(broker, tmp_path, partitions=2)
        setting.refuse(*(letter(n, b"a%d" % n) for n in range(4)), letter(4, BINARY, reason=Reason.NOT_JSON))
        setting.refuse(letter(0, b"b0"), partition=1)

        dry = as_json("dlq", "redrive", setting.path, "--dry-run", "--reason", "unknown_category", "--partition", 0)
        done = setting.redrive("--reason", "unknown_category", "--partition", 0, "--limit", 3)

        assert len(dry["letters"]) == 4
        assert dry["redriven"] == []
        assert [record.value for record in setting.input(0)] == [b"a0", b"a1", b"a2"]
        assert setting.input(1) == []
        assert done["left_out"] == 1


@pytest.mark.broker
def test_without_a_terminal_or_consent_nothing_is_sent(setting):
    setting.refuse(letter(0, STRANGE))

    done = rivergauge("dlq", "redrive", setting.path)

    assert done.exit_code == 2
    assert "nothing was sent: there is no terminal to ask at; give --yes. What it would mean: 1 dead letter" in (
        done.stderr
    )
    assert setting.input() == []


@pytest.mark.broker
def test_letters_are_listed_without_what_they_held_and_shown_with_it(setting):
    setting.refuse(letter(0, STRANGE), letter(1, b"\x1b[31m\xff", reason=Reason.NOT_JSON))

    listed = as_json("dlq", "list", setting.path, "--reason", "not_json")
    rows = printed("dlq", "list", setting.path)
    whole = as_json("dlq", "show", setting.path, 0, 0)
    told = printed("dlq", "show", setting.path, 0, 1)
    missing = rivergauge("dlq", "show", setting.path, 0, 99)

    assert [one["offset"] for one in listed["dead_letters"]] == [1]
    assert "value" not in listed["dead_letters"][0]
    assert "unknown_category" in rows
    assert (whole["value"], whole["key"]) == (STRANGE.decode(), "k")
    assert r"\x1b[31m\xff" in told
    assert missing.exit_code == 2
    assert "pumps.dead_letters/0 holds no dead letter at offset 99" in missing.stderr


def with_categories(path: Path, *values: str) -> Gauge:
    kept = [line for line in path.read_text().splitlines() if not line.startswith("site = ")]
    site = f'site = {{ type = "category", values = {json.dumps(values)} }}'
    path.write_text("\n".join(kept).replace('a = "number"', f'a = "number"\n{site}'))
    return load(path)


@pytest.mark.broker
def test_a_record_refused_for_its_category_is_scored_once_the_gauge_takes_it(setting):
    _, effects = builders.run(with_categories(setting.path, "old"), [STRANGE])
    setting.refuse(*builders.dead_letters(effects))
    assert builders.dead_letters(effects)[0].reason is Reason.UNKNOWN_CATEGORY

    setting.redrive()

    [record] = setting.input()
    after = with_categories(setting.path, "old", "new")
    assert record.value == STRANGE
    assert builders.predictions(builders.flat(builders.fold(Learner(after), builders.decoded(after, [record.value]))))


async def redriven(path: Path) -> list[dict]:
    said = await operator.command("dlq", "redrive", path, "--yes", "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)["redriven"]


async def ended_before_it_is_recorded(gauge: Gauge) -> None:
    """A redrive that fails when its records are sent, and nothing is recorded of them yet."""

    def fail(*_: object) -> bytes:
        raise ZeroDivisionError

    settings = client_settings(gauge.connection, os.environ)
    planned = await redrive.plan(gauge, settings, redrive.Wish(None, None, 10, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "key_of", fail)
        with pytest.raises(ZeroDivisionError):
            await redrive.carry_out(gauge, settings, planned, who="nobody", heard=lambda _: None)

    assert len(planned.letters) == 1


@pytest.mark.kafka
async def test_a_service_scores_what_was_redriven_exactly_once(kafka: str, tmp_path: Path):
    path = operator.gauge_file(tmp_path, kafka)
    gauge = with_categories(path, "old")
    records = [builders.record(n, a=1.0, site="new" if n == 2 else "old", y="bad") for n in range(5)]
    await send(gauge, records)
    await work(gauge)
    gauge = with_categories(path, "old", "new")
    said = await operator.command("reset", path, "--offset", "5", "--partition", "0", "--yes")
    assert said.code == 0, said.err

    await ended_before_it_is_recorded(gauge)
    first, second = await redriven(path), await redriven(path)
    await work(gauge)

    arrived = await reading.records(kafka, gauge.topics.input)
    predictions = await reading.records(kafka, gauge.topics.predictions)
    assert [record.value for record in arrived] == [*records, records[2]]
    assert [one["source"] for one in first] == [2]
    assert second == []
    assert [json.loads(one.value)["id"] for one in predictions] == ["0", "1", "3", "4", "2"]


@pytest.mark.broker
def test_an_operators_command_is_given_anew_and_never_sent_again(setting):
    refused = [Reason.COMMAND_REFUSED, Reason.COMMAND_NOT_ALLOWED, Reason.BAD_COMMAND, Reason.UNKNOWN_CATEGORY]
    setting.refuse(*(letter(n, STRANGE, reason=reason) for n, reason in enumerate(refused)))

    told = setting.redrive()

    assert [one["source"] for one in told["redriven"]] == [3]

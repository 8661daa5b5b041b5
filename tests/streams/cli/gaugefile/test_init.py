"""``rivergauge init``: what it writes can be run, and what it must not do it does not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from typer.testing import CliRunner

from streams.broker.inprocess import InProcessBroker
from streams.cli.app import app
from streams.data.sampling import sample
from streams.here.exit_codes import ExitCode
from tests.streams.cli.showing import publish
from tests.streams.view.wire import Wire

READINGS = ["taken_at,site,pressure,age_days,failed"] + [
    f"2024-03-01 {n // 60:02}:{n % 60:02}:00,{'nsh'[n % 3]},{200 + n * 37 % 61},"
    f"{n if n % 5 else 'NA'},{'no' if n % 4 else 'yes'}"
    for n in range(300)
]


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "pumps.csv"
    path.write_text("\n".join(READINGS) + "\n", encoding="utf-8")
    return path


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_what_is_written_is_checked_and_folded_without_a_refusal(data, tmp_path):
    file = tmp_path / "pumps.toml"

    written = call("init", data, "--label", "failed", "--out", file)
    checked = call("check", file, "--json")
    tested = call("backtest", file, data, "--json")

    assert written.exit_code == ExitCode.OK
    assert "failed, binary: no, yes; yes is positive" in written.stdout
    assert json.loads(checked.stdout)["warnings"] == []
    told = json.loads(tested.stdout)
    assert (told["gauge"], told["events"], told["dead_letters"], told["refusals"]) == ("pumps", 300, {}, [])


def test_programs_are_told_what_was_found(data, tmp_path):
    told = json.loads(call("init", data, "--label", "failed", "--out", tmp_path / "g.toml", "--json").stdout)

    assert told["features"] == {"site": "category", "pressure": "number", "age_days": "number"}
    assert (told["task"], told["positive"], told["time"], told["id"]) == ("binary", "yes", "taken_at", None)
    assert (told["missing"], told["refused"], told["rows"]) == (["NA"], [], 300)


def test_numbers_with_a_comma_are_told_of_with_what_to_do(tmp_path):
    data, file = tmp_path / "pumps.csv", tmp_path / "g.toml"
    data.write_text("level;flow;failed\n" + "".join(f"{n % 3},5;{n};{n % 2}\n" for n in range(80)))

    written = call("init", data, "--label", "failed", "--out", file)
    told = json.loads(call("init", data, "--label", "failed", "--out", file, "--force", "--json").stdout)

    what = "numbers with a comma, as 0,5, are read as text: write them with a decimal point alone, and run init again"
    assert written.stderr == f"warning: level: {what}\n"
    assert told["warnings"] == [{"where": "level", "what": what}]
    assert f'level = "category" # {what}\n' in file.read_text()
    assert call("check", file).exit_code == ExitCode.OK


def test_a_file_that_is_there_is_written_over_by_force_only(data, tmp_path):
    file = tmp_path / "pumps.toml"
    file.write_text("mine")

    kept = call("init", data, "--label", "failed", "--out", file)
    mine = file.read_text()
    forced = call("init", data, "--label", "failed", "--out", file, "--force")

    assert (kept.exit_code, mine) == (ExitCode.USAGE, "mine")
    assert "--force" in kept.stderr
    assert (forced.exit_code, "[features]" in file.read_text()) == (ExitCode.OK, True)
    assert call("init", data, "--label", "failed", "--out", data, "--force").exit_code == ExitCode.USAGE


def test_a_row_that_is_none_is_told_and_the_others_are_taken(data, tmp_path):
    data.write_text("\n".join([*READINGS, "too,short"]) + "\n", encoding="utf-8")

    written = call("init", data, "--label", "failed", "--out", tmp_path / "g.toml")

    assert written.exit_code == ExitCode.OK
    assert "not_json 1: the first at line 302: expected 5 cells" in written.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--label", "faild"], "did you mean 'failed'?"),
        (["--label", "failed", "--name", "a b"], "--name must begin"),
        (["--label", "failed", "--time", "site"], "expected times"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(arguments, words, data, tmp_path):
    refused = call("init", data, *arguments, "--out", tmp_path / "g.toml", "--json")

    assert refused.exit_code == ExitCode.USAGE
    assert words in json.loads(refused.stdout)["problems"][0]["what"]
    assert not (tmp_path / "g.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["kafka://127.0.0.1:9092/pumps"], "name a topic with --topic"),
        ([], "name a data file, or a topic with --topic: one of them"),
        (["pumps.csv", "--topic", "pumps"], "name a data file, or a topic with --topic: one of them"),
        (["pumps.csv", "--connection", "x"], "--connection would not be used"),
        (["--topic", "pumps", "--connection", "nowhere.toml"], "nowhere.toml"),
        (["--topic", "pumps", "--bootstrap-servers", " "], "must name servers"),
        (["--topic", "p!", "--name", "a b"], "--name must begin"),
    ],
)
def test_what_is_looked_at_must_be_clear(arguments, words, tmp_path):
    refused = call("init", *arguments, "--label", "failed", "--out", tmp_path / "g.toml")

    assert refused.exit_code == ExitCode.USAGE
    assert words in refused.stderr
    assert refused.stderr.startswith("error: ")
    assert not (tmp_path / "g.toml").exists()


EVENTS = [
    {
        "id": f"p-{n}",
        "at": f"2024-03-01T{n // 60:02}:{n % 60:02}:00Z",
        "site": "nsh"[n % 3],
        "pressure": 200 + n * 37 % 61,
    }
    for n in range(400)
]
RECORDS = [
    record
    for event in EVENTS
    for record in (event, {"id": event["id"], "at": event["at"], "failed": "yes" if event["pressure"] > 240 else "no"})
]


def written(values: Iterable[bytes | None]) -> list[Wire]:
    """As records of two partitions, a second apart."""
    return [Wire("pumps", n // 2 % 2, 0, 1_000 * (n + 1), b"key", value, []) for n, value in enumerate(values)]


@pytest.fixture(scope="module")
def topic():
    """A broker with the records, spread over the partitions of a topic, and others between them."""
    values: list[bytes | None] = [json.dumps(record, indent=1).encode() for record in RECORDS]
    with InProcessBroker() as broker:
        for name, partitions in (("pumps", 2), ("avro", 1)):
            broker.create_topic(name, partitions)
        publish(broker.bootstrap_servers, written([*values, None, b""]))
        publish(broker.bootstrap_servers, [Wire("avro", 0, 0, 1, None, b"\x00\x00\x00\x00\x07SECRET", [])])
        yield broker.bootstrap_servers


@pytest.mark.broker
def test_a_topic_is_drafted_as_a_file_of_its_records_is(topic, tmp_path):
    file, of_topic, of_file = (tmp_path / name for name in ("pumps.jsonl", "topic.toml", "file.toml"))
    file.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    common = "--label", "failed", "--out"

    made = call("init", "--topic", "pumps", "--bootstrap-servers", topic, *common, of_topic)
    call("init", file, *common, of_file)
    checked = call("check", of_topic, "--json")

    assert made.exit_code == ExitCode.OK, made.output
    assert "from 800 rows of topic pumps" in made.stdout
    assert f"next: rivergauge run {of_topic}" in made.stdout
    assert json.loads(checked.stdout)["warnings"] == []
    _, *lines = of_topic.read_text().splitlines()
    place = ["", "[topics]", 'input = "pumps"', "", "[connection]", f'bootstrap_servers = "{topic}"']
    at = lines.index("[topics]") - 1
    assert lines[at : at + len(place)] == place
    assert lines[:at] + lines[at + len(place) :] == of_file.read_text().splitlines()[1:]


@pytest.mark.broker
def test_the_newest_records_of_each_partition_are_looked_at(topic, tmp_path):
    out = tmp_path / "g.toml"

    told = call(
        "init", "--topic", "pumps", "--bootstrap-servers", topic, "--label", "failed", "--out", out, "--events", 200,
        "--json",
    )  # fmt: skip

    answer = json.loads(told.stdout)
    assert (answer["rows"], answer["topic"], answer["time"], answer["id"]) == (198, "pumps", "at", "id")


@pytest.mark.broker
@pytest.mark.parametrize(
    ("name", "label", "words"),
    [
        ("pump", "failed", "there is no topic 'pump', or it may not be seen; did you mean 'pumps'?"),
        ("avro", "failed", "records that begin with a zero byte"),
        ("pumps", "faild", "did you mean 'failed'?"),
    ],
)
def test_a_topic_that_cannot_be_looked_at_is_told(topic, name, label, words, tmp_path):
    refused = call(
        "init", "--topic", name, "--bootstrap-servers", topic, "--label", label, "--out", tmp_path / "g.toml"
    )

    assert refused.exit_code in (ExitCode.USAGE, ExitCode.TOPICS)
    assert words in refused.stderr
    assert "SECRET" not in refused.output
    assert not (tmp_path / "g.toml").exists()


@pytest.mark.broker
def test_the_connection_of_a_file_is_taken_and_written(topic, tmp_path):
    out, base = tmp_path / "g.toml", tmp_path / "base.toml"
    base.write_text('[connection]\nbootstrap_servers = "127.0.0.1:1"\nsecurity = "plaintext"\n[other]\nx = 1\n')

    made = call(
        "init",
        "--topic",
        "pumps",
        "--connection",
        base,
        "--bootstrap-servers",
        topic,
        "--label",
        "failed",
        "--out",
        out,
    )

    assert made.exit_code == ExitCode.OK, made.output
    assert f'bootstrap_servers = "{topic}"\nsecurity = "plaintext"\n' in out.read_text()


def test_a_broker_that_is_away_is_told(tmp_path):
    away = call(
        "init", "--topic", "p", "--bootstrap-servers", "127.0.0.1:1", "--label", "y", "--out", tmp_path / "g.toml"
    )

    assert away.exit_code == ExitCode.BROKER_UNREACHABLE
    assert away.stderr.splitlines()[-1].startswith("error: ")


@pytest.mark.kafka
async def test_what_was_aborted_is_not_looked_at(kafka, tmp_path):
    topic = f"init-{uuid.uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=topic) as producer:
        for value, is_kept in ((b"kept", True), (b"aborted", False), (b"kept too", True)):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, value)
            await (producer.commit_transaction() if is_kept else producer.abort_transaction())

    with (tmp_path / "sample").open("wb") as file:
        assert await sample({"bootstrap_servers": kafka}, topic, 100, file) == 2
    assert (tmp_path / "sample").read_bytes() == b"kept\nkept too\n"

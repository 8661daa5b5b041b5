"""``rivergauge schema``: documents of a gauge file, without a broker and without a worker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.documents.records import record_schemas
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load
from tests.streams.cli.showing import as_json, gauge_file, printed, rivergauge


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return gauge_file(tmp_path, "nowhere:9")


def test_the_topics_of_a_gauge_are_those_of_its_file(file: Path):
    document = json.loads(printed("schema", "asyncapi", file))

    assert document == as_json("schema", "asyncapi", file)
    assert document["servers"]["kafka_1"]["host"] == "nowhere:9"
    topics = load(file).topics
    assert [one["address"] for one in document["channels"].values()] == [topics.input, *topics.outputs]


def test_the_server_is_described_without_one(file: Path):
    document = as_json("schema", "openapi", file)

    assert document["openapi"].startswith("3.1")
    assert {"/livez", "/metrics", "/v1/score", "/v1/events", "/v1/status", "/invocations"} <= document["paths"].keys()


def test_records_are_described_as_every_gauges_or_as_one_gauges(file: Path):
    assert as_json("schema", "records") == record_schemas()
    assert as_json("schema", "records", file) == record_schemas(load(file))


def test_each_schema_can_have_a_file(tmp_path: Path):
    printed("schema", "records", "--dir", tmp_path)

    assert {path.name: json.loads(path.read_text()) for path in tmp_path.glob("*.json")} == {
        f"{name}.json": schema for name, schema in record_schemas().items()
    }


def test_a_file_that_is_no_gauge_is_refused_with_its_problem(tmp_path: Path):
    (tmp_path / "bad.toml").write_text('name = "pumps"\n')

    done = rivergauge("schema", "asyncapi", tmp_path / "bad.toml", "--json")

    assert done.exit_code == ExitCode.USAGE
    assert "task" in {problem["where"] for problem in json.loads(done.stdout)["problems"]}


def test_a_directory_that_is_not_there_is_named(tmp_path: Path):
    done = rivergauge("schema", "records", "--dir", tmp_path / "none")

    assert done.exit_code == ExitCode.USAGE
    assert str(tmp_path / "none") in done.stderr

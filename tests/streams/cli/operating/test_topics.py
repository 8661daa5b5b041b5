"""``rivergauge topics`` on a real Kafka. Oracle: another client than ours, librdkafka's, tells what is there."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from streams.here.exit_codes import ExitCode
from tests.streams.cli.showing import TEXT, rivergauge

pytestmark = pytest.mark.kafka


class Broker:
    def __init__(self, servers: str) -> None:
        self.admin = AdminClient({"bootstrap.servers": servers})

    def make(self, name: str, partitions: int = 1, **settings: str) -> None:
        config = {setting.replace("_", "."): value for setting, value in settings.items()}
        for done in self.admin.create_topics([NewTopic(name, partitions, 1, config=config)]).values():
            done.result()
        while name not in self.topics(name):  # made, and not yet known everywhere
            pass

    def topics(self, prefix: str) -> dict[str, int]:
        every = self.admin.list_topics(timeout=20).topics
        return {name: len(topic.partitions) for name, topic in every.items() if name.startswith(prefix)}

    def has(self, topic: str, name: str, value: str) -> bool:
        """Whether a setting is this by now: what was altered is not at once known everywhere."""
        until = monotonic() + 20
        while self.setting(topic, name) != value and monotonic() < until:
            pass
        return self.setting(topic, name) == value

    def setting(self, topic: str, name: str) -> str:
        [done] = self.admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]).values()
        return str(done.result()[name].value)


@pytest.fixture
def gauge(kafka: str, tmp_path: Path) -> tuple[Path, str]:
    """A gauge file whose topics nobody else has, and their prefix."""
    prefix = f"topics-{uuid.uuid4().hex}"
    path = tmp_path / "gauge.toml"
    text = TEXT.format(servers=kafka, directory=tmp_path)
    path.write_text(f'{text}[topics]\ninput = "{prefix}"\npartitions = 3\n')
    return path, prefix


def told(*words: Any) -> dict[str, Any]:
    done = rivergauge("topics", *words, "--json")
    assert done.exit_code == ExitCode.OK, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_what_is_planned_is_made_once(kafka, gauge):
    path, prefix = gauge
    broker = Broker(kafka)

    planned, before = told("plan", path), broker.topics(prefix)
    applied, after = told("apply", path, "--yes"), broker.topics(prefix)
    again = rivergauge("topics", "apply", path)

    assert {one["action"] for one in planned["topics"]} == {"create"}
    assert (before, planned["applied"], applied["applied"]) == ({}, False, True)
    assert after == {one["topic"]: one["partitions"] for one in planned["topics"]}
    assert after[prefix] == after[f"{prefix}.alerts"] == 3
    assert broker.setting(f"{prefix}.control", "cleanup.policy") == "compact"
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (ExitCode.OK, "nothing is to be done")


def test_what_differs_is_altered_when_it_is_agreed_to_and_nothing_else_is(kafka, gauge):
    path, prefix = gauge
    broker, letters = Broker(kafka), f"{prefix}.dead_letters"
    broker.make(prefix)
    broker.make(letters, max_message_bytes="5000", segment_ms="123456789")

    asked = rivergauge("topics", "apply", path)
    before = broker.setting(letters, "max.message.bytes")
    done = rivergauge("topics", "apply", path, "--yes")

    assert asked.exit_code == ExitCode.USAGE
    assert "give --yes. What it would mean: 7 topics to make, 1 topic to alter" in asked.stderr
    assert "max.message.bytes 5000 → 1048588" in asked.stdout
    assert (before, done.exit_code) == ("5000", ExitCode.OK)
    assert done.stdout.splitlines()[-1] == "7 topics made, 1 topic altered"
    assert broker.has(letters, "max.message.bytes", "1048588")
    assert broker.setting(letters, "segment.ms") == "123456789"


def test_where_something_would_be_lost_nothing_is_done(kafka, gauge):
    path, prefix = gauge
    broker = Broker(kafka)
    broker.make(prefix, cleanup_policy="compact")
    broker.make(f"{prefix}.alerts", 2)

    planned = rivergauge("topics", "plan", path)
    refused = rivergauge("topics", "apply", path, "--yes", "--json")

    assert planned.exit_code == refused.exit_code == ExitCode.TOPICS
    assert "cleanup.policy is compact" in planned.stdout
    problems = {one["where"]: one["what"] for one in json.loads(refused.stdout)["problems"]}
    assert set(problems) == {prefix, f"{prefix}.alerts"}
    assert "it has 2 partitions" in problems[f"{prefix}.alerts"]
    assert broker.topics(prefix) == {prefix: 1, f"{prefix}.alerts": 2}


def test_a_broker_that_is_away_is_told(tmp_path):
    path = tmp_path / "gauge.toml"
    path.write_text(TEXT.format(servers="127.0.0.1:1", directory=tmp_path))

    done = rivergauge("topics", "plan", path)

    assert done.exit_code == ExitCode.BROKER_UNREACHABLE
    assert done.stderr.splitlines()[-1].startswith("error: ")

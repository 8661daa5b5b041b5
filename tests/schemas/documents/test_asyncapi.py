"""The AsyncAPI document of a gauge, read by the official parser, whose schemas are those of the records."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from schemas.documents.asyncapi import asyncapi
from schemas.gauge import Gauge
from schemas.record_table import KINDS
from tests import builders
from tests.conftest import ROOT, Require
from tests.schemas.documents.published import STREAMS, Published, gauge_of, published

MODULES = Path(os.environ.get("NODE_PATH") or ROOT / ".cache" / "ci-tools" / "node_modules")
SECURED = builders.gauge(
    """
[connection]
bootstrap_servers = "one:9093, two:9093"
security = "sasl_tls"
sasl_username = "pumps"
[topics]
input = "plant-7.pumps_in"
alerts = "plant-7.alarms"
partitions = 3
replication_factor = 2
[operators]
allow = ["promote", "pause"]
"""
)


def gauges() -> dict[str, Gauge]:
    return {"secured": SECURED, **{name: gauge_of(name) for name in ("insects", "regression")}}


@pytest.fixture(scope="module")
def parsed(require: Require) -> dict[str, Any]:
    """What the parser says of each gauge's document, and of one that is wrong."""
    node = shutil.which("node")
    there = node is not None and (MODULES / "@asyncapi" / "parser").is_dir()
    require("asyncapi", there, "no node on PATH, or no @asyncapi/parser: scripts/install-ci-tools.sh installs it")
    documents = {name: asyncapi(gauge, "1.2.3") for name, gauge in gauges().items()}
    broken = asyncapi(SECURED, "1.2.3")
    broken["channels"]["input"]["messages"]["event"]["$ref"] = "#/components/messages/none"
    documents["broken"] = broken
    done = subprocess.run(
        [str(node), str(Path(__file__).parent / "parse.js")],
        input=json.dumps([*documents.values()]),
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return dict(zip(documents, json.loads(done.stdout), strict=True))


def test_the_official_parser_has_nothing_to_say_against_it(parsed: dict[str, Any]):
    told = {
        name: [line for line in one["diagnostics"] if not line.startswith("information")]
        for name, one in parsed.items()
    }

    assert any(line.startswith("error") for line in told.pop("broken"))
    assert not any(told.values()), told


def test_the_parser_finds_each_topic_with_its_records(parsed: dict[str, Any]):
    for name, gauge in gauges().items():
        labels = ["label"] if gauge.label.arrival == "later" else []
        commands = ["command"] if gauge.operators.allow else []

        assert parsed[name]["channels"] == {
            gauge.topics.input: [*commands, "event", *labels],
            **{topic: [kind.name] for topic, kind in zip(gauge.topics.outputs, KINDS, strict=True)},
        }


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": document["components"]}


@pytest.mark.parametrize("name", STREAMS)
def test_what_is_published_is_what_the_document_says(name: str):
    document = asyncapi(gauge_of(name), "1.2.3")
    messages = document["components"]["messages"]
    validators = {
        message: (
            Draft7Validator(resolved(document, messages[message]["payload"])),
            Draft7Validator(messages[message]["headers"]),
        )
        for message in {kind.name for kind in KINDS}
    }

    def wrong(one: Published) -> list[str]:
        payload, headers = validators[one.kind.name]
        errors = [*headers.iter_errors(one.headers)]
        errors += [] if one.kind.content_type is None else payload.iter_errors(one.json)
        return [error.message for error in errors]

    assert [words for one in published(name) for words in wrong(one)][:5] == []


def test_a_topic_says_its_key_and_a_server_how_it_is_reached():
    document = asyncapi(SECURED, "1.2.3")

    kafka = document["channels"]["input"]["bindings"]["kafka"]
    assert (kafka["topic"], kafka["partitions"], kafka["replicas"]) == ("plant-7.pumps_in", 3, 2)
    keyed = {name for name, message in document["components"]["messages"].items() if "bindings" in message}
    assert keyed == {"event", "label", *(kind.name for kind in KINDS if kind.key is not None)}
    assert [(server["host"], server["protocol"]) for server in document["servers"].values()] == [
        ("one:9093", "kafka-secure"),
        ("two:9093", "kafka-secure"),
    ]
    assert document["components"]["securitySchemes"] == {"sasl": {"type": "scramSha512"}}

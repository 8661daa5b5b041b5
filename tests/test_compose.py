"""docker-compose.yml and the Dockerfile: what can be known of them without a container engine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from schemas.gauge import Serve, Server
from streams.cli.app import app
from streams.data.datafile import find_example
from streams.here.gaugefile import load
from streams.here.ports import free_port
from streams.http.guards.access import PROBES

ROOT = Path(__file__).parents[1]


GAUGE = ROOT / "ops" / "compose" / "gauge.toml"
MONITORING = ("prometheus", "alertmanager", "grafana")
OURS = ("worker", "replica", "notify", "send")


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


@pytest.fixture(scope="module")
def instructions():
    """The Dockerfile as (instruction, arguments) pairs, continued lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = (line.strip() for line in text.splitlines())
    return [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


def test_docker_compose_accepts_the_file(require):
    require("compose", shutil.which("docker-compose"), "no docker-compose on PATH")

    config = subprocess.run(
        ["docker-compose", "--profile", "send", "config"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert config.returncode == 0, config.stderr
    assert set(yaml.safe_load(config.stdout)["services"]) == {*OURS, "kafka", "receiver", *MONITORING}


def test_what_is_published_is_published_on_loopback_only(services):
    published = [port for service in services.values() for port in service.get("ports", [])]

    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_kafka_is_pinned_to_a_version_of_kafka_4(services):
    assert re.fullmatch(r"apache/kafka:4\.\d+\.\d+", services["kafka"]["image"])


def test_services_start_when_what_they_need_is_healthy(services):
    waits = {name: [*service.get("depends_on", {})] for name, service in services.items()}
    conditions = [one for service in services.values() for one in service.get("depends_on", {}).values()]

    assert {name: needs for name, needs in waits.items() if needs} == {
        "worker": ["kafka"],
        "replica": ["worker"],
        "notify": ["worker"],
        "send": ["worker"],
        "grafana": ["prometheus"],
    }
    assert {json.dumps(condition) for condition in conditions} == {'{"condition": "service_healthy"}'}
    assert all("test" in services[name]["healthcheck"] for needs in waits.values() for name in needs)


def test_ours_reach_the_broker_by_the_address_it_advertises_inside(services):
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")

    for name in OURS:
        assert f"INSIDE://{services[name]['environment']['RIVERGAUGE_BOOTSTRAP_SERVERS']}" in advertised


def test_send_runs_only_when_asked_for(services):
    assert [name for name, service in services.items() if "profiles" in service] == ["send"]


def mounted(service: dict[str, Any]) -> dict[str, Path]:
    """Files and directories of the repository, by where the container finds them."""
    volumes = [volume.split(":") for volume in service.get("volumes", [])]
    return {target: ROOT / source for source, target, *_ in volumes if source.startswith("./")}


def test_what_is_mounted_is_there_and_cannot_be_changed(services):
    volumes = [volume for service in services.values() for volume in service.get("volumes", []) if volume[:2] == "./"]

    assert [path for service in services.values() for path in mounted(service).values() if not path.exists()] == []
    assert [volume for volume in volumes if not volume.endswith(":ro")] == []


@pytest.mark.parametrize("name", OURS)
def test_a_command_of_ours_is_one_and_names_files_that_are_there(services, name):
    in_the_image = {str(path.relative_to(ROOT)): path for path in ROOT.glob("examples/*/*")}
    places = {**mounted(services[name]), **in_the_image}
    command, *words = [str(places.get(word, word)) for word in services[name]["command"]]

    context = typer.main.get_command(app).commands[command].make_context(command, words)

    assert context.params["gauge"] == GAUGE
    assert load(GAUGE).topics.partitions == services["worker"]["deploy"]["replicas"] == 2


def test_the_gauge_is_the_examples_in_two_partitions_with_somebody_to_tell():
    example = load(find_example("insects") / "gauge.toml")
    mine = load(GAUGE)

    assert mine.model_copy(update={"topics": example.topics, "notify": example.notify}) == example


def test_workers_and_replica_share_snapshots_and_only_workers_write_them(services):
    kept = {name: [one for one in services[name].get("volumes", []) if one.startswith("snapshots:")] for name in OURS}

    directory = services["worker"]["environment"]["RIVERGAUGE_SNAPSHOTS_DIRECTORY"]
    assert kept == {
        "worker": [f"snapshots:{directory}"],
        "replica": [f"snapshots:{directory}:ro"],
        "notify": [],
        "send": [],
    }


def test_the_health_checks_ask_where_it_listens_what_is_answered(services, instructions):
    gauge = load(GAUGE)
    [told] = [one for one in typer.main.get_command(app).commands["notify"].params if one.name == "port"]
    ports = {"worker": gauge.server.port, "replica": gauge.serve.port, "notify": told.default}

    for name, port in ports.items():
        [(asked, path)] = re.findall(r"127\.0\.0\.1:(\d+)(/\w+)", str(services[name]["healthcheck"]["test"]))
        assert (int(asked), path) == (port, "/livez")
        assert path in PROBES
    assert services["worker"]["ports"] == ["127.0.0.1:8642-8643:8642"]
    assert services["replica"]["ports"] == ["127.0.0.1:8080:8080"]
    assert f"in {(Server().port, Serve().port)} if" in dict(instructions)["HEALTHCHECK"]
    assert dict(instructions)["EXPOSE"] == f"{Server().port} {Serve().port}"


def test_containers_of_ours_may_do_nothing_but_their_work(services):
    for name in (*OURS, "receiver"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
        assert services[name]["security_opt"] == ["no-new-privileges:true"]


def test_no_secret_is_in_the_file(services):
    given = [(name, value) for one in services.values() for name, value in (one.get("environment") or {}).items()]

    secret = re.compile("TOKEN|PASSWORD|_KEY|SECRET")
    assert [value for name, value in given if secret.search(name)] == ["${RIVERGAUGE_TOKENS:-}"] * len(OURS)


# -- what watches it --------------------------------------------------------------------------------------------------


def test_prometheus_asks_services_that_are_there_and_alertmanager_is_told(services):
    config = yaml.safe_load(mounted(services["prometheus"])["/etc/prometheus/prometheus.yml"].read_text())
    asked = {
        (name, one["port"])
        for job in config["scrape_configs"]
        for one in job["dns_sd_configs"]
        for name in one["names"]
    }
    [told] = config["alerting"]["alertmanagers"]

    assert asked == {("worker", 8642), ("notify", 8651), ("replica", 8080)}
    assert {name for name, _ in asked} <= services.keys()
    assert told["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    rules = [f"/etc/prometheus/{file}" for file in config["rule_files"]]
    assert set(rules) <= mounted(services["prometheus"]).keys()


def test_alertmanager_finds_the_addresses_that_it_posts_to(services):
    config = yaml.safe_load(mounted(services["alertmanager"])["/etc/alertmanager/alertmanager.yml"].read_text())
    files = [
        channel["api_url_file"] for receiver in config["receivers"] for channel in receiver.get("slack_configs", [])
    ]

    assert files
    for file in files:
        assert mounted(services["alertmanager"])[file].read_text().startswith("http://receiver:8000/")


def test_the_receiver_prints_what_it_is_told():
    port = free_port()
    command = [sys.executable, ROOT / "ops" / "compose" / "receiver.py", "127.0.0.1", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as receiver:
        try:
            told = urllib.request.Request(f"http://127.0.0.1:{port}/", data=b'{"text": "drift"}', method="POST")
            assert answer_of(told, receiver) == 204
            assert receiver.stdout.readline() == '{"text": "drift"}\n'
        finally:
            receiver.kill()


def answer_of(request: urllib.request.Request, server: subprocess.Popen[str]) -> int:
    """The status, once it listens."""
    while server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    raise AssertionError("it ended")


# -- the image --------------------------------------------------------------------------------------------------------


def test_the_image_runs_without_root_and_from_hashes(instructions):
    last_stage = instructions[max(i for i, (word, _) in enumerate(instructions) if word == "FROM") :]
    installs = [what for word, what in instructions if word == "RUN" and "pip install" in what]

    assert dict(last_stage)["USER"] == "rivergauge"
    assert [what for what in installs if "--require-hashes" not in what and "--no-deps" not in what] == []


def test_what_the_image_copies_exists_and_is_admitted(instructions):
    admitted = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = {
        source
        for word, what in instructions
        if word == "COPY" and "--from=" not in what
        for source in [part for part in what.split() if not part.startswith("--")][:-1]
    }

    assert copied == set(admitted)
    assert [source for source in copied if not (ROOT / source).exists()] == []

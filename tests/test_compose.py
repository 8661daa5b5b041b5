"""docker-compose.yml and the Dockerfile: what can be known of them without a container engine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from schemas.gauge import Serve, Server

ROOT = Path(__file__).parents[1]


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
    assert set(yaml.safe_load(config.stdout)["services"]) == {"kafka", "worker", "send"}


def test_what_is_published_is_published_on_loopback_only(services):
    published = [port for service in services.values() for port in service.get("ports", [])]

    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_kafka_is_pinned_to_a_version_of_kafka_4(services):
    assert re.fullmatch(r"apache/kafka:4\.\d+\.\d+", services["kafka"]["image"])


def test_services_start_when_what_they_need_is_healthy(services):
    waits = {name: service.get("depends_on", {}) for name, service in services.items()}

    assert waits == {
        "kafka": {},
        "worker": {"kafka": {"condition": "service_healthy"}},
        "send": {"worker": {"condition": "service_healthy"}},
    }
    assert all("test" in services[name]["healthcheck"] for name in ("kafka", "worker"))


def test_worker_and_send_reach_the_broker_by_the_address_it_advertises_inside(services):
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")

    for name in ("worker", "send"):
        assert f"INSIDE://{services[name]['environment']['RIVERGAUGE_BOOTSTRAP_SERVERS']}" in advertised


def test_send_runs_only_when_asked_for(services):
    assert [name for name, service in services.items() if "profiles" in service] == ["send"]


def test_commands_name_files_that_are_in_the_image(services):
    named = [word for name in ("worker", "send") for word in services[name]["command"] if "/" in word]

    assert len(named) == 3
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_the_health_checks_ask_where_the_worker_listens(services, instructions):
    image = dict(instructions)["HEALTHCHECK"]
    asked = re.findall(r"127\.0\.0\.1:(\d+)/livez", str(services["worker"]["healthcheck"]["test"]))

    assert asked == [str(Server().port)]
    assert f"in {(Server().port, Serve().port)} if" in image
    assert services["worker"]["ports"] == [f"127.0.0.1:{Server().port}:{Server().port}"]
    assert dict(instructions)["EXPOSE"] == f"{Server().port} {Serve().port}"


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

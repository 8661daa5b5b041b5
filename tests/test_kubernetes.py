"""The Kubernetes manifests: what can be known of them without a cluster.

Objects, as kubectl's kustomize renders them, are checked by the schemas of Kubernetes, Strimzi and the Prometheus
operator; what they name in each other, in the gauge file and in Rivergauge is checked here. What Kafka makes of topics
and rights is tried in ``streams/worker/test_rights.py``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from schemas.gauge import Gauge
from streams.cli.app import app
from streams.here.gaugefile import OVERRIDES, load
from streams.http.guards.access import PROBES
from streams.kafka.topic_table import needed
from tests.conftest import ROOT, Require
from tests.manifests import MANIFESTS, documents

MODULES = Path(os.environ.get("NODE_PATH") or ROOT / ".cache" / "ci-tools" / "node_modules")
Object = dict[str, Any]


@pytest.fixture(scope="module")
def gauge() -> Gauge:
    return load(MANIFESTS / "gauge.toml")


@pytest.fixture(scope="module")
def rendered(require: Require) -> list[Object]:
    """What ``kubectl apply -k`` would send."""
    require("kubernetes", shutil.which("kubectl"), "no kubectl on PATH: scripts/install-ci-tools.sh installs it")
    done = subprocess.run(["kubectl", "kustomize", MANIFESTS], capture_output=True, text=True, check=True, timeout=60)
    return [*yaml.safe_load_all(done.stdout)]


# -- schemas ----------------------------------------------------------------------------------------------------------


def misspelt(deployment: Object) -> None:
    probe = deployment["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    probe["periodSecond"] = probe.pop("periodSeconds")


def of_another_type(deployment: Object) -> None:
    deployment["spec"]["replicas"] = "two"


def without_a_selector(deployment: Object) -> None:
    del deployment["spec"]["selector"]


def of_another_operation(user: Object) -> None:
    user["spec"]["authorization"]["acls"][0]["operations"] = ["Reed"]


def with_a_rule_of_another_name(user: Object) -> None:
    user["spec"]["authorization"]["acls"][0]["operation"] = "Read"


def with_another_count(topic: Object) -> None:
    topic["spec"]["partitions"] = 0


def with_another_endpoint(monitor: Object) -> None:
    monitor["spec"]["endpoints"][0]["intervall"] = "15s"


BROKEN: list[tuple[str, Callable[[Object], None], str]] = [
    ("Deployment", misspelt, "/spec/template/spec/containers/0/livenessProbe/periodSecond: no schema knows this key"),
    ("Deployment", of_another_type, "/spec/replicas: type"),
    ("Deployment", without_a_selector, "/spec: required"),
    ("KafkaUser", of_another_operation, "/spec/authorization/acls/0/operations/0: enum"),
    ("KafkaUser", with_a_rule_of_another_name, "/spec/authorization/acls/0/operation: no schema knows this key"),
    ("KafkaTopic", with_another_count, "/spec/partitions: minimum"),
    ("ServiceMonitor", with_another_endpoint, "/spec/endpoints/0/intervall: no schema knows this key"),
]


@pytest.fixture(scope="module")
def judged(rendered: list[Object], require: Require) -> tuple[list[list[str]], list[list[str]]]:
    """What is wrong with the manifests' objects, and with the broken ones."""
    node = shutil.which("node")
    there = node is not None and (MODULES / "kubernetes-models").is_dir()
    require("kubernetes", there, "no node on PATH, or no kubernetes-models: scripts/install-ci-tools.sh installs them")
    objects = [*rendered, *documents("Secret")]
    broken = []
    for kind, breaks, _ in BROKEN:
        one = deepcopy(next(one for one in objects if one["kind"] == kind))
        breaks(one)
        broken.append(one)
    done = subprocess.run(
        [str(node), ROOT / "tests" / "conforms.mjs", MODULES.resolve()],
        input=json.dumps([*objects, *broken]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = json.loads(done.stdout)
    return found[: len(objects)], found[len(objects) :]


def test_every_object_is_what_its_schema_says(judged):
    assert [problems for problems in judged[0] if problems] == []


@pytest.mark.parametrize("number", range(len(BROKEN)), ids=[breaks.__name__ for _, breaks, _ in BROKEN])
def test_an_object_that_is_broken_is_found(judged, number: int):
    assert [problem for problem in judged[1][number] if problem.startswith(BROKEN[number][2])]


def test_kustomize_takes_every_object_and_no_template(rendered):
    made_here = ("Secret", "Kustomization", "ConfigMap")

    def named(objects: Iterable[Object]) -> set[tuple[str, str]]:
        return {(one["kind"], one["metadata"]["name"]) for one in objects if one["kind"] not in made_here}

    assert named(rendered) == named(documents())


def test_pods_get_the_gauge_file_under_a_name_that_changes_with_it(rendered):
    [config] = [one for one in rendered if one["kind"] == "ConfigMap"]

    assert config["data"] == {"gauge.toml": (MANIFESTS / "gauge.toml").read_text(encoding="utf-8")}
    assert re.fullmatch(r"pumps-gauge-\w+", config["metadata"]["name"])
    for deployment in (one for one in rendered if one["kind"] == "Deployment"):
        [volume] = [one for one in deployment["spec"]["template"]["spec"]["volumes"] if one["name"] == "gauge"]
        assert volume["configMap"]["name"] == config["metadata"]["name"]


# -- pods -------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[one["metadata"]["name"] for one in documents("Deployment")])
def deployment(request: pytest.FixtureRequest) -> Object:
    return next(one for one in documents("Deployment") if one["metadata"]["name"] == request.param)


def pod_of(deployment: Object) -> Object:
    return deployment["spec"]["template"]["spec"]


def container_of(deployment: Object) -> Object:
    [container] = pod_of(deployment)["containers"]
    return container


def test_a_container_runs_a_command_on_the_gauge_file_that_it_is_given(deployment):
    name, path, *options = container_of(deployment)["args"]
    mounts = {one["name"]: one["mountPath"] for one in container_of(deployment)["volumeMounts"]}

    context = typer.main.get_command(app).commands[name].make_context(name, [str(MANIFESTS / "gauge.toml"), *options])

    assert context.params["gauge"].name == "gauge.toml"
    assert path == f"{mounts['gauge']}/gauge.toml"


def test_a_container_may_do_nothing_but_its_work(deployment):
    pod, container = pod_of(deployment), container_of(deployment)

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == image_user()
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]


def image_user() -> int:
    [uid] = re.findall(r"useradd .*--uid (\d+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    return int(uid)


def test_probes_ask_what_is_answered_without_a_token_where_it_listens(deployment, gauge):
    container = container_of(deployment)
    name, *_ = container["args"]
    command = typer.main.get_command(app).commands[name]
    defaults = {option.name: option.default for option in command.params}
    port = {"run": gauge.server.port, "serve": gauge.serve.port}.get(name, defaults.get("port"))

    assert {container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")} <= PROBES
    assert {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")} == {"http"}
    assert container["ports"] == [{"name": "http", "containerPort": port}]
    assert gauge.server.host == "0.0.0.0" or "--host" in container["args"]


RECEIVERS = {"TEAM_WEBHOOK"}
KNOWN = {
    *RECEIVERS,
    *OVERRIDES,
    "RIVERGAUGE_LOG_FORMAT",
    "RIVERGAUGE_SASL_PASSWORD",
    "RIVERGAUGE_SNAPSHOT_KEY",
    "RIVERGAUGE_TOKENS_FILE",
}


def test_the_environment_is_one_that_rivergauge_reads_and_its_secrets_are_there(deployment):
    secrets = {one["metadata"]["name"]: set(one["stringData"]) for one in documents("Secret")}
    secrets |= {one["metadata"]["name"]: {"password"} for one in documents("KafkaUser")}
    variables = {one["name"]: one for one in container_of(deployment)["env"]}
    mounts = {one["name"]: one["mountPath"] for one in container_of(deployment)["volumeMounts"]}

    assert variables.keys() <= KNOWN
    for variable in variables.values():
        if "valueFrom" in variable:
            reference = variable["valueFrom"]["secretKeyRef"]
            assert reference["key"] in secrets[reference["name"]]
    for volume in pod_of(deployment)["volumes"]:
        if volume["name"] == "tokens":
            [item] = volume["secret"]["items"]
            assert item["key"] in secrets[volume["secret"]["secretName"]]
            assert variables["RIVERGAUGE_TOKENS_FILE"]["value"] == f"{mounts['tokens']}/{item['path']}"
    assert {one["name"] for one in pod_of(deployment)["volumes"]} == mounts.keys()


def test_a_pod_connects_as_a_user_of_its_own_over_the_authority_that_it_is_given(deployment, gauge):
    variables = {one["name"]: one for one in container_of(deployment)["env"]}
    mounts = {one["name"]: one["mountPath"] for one in container_of(deployment)["volumeMounts"]}
    user = variables.get("RIVERGAUGE_SASL_USERNAME", {"value": gauge.connection.sasl_username})["value"]

    assert user == deployment["metadata"]["name"]
    assert variables["RIVERGAUGE_SASL_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"] == user
    assert gauge.connection.tls_ca_file == f"{mounts['kafka-ca']}/ca.crt"
    assert gauge.connection.security == "sasl_tls"


def test_workers_of_two_builds_never_run_at_once_and_no_more_than_there_are_partitions(gauge):
    [worker] = [one for one in documents("Deployment") if container_of(one)["args"][0] == "run"]

    assert worker["spec"]["strategy"] == {"type": "Recreate"}
    assert 1 < worker["spec"]["replicas"] <= gauge.topics.partitions
    assert gauge.snapshots.store == "topic"


def test_what_selects_pods_finds_those_of_one_deployment():
    pods = [one["spec"]["template"]["metadata"]["labels"] for one in documents("Deployment")]
    selectors = [one["spec"]["selector"]["matchLabels"] for one in documents("Deployment", "PodDisruptionBudget")]
    selectors += [one["spec"]["selector"] for one in documents("Service")]

    assert [sum(wanted.items() <= labels.items() for labels in pods) for wanted in selectors] == [1] * len(selectors)


def test_prometheus_scrapes_every_pod_once_and_knows_what_it_is():
    [monitor] = documents("ServiceMonitor")
    selector = monitor["spec"]["selector"]["matchLabels"]
    scraped = [one for one in documents("Service") if selector.items() <= one["metadata"]["labels"].items()]
    [endpoint] = monitor["spec"]["endpoints"]

    assert [one["metadata"]["name"] for one in scraped] == [one["metadata"]["name"] for one in documents("Deployment")]
    assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
    assert {port["name"] for service in scraped for port in service["spec"]["ports"]} == {"http"}
    assert "jobLabel" not in monitor["spec"]  # the job is the Service then: workers, replicas and notify stay apart


# -- Kafka ------------------------------------------------------------------------------------------------------------


def test_every_topic_of_the_gauge_is_made_as_rivergauge_would_make_it(gauge):
    made = {
        one["spec"]["topicName"]: (one["spec"]["partitions"], {k: str(v) for k, v in one["spec"]["config"].items()})
        for one in documents("KafkaTopic")
    }
    wanted = {topic.name: topic for topic in (row.new(gauge, gauge.topics.partitions) for row in needed(gauge))}

    assert {name: partitions for name, (partitions, _) in made.items()} == {
        name: topic.num_partitions for name, topic in wanted.items()
    }
    assert [
        name for name, (_, config) in made.items() if not wanted[name].topic_configs.items() <= config.items()
    ] == []


def test_no_secret_is_in_the_repository():
    assert {value for one in documents("Secret") for value in one["stringData"].values()} == {""}

"""Versions are registered on a real MLflow server, from records that a learner published to a broker.

Oracles: MLflow's own client; what ``rivergauge versions`` prints; the learner itself for the answers of a loaded model.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from schemas.records import VersionStep
from streams.broker.inprocess import InProcessBroker
from streams.export.entry import aliases, entries
from streams.export.registry import Registry
from streams.export.rest import Rest
from streams.here.ports import free_port
from streams.snapshots.identity import Identity
from streams.snapshots.stores.directory import DirectoryStore
from tests import builders
from tests.streams.cli.showing import as_json, create_topics, printed, publish
from tests.streams.http.serving import served
from tests.streams.view.test_view import GAUGE, history, view_of, wires

pytestmark = pytest.mark.broker

SCRIPT = Path(__file__).with_name("read_registry.py")
PUMPS = """
name = "pumps"
task = "binary"
candidates = ["naive_bayes"]
[record]
id = "id"
time = "at"
[label]
field = "y"
arrival = "with_event"
positive = "bad"
negative = "good"
[features]
a = "number"
b = {{ type = "number", optional = true }}
site = {{ type = "category", optional = true, max_values = 6 }}
[evaluation]
holdout = 0.2
holdout_window = 20
[retraining]
standing = true
[connection]
bootstrap_servers = "{servers}"
[snapshots]
directory = "{directory}"
"""
"""The gauge of `tests.streams.view.test_view`."""
ROWS = [{"a": -1.5}, {"a": 0.1}, {"a": 2.0}]
STARTS_WITHIN_S = 300


@pytest.fixture(scope="module")
def mlflow(clients: Path, tmp_path_factory) -> Iterator[str]:
    """The address of a server of MLflow's own."""
    directory, port = tmp_path_factory.mktemp("mlflow"), free_port()
    arguments = ["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "artifacts"]
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(
            [clients / "mlflow", "server", *arguments, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
            cwd=directory,
            stdout=log,
            stderr=log,
            env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"},
            start_new_session=True,
        )
    try:
        uri = f"http://127.0.0.1:{port}"
        _wait(server, uri, directory / "log")
        yield uri
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _wait(server: subprocess.Popen[bytes], uri: str, log: Path) -> None:
    end = monotonic() + STARTS_WITHIN_S
    while True:
        try:
            with urlopen(f"{uri}/health", timeout=5):
                return
        except (URLError, OSError):
            assert server.poll() is None, log.read_text()
            assert monotonic() < end, log.read_text()
            sleep(0.1)


def read(clients: Path, uri: str, url: str | None = None) -> Any:
    rows = json.dumps(ROWS if url else [])
    environ = {**os.environ, "RIVERGAUGE_URL": url or ""}
    done = subprocess.run(
        [clients / "python", SCRIPT, uri, "pumps", rows], capture_output=True, text=True, env=environ, check=False
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return json.loads(done.stdout)


def test_versions_figures_and_aliases_follow_the_gauge(mlflow, clients, tmp_path):
    learner, effects = history(0)
    [_, promotion] = [one for one in builders.versions(effects) if one.step is VersionStep.PROMOTED]
    last = next(n for n, one in enumerate(effects) if one.position == promotion.position)
    records = wires(0, effects)
    with InProcessBroker() as broker:
        create_topics(broker, 1)
        path = tmp_path / "pumps.toml"
        made_by = PUMPS.format(servers=broker.bootstrap_servers, directory=tmp_path)
        path.write_text(made_by)
        publish(broker.bootstrap_servers, records[:last])
        first = as_json("export", "mlflow", path, "--tracking-uri", mlflow)
        before = {one["version"] for one in as_json("versions", "list", path)["versions"]}
        again = as_json("export", "mlflow", path, "--tracking-uri", mlflow)

        publish(broker.bootstrap_servers, records[last:])
        kept = Identity(gauge="pumps", topic="pumps", partition=0, epoch=0, position=400, version=promotion.version)
        store = DirectoryStore(tmp_path, gauge="pumps", topic="pumps")
        asyncio.run(store.put(kept, b"state"))
        later = as_json("export", "mlflow", path, "--tracking-uri", mlflow)
        # As from a machine that does not see the store.
        asyncio.run(store.delete(kept))
        path.write_text(made_by.replace("a = ", 'c = "number"\na = '))
        assert "0 registered, 0 updated" in printed("export", "mlflow", path, "--tracking-uri", mlflow)
        listed = {one["version"]: one for one in as_json("versions", "list", path)["versions"]}
        reports = as_json("reports", "list", path, "--limit", 1000)["reports"]

    assert set(first["registered"]) == before
    assert (again["registered"], again["updated"], again["aliases"]) == ([], [], {})
    champion = learner.status().versions.champion.version
    assert first["aliases"] == {"champion": promotion.parent, "challenger": champion}
    assert later["aliases"] == {"champion": champion, "challenger": None}
    assert (later["registered"], set(later["updated"])) == ([], before)

    async def answered() -> tuple[Any, list[Any]]:
        async with served(builders.gauge(GAUGE), {0: learner}) as ask:
            values = [{"id": "x", "at": "2024-01-01T00:00:00Z", **row} for row in ROWS]
            scored = (await ask.post("/v1/score", {"events": values}))[1]["answers"]
            url = f"http://127.0.0.1:{ask.health.port}"
            return await asyncio.to_thread(read, clients, mlflow, url), [one["y_pred"] for one in scored]

    found, wanted = asyncio.run(answered())
    assert found["answers"] == wanted
    assert found["aliases"] == {"champion": champion}
    assert found["versions"].keys() == listed.keys()
    assert found["versions"][champion]["tags"]["rivergauge.state"] == "epoch 0, position 400"
    for name, version in found["versions"].items():
        shown = listed[name]
        assert version["record"] == shown
        assert version["gauge_file"] == made_by
        assert version["status"] == "FINISHED"
        figures = {key: value for key, value in shown["figures"].items() if value is not None}
        assert {key: version["metrics"][key] for key in figures} == figures
        for field in ("candidate", "parent", "step", "position", "learned_labels", "reason"):
            assert version["tags"].get(f"rivergauge.{field}") == (None if shown[field] is None else str(shown[field]))
        of_reports = [(one["position"], one["figures"][name]) for one in reversed(reports) if name in one["figures"]]
        for metric in of_reports[0][1] if of_reports else ():
            wanted_history = [[position, figures[metric]["value"]] for position, figures in of_reports]
            assert version["history"][f"holdout/{metric}"] == wanted_history
    assert sorted(version["number"] for version in found["versions"].values()) == [*range(1, len(listed) + 1)]


class CutOff(Rest):
    """Ends after so many requests, as a process that is killed does."""

    def __init__(self, uri: str, most: int) -> None:
        super().__init__(uri, {})
        self.left = most

    def _asked(self, *arguments: Any, **more: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super()._asked(*arguments, **more)


def test_exports_that_were_cut_off_are_completed_by_the_next_and_nothing_is_there_twice(mlflow):
    _, effects = history(0)
    view = view_of(wires(0, effects))
    wanted, files = entries(view, {}), {"version.json": b"{}"}
    for requests in count():
        try:
            Registry(CutOff(mlflow, requests), "cut").export(wanted, aliases(view, [0]), lambda _: files)
        except KeyboardInterrupt:
            continue
        break

    assert requests > 8
    rest = Rest(mlflow, {})
    experiment = rest.get("experiments/get-by-name", experiment_name="cut")["experiment"]["experiment_id"]
    runs = rest.do("runs/search", experiment_ids=[experiment])["runs"]
    versions = [*rest.pages("model-versions/search", "model_versions", filter="name = 'cut'")]
    names = sorted(one.name for one in wanted)
    assert sorted(one["info"]["run_name"] for one in runs) == names
    tags = [{tag["key"]: tag["value"] for tag in one["tags"]} for one in versions]
    assert sorted(one["rivergauge.version"] for one in tags) == names
    for run in runs:
        [entry] = [one for one in wanted if one.name == run["info"]["run_name"]]
        for key in {sample.key for sample in entry.samples}:
            history_of = rest.get("metrics/get-history", run_id=run["info"]["run_id"], metric_key=key)["metrics"]
            assert len(history_of) == len({sample for sample in entry.samples if sample.key == key})

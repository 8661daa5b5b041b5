"""Reads a registered model by MLflow's own client, in the clients' Python: ``read_registry.py URI MODEL ROWS``.

Prints JSON. With rows, the model that the alias ``champion`` stands for is loaded and answers them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow import MlflowClient


def main(uri: str, model: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """All of it, by the names of the gauge's versions."""
    mlflow.set_tracking_uri(uri)
    client = MlflowClient()
    versions = {int(one.version): one for one in client.search_model_versions(f"name = '{model}'")}
    names = {number: one.tags["rivergauge.version"] for number, one in versions.items()}
    found = {
        "aliases": {alias: names[int(number)] for alias, number in client.get_registered_model(model).aliases.items()},
        "versions": {names[number]: _version(client, one) for number, one in versions.items()},
    }
    if rows:
        found["answers"] = mlflow.pyfunc.load_model(f"models:/{model}@champion").predict(pd.DataFrame(rows))
    return found


def _version(client: MlflowClient, version: Any) -> dict[str, Any]:
    run = client.get_run(version.run_id)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(client.download_artifacts(version.run_id, "model", directory))
        return {
            "number": int(version.version),
            "tags": version.tags,
            "status": run.info.status,
            "metrics": run.data.metrics,
            "history": {
                key: [(one.step, one.value) for one in client.get_metric_history(version.run_id, key)]
                for key in run.data.metrics
            },
            "record": json.loads((path / "version.json").read_text()),
            "gauge_file": (path / "gauge.toml").read_text(),
        }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))))

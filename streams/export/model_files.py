"""The artefacts of a version: its record, its gauge file, and a model that MLflow can load anywhere.

The model asks a running worker, by `streams.export.over_http`, which is sent along as a file and needs Python's
standard library alone. The learned state is not exported: it is a signed pickle of River's objects that only Rivergauge
reads, and stays in the snapshot store.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from pydantic_core import to_json

from schemas.gauge import Gauge, Server
from streams.export.entry import Entry
from streams.export.registry import GAUGE_FILE
from streams.here.urls import url_of

_LOADER: Final = "rivergauge_over_http"
_REQUIREMENTS: Final = b"mlflow\n"
_ENVIRONMENT: Final = b"dependencies:\n- -r requirements.txt\n"


def model_files(entry: Entry, gauge: Gauge, gauge_file: bytes) -> Mapping[str, bytes]:
    """Its files by path; the gauge file only if it is the one that the version was made by."""
    asks = {
        "gauge": gauge.name,
        "version": entry.name,
        "partition": entry.record["partition"],
        "url": url_of(gauge.server.host, gauge.server.port or Server().port),
    }
    flavor = {
        "loader_module": _LOADER,
        "code": "code",
        "data": "asks.json",
        "env": {"virtualenv": "python_env.yaml"},
    }
    # JSON is YAML.
    described = {"flavors": {"python_function": flavor}, "artifact_path": "model"}
    made_by = {GAUGE_FILE: gauge_file} if gauge.digest == entry.record["gauge_digest"] else {}
    return {
        **made_by,
        "MLmodel": _json(described),
        "asks.json": _json(asks),
        "version.json": _json(entry.record),
        "requirements.txt": _REQUIREMENTS,
        "python_env.yaml": _ENVIRONMENT,
        f"code/{_LOADER}.py": files("streams.export").joinpath("over_http.py").read_bytes(),
    }


def _json(content: object) -> bytes:
    return to_json(content, indent=2, inf_nan_mode="null") + b"\n"

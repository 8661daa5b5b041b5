"""Asks a server by MLflow's own client, and MLflow's own scoring server the same, in the clients' Python.

``ask_by_mlflow.py URL ROWS``; prints JSON. MLflow's server has a model that answers ``false`` to everything: forms are
compared, not answers.
"""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import requests
from fastapi.testclient import TestClient
from mlflow.models import Model
from mlflow.pyfunc import PyFuncModel, scoring_server
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

JSON, CSV = "application/json", "text/csv"

# MLflow's client asks whether scipy has sparse matrices, and fails where there is no scipy at all, which is large.
sys.modules.setdefault("scipy", ModuleType("scipy")).__path__ = []


class SaysNo:
    """A model."""

    def predict(self, data: Any, params: Any = None) -> list[bool]:
        """False, for every row of a data frame, or of a dictionary of columns."""
        return [False] * len(pd.DataFrame(data))


def main(url: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the client reads, and beside each other what both servers answer."""
    frame = pd.DataFrame(rows)
    client = ScoringServerClient(urlsplit(url).hostname, urlsplit(url).port)
    client.wait_server_ready(timeout=10)
    model = PyFuncModel(model_meta=Model(flavors={"python_function": {"loader_module": "none"}}), model_impl=SaysNo())
    theirs = TestClient(scoring_server.init(model))
    return {
        "version": client.get_version(),
        "predictions": client.invoke(frame).get_predictions("ndarray").tolist(),
        "both": {
            name: {
                "ours": _form(requests.post(f"{url}/invocations", data=body, headers={"Content-Type": kind})),
                "mlflow": _form(theirs.post("/invocations", content=body, headers={"Content-Type": kind})),
            }
            for name, (kind, body) in requests_of(frame).items()
        },
    }


def requests_of(frame: pd.DataFrame) -> dict[str, tuple[str, bytes]]:
    """Requests of every form, and such that are none."""
    split, records = (frame.to_dict(orient=orient) for orient in ("split", "records"))
    good = {
        "dataframe_split": split,
        "dataframe_records": records,
        "instances": records,
        "inputs": frame.to_dict(orient="list"),
    }
    bad: dict[str, Any] = {
        "no form": {"rows": records},
        "two forms": {"instances": records, "dataframe_records": records},
        "a list": records,
        "a number": 7,
        "split without data": {"dataframe_split": {"columns": ["a"]}},
        "records that are none": {"dataframe_records": 7},
    }
    return {
        **{name: (JSON, json.dumps({name: body}).encode()) for name, body in good.items()},
        **{name: (JSON, json.dumps(body).encode()) for name, body in bad.items()},
        "with a charset": (f"{JSON}; charset=UTF-8", json.dumps({"instances": records}).encode()),
        "csv": (CSV, frame.to_csv(index=False).encode()),
        "csv of nothing": (CSV, b""),
        "csv that is no text": (CSV, b"\xff\xfe"),
        "not JSON": (JSON, b"{"),
        "JSON that is no text": (JSON, b"\xff"),
        "plain text": ("text/plain", b"a"),
        "another charset": (f"{JSON}; charset=latin-1", b"{}"),
        "a parameter": (f"{JSON}; format=pandas-split", b"{}"),
    }


def _form(response: Any) -> dict[str, Any]:
    kind = response.headers["Content-Type"].partition(";")[0]
    if kind != JSON:
        return {"status": response.status_code, "type": kind}
    said = response.json()
    # MLflow's errors have more to tell where they come from, stack traces too.
    return {
        "status": response.status_code,
        "type": kind,
        "keys": sorted(said.keys() - {"stack_trace", "error_class", "sqlstate"}),
        "error_code": said.get("error_code"),
        "answers": len(said.get("predictions", ())),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], json.loads(sys.argv[2]))))

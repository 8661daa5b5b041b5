"""A model for MLflow's ``python_function`` flavor that has a running worker of Rivergauge answer.

It is copied beside each exported version and runs where Rivergauge is not installed: standard library only. It asks for
its own version and no other, so it refuses when that version does not lead any more. ``RIVERGAUGE_URL`` says where the
worker is, if not where the gauge file said; ``RIVERGAUGE_TOKEN`` holds a token with the scope ``score``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT_S = 30.0
AT_ONCE = 1_000
"""Rows of one request: the most that a worker takes."""


class OverHttp:
    """One version of a gauge.

    Parameters
    ----------
    asks
        The ``gauge``, its ``version``, the version's ``partition``, and the ``url`` of a worker.
    """

    def __init__(self, asks: Mapping[str, Any]) -> None:
        url = os.environ.get("RIVERGAUGE_URL") or asks["url"]
        model = f"{url.rstrip('/')}/v2/models/{asks['gauge']}/versions/{asks['version']}"
        self._url = f"{model}/infer?partition={asks['partition']}"

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> list[Any]:
        """The labels of a data frame, of a dictionary of columns, or of a list of rows, in order.

        Raises
        ------
        RuntimeError
            If the worker refuses: another version leads now, or a row is none of the gauge's.
        """
        columns = _columns(model_input)
        rows = len(next(iter(columns.values()), ()))
        found: list[Any] = []
        for begin in range(0, rows, AT_ONCE):
            found += self._asked({name: values[begin : begin + AT_ONCE] for name, values in columns.items()})
        return found

    def _asked(self, columns: Mapping[str, Sequence[Any]]) -> list[Any]:
        asked = {"inputs": [_input(name, values) for name, values in columns.items()], "outputs": [{"name": "y_pred"}]}
        headers = {"Content-Type": "application/json"}
        if os.environ.get("RIVERGAUGE_TOKEN"):
            headers["Authorization"] = f"Bearer {os.environ['RIVERGAUGE_TOKEN']}"
        try:
            with urlopen(Request(self._url, json.dumps(asked).encode(), headers), timeout=TIMEOUT_S) as response:
                [output] = json.load(response)["outputs"]
        except HTTPError as error:
            raise RuntimeError(f"{self._url} refuses ({error.code}): {error.read().decode()[:500]}") from error
        labels: list[Any] = output["data"]
        return labels


def _load_pyfunc(data_path: str) -> OverHttp:
    """The name that MLflow calls."""
    return OverHttp(json.loads(Path(data_path).read_text(encoding="utf-8")))


def _columns(model_input: Any) -> dict[str, list[Any]]:
    if hasattr(model_input, "to_dict"):
        columns = model_input.to_dict(orient="list")
    elif isinstance(model_input, Mapping):
        columns = {name: list(values) for name, values in model_input.items()}
    else:
        names = dict.fromkeys(name for row in model_input for name in row)
        columns = {name: [row.get(name) for row in model_input] for name in names}
    return {str(name): [_plain(value) for value in values] for name, values in columns.items()}


def _plain(value: Any) -> Any:
    """A value as JSON has it: numpy's numbers as Python's, and what is missing as null."""
    plain = value.item() if hasattr(value, "item") else value
    return None if plain != plain else plain


def _input(name: str, values: Sequence[Any]) -> dict[str, Any]:
    kinds = {type(value) for value in values} - {type(None)}
    datatype = "BOOL" if kinds == {bool} else "FP64" if kinds <= {int, float} else "BYTES"
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": list(values)}

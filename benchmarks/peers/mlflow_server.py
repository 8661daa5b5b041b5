"""A River model on MLflow's scoring server, as ``mlflow models serve`` runs it; runs in MLflow's own environment.

python benchmarks/peers/mlflow_server.py MODEL DIRECTORY PORT
"""

from __future__ import annotations

import os
import pickle
import shlex
import sys
from pathlib import Path
from typing import Any

import mlflow
from mlflow.pyfunc import scoring_server


class Scores(mlflow.pyfunc.PythonModel):
    """Answers with what a model predicts. It has no signature: checking one would take time."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # MLflow takes types for a schema
        """One prediction for each row of a data frame."""
        return [self._model.predict_one(row) for row in model_input.to_dict("records")]


def main(model: str, directory: str, port: str) -> None:
    """Save the model as MLflow keeps models, and become the server of it."""
    place = Path(directory) / "model"
    mlflow.pyfunc.save_model(place, python_model=Scores(pickle.loads(Path(model).read_bytes())))
    command, environ = scoring_server.get_cmd(str(place), port=int(port), host="127.0.0.1", nworkers=1)
    os.execve(sys.executable, [sys.executable, "-m", *shlex.split(command)], environ)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The job itself, as one writes it by hand: predict, score, learn, answer. What it needs, and nothing more.

Every contender but Rivergauge does it by this class, in its own loop: accuracy is counted, ADWIN watches the error, and
an answer holds the predicted class and the score of the positive one. Input is trusted.
"""

from __future__ import annotations

from typing import Any

from river import drift, metrics

from benchmarks.workload import MODELS


class Job:
    """One model at work on decoded events."""

    def __init__(self, model_name: str) -> None:
        self._model = MODELS[model_name].build()
        self._accuracy = metrics.Accuracy()
        self._detector = drift.ADWIN()

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """Predict the event, score the prediction, then learn its label."""
        x, y = event["features"], event["label"]
        probabilities = self._model.predict_proba_one(x)
        y_pred = max(probabilities, key=probabilities.get) if probabilities else 0
        self._accuracy.update(y, y_pred)
        self._detector.update(int(y != y_pred))
        self._model.learn_one(x, y)
        return {"id": event["id"], "y_pred": y_pred, "score": probabilities.get(1, 0.0)}

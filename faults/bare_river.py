"""An incremental champion by River alone: River's own model and metric over the log's JSON, without a line of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from river import metrics, naive_bayes


class Answer(NamedTuple):
    """What River says about one event."""

    position: int
    y_pred: Any
    probabilities: dict[str, float] | None


def answers(records: Iterable[tuple[int, bytes]], label: str, classes: list[Any]) -> tuple[list[Answer], float]:
    """River's answers to every event of a log of (offset, JSON), and the accuracy after the last.

    Test, then train, with labels coded by their place in ``classes``. Records that are no JSON are passed over.
    """
    model, metric = naive_bayes.GaussianNB(), metrics.Accuracy()
    codes = {value: code for code, value in enumerate(classes)}
    said = []
    for offset, value in records:
        try:
            x = json.loads(value)
        except ValueError:
            continue
        y = codes[x.pop(label)]
        probabilities = model.predict_proba_one(x)
        y_pred = max(probabilities, key=probabilities.get) if probabilities else None
        if y_pred is None:
            said.append(Answer(offset, None, None))
        else:
            named = {str(name): float(probabilities.get(code, 0.0)) for name, code in codes.items()}
            said.append(Answer(offset, classes[y_pred], named))
            metric.update(y, y_pred)
        model.learn_one(x, y)
    return said, metric.get()


def differing(said: Iterable[Answer], predictions: Iterable[bytes]) -> int:
    """How many published predictions (their JSON, in order) do not say what River says; those missing count too."""
    seen: dict[int, tuple[Any, Any]] = {}
    for body in predictions:
        record = json.loads(body)
        seen[record["position"]] = (record["y_pred"], record["probabilities"])
    return sum(seen.get(answer.position) != (answer.y_pred, answer.probabilities) for answer in said)

"""Coded answers back into the user's own words."""

from __future__ import annotations

from models.answer import Answer
from schemas.gauge import ClassValue, Gauge, class_name


class Rendering:
    """Turns a model's answer into the prediction's ``y_pred`` and ``probabilities``.

    Every declared class has a probability, in declared order; a class the model has never met has 0.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._classes = gauge.classes
        self._names = [(code, class_name(value)) for code, value in enumerate(gauge.classes)]

    def render(self, answer: Answer) -> tuple[ClassValue | float | None, dict[str, float] | None]:
        """The label as the user writes it, and the probability of every class by name."""
        y_pred, probabilities = answer[:2]
        if y_pred is None or not self._classes:
            return y_pred, None
        if probabilities is None:
            return self._classes[int(y_pred)], None
        named = {}
        for code, name in self._names:
            # A user's own model may answer with NumPy's floats, which are no JSON.
            named[name] = float(probabilities.get(code, 0.0))
        return self._classes[int(y_pred)], named

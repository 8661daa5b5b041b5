"""A classifier whose probabilities are calibrated by what came true of its own answers."""

from __future__ import annotations

from math import inf
from typing import Any

from river import base

from models.recalibration.calibrator import CALIBRATORS, Calibrator


class Recalibrated(base.Wrapper, base.Classifier):  # type: ignore[misc]
    """Answers a classifier's probabilities, calibrated; its label is the likeliest class by them.

    A calibrator learns what the classifier had answered when the event came, however late its label is (`teach`). Where
    that is not known, because the classifier was not there yet, it is asked before it learns the label (`learn_one`).

    For several classes there is a calibrator for each, against the rest, and what they say is divided by its sum.

    Parameters
    ----------
    classifier
        Gives probabilities.
    method
        ``platt`` or ``isotonic``.
    classes
        The codes of the declared classes.
    """

    def __init__(self, classifier: Any, method: str, classes: frozenset[Any]) -> None:
        self.classifier = classifier
        self.method = method
        self.classes = classes
        self.pair = tuple(sorted(classes)) if len(classes) == 2 else None
        self.calibrators: dict[Any, Calibrator] = {}
        self.has_learned = False

    @property
    def _wrapped_model(self) -> Any:
        return self.classifier

    def predict_proba_one(self, x: dict[str, Any], **kwargs: Any) -> dict[Any, float]:
        """The classifier's probabilities, calibrated."""
        return self.calibrated(self.classifier.predict_proba_one(x, **kwargs))

    def learn_one(self, x: dict[str, Any], y: Any, **kwargs: Any) -> None:
        """Ask the classifier, unless it has learned nothing yet, and then teach."""
        # Before its first lesson a model owes no answer.
        self.teach(x, y, self.classifier.predict_proba_one(x) if self.has_learned else {}, **kwargs)

    def calibrated(self, raw: dict[Any, float]) -> dict[Any, float]:
        """The classifier's answer, calibrated; what is no probability is left for its judge to see."""
        if not self._is_sound(raw):
            return raw
        if self.pair is not None:
            negative, positive = self.pair
            p = self._apply(positive, raw.get(positive, 0.0))
            return {negative: 1.0 - p, positive: p}
        found = {y: self._apply(y, p) for y, p in raw.items()}
        total = sum(found.values())
        return {y: p / total for y, p in found.items()} if total > 0 else raw

    def teach(self, x: dict[str, Any], y: Any, raw: dict[Any, float], **kwargs: Any) -> None:
        """Teach the calibrators what the classifier had answered, and the classifier the label."""
        if self._is_sound(raw):
            self._calibrate(raw, y)
        self.classifier.learn_one(x, y, **kwargs)
        self.has_learned = True

    def _calibrate(self, raw: dict[Any, float], y: Any) -> None:
        told = raw if self.pair is None else {self.pair[1]: raw.get(self.pair[1], 0.0)}
        for code, p in told.items():
            calibrator = self.calibrators.get(code)
            if calibrator is None:
                calibrator = self.calibrators[code] = CALIBRATORS[self.method]()
            calibrator.learn(float(p), bool(y == code))  # NumPy's floats are no part of a state

    def _apply(self, code: Any, p: float) -> float:
        calibrator = self.calibrators.get(code)
        return p if calibrator is None else calibrator.apply(float(p))

    def _is_sound(self, raw: dict[Any, float]) -> bool:
        return bool(raw) and all(0.0 <= p < inf and y in self.classes for y, p in raw.items())

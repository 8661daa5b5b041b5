"""The target of a regression on one scale, so that a step size means the same for bikes, seconds and millions."""

from __future__ import annotations

import math
from typing import Any

from river import base, stats


class ScaledTarget(base.Wrapper, base.Regressor):  # type: ignore[misc]
    """Teaches a regressor the standardised target, and answers in the target's own unit.

    Answers stay within one standard deviation of the range of labels seen: a linear model that overshoots is wrong by
    a bounded amount and recovers. Numbers that are not finite pass through, for a broken model must be seen as broken.

    Parameters
    ----------
    regressor
        Learns ``(y - mean) / sd`` with the running mean and standard deviation, ``y`` included; 0 while all labels
        were equal.
    """

    def __init__(self, regressor: Any) -> None:
        self.regressor = regressor
        self.target = stats.Var()
        self.lowest = math.inf
        self.highest = -math.inf

    @property
    def _wrapped_model(self) -> Any:
        return self.regressor

    def learn_one(self, x: dict[str, Any], y: float) -> None:
        """Update the scale with ``y``, then teach the regressor."""
        self.target.update(y)
        self.lowest = min(self.lowest, y)
        self.highest = max(self.highest, y)
        sd = math.sqrt(self.target.get())
        self.regressor.learn_one(x, (y - self.target.mean.get()) / sd if sd > 0 else 0.0)

    def predict_one(self, x: dict[str, Any]) -> float | None:
        """The regressor's answer in the target's unit; ``None`` before the first label, where it has none."""
        z = self.regressor.predict_one(x)
        if z is None or self.lowest > self.highest:
            return z if z is None else 0.0
        sd = math.sqrt(self.target.get())
        y_pred = float(self.target.mean.get() + sd * z)
        if not math.isfinite(y_pred):
            return y_pred
        return min(max(y_pred, self.lowest - sd), self.highest + sd)

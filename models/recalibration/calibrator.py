"""What a map of probabilities can do, and the ways that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from models.recalibration.isotonic import Isotonic
from models.recalibration.platt import Platt


class Calibrator(Protocol):
    """A map from a model's probability of one class to the share of times that it came true."""

    def apply(self, p: float) -> float:
        """The calibrated probability, above 0 and below 1; nothing changes."""

    def learn(self, p: float, y: bool) -> None:
        """The model had answered ``p``; ``y`` says whether the class came true."""


CALIBRATORS: Final[dict[str, Callable[[], Calibrator]]] = {"platt": Platt, "isotonic": Isotonic}
"""By what the gauge file calls them."""

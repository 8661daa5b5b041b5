"""The mean error of a detector's reference, in the label's units."""

from __future__ import annotations

from models.drift.signal import Detector
from models.judging.losses import AbsoluteErrorScale


class ErrorReference:
    """Follows one detector: the errors whose losses make up its reference, the alarming one left out.

    From 30 errors on each counts for at most four times their mean, as in
    `models.judging.losses.AbsoluteErrorScale`: one wild answer in the reference must not let any error pass for normal.
    """

    def __init__(self) -> None:
        self._errors = AbsoluteErrorScale()

    def follow(self, detector: Detector, error: float, *, alarmed: bool) -> None:
        """Take in the error of the loss that ``detector`` has just taken."""
        # A detector also starts anew in silence, when the error falls; its count tells.
        if alarmed or detector.reference_count <= self._errors.count:
            self.reset()
        self._errors.loss(error)

    def reset(self) -> None:
        """The detector starts a new reference."""
        self._errors.reset()

    @property
    def mean(self) -> float:
        """Mean error; 0 before the first."""
        return self._errors.mean or 0.0

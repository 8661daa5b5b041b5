"""Losses in [0, 1], which detectors and contests are made for, and the scales that bring a regression's errors there.

A scale used on an event depends on earlier events only: otherwise an error could shrink itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import isfinite, log
from typing import Final, TypeVar

LARGEST_ERROR: Final = 1e150
"""Larger errors count as this, so that sums stay finite."""

Label = TypeVar("Label", bound=Hashable)

WORST_LOG_LOSS: Final = log(1000)
"""A log loss is clipped here, at a probability of 1 in 1,000 for what happened: one sure miss must not decide."""

ERRORS_PER_SCALE: Final = 4.0
"""The scale in mean errors: an error as large as usual is a loss of a quarter."""


def log_loss(y: Label, probabilities: Mapping[Label, float]) -> float:
    """``min(-ln p(y), ln 1000) / ln 1000``; a class that is not named has probability 0.

    Raises
    ------
    ValueError
        If the probability is not finite or below 0. One above 1, by rounding, counts as 1.

    >>> log_loss(1, {0: 0.9, 1: 0.1}), log_loss(1, {0: 1.0}), log_loss(0, {0: 1.0})
    (0.3333333333333333, 1.0, 0.0)
    """
    p = probabilities.get(y, 0.0)
    if not (isfinite(p) and p >= 0):
        raise ValueError(f"probability of {y!r} must be in [0, 1], got {p!r}")
    return 1.0 if p <= 0.001 else max(0.0, -log(p)) / WORST_LOG_LOSS


class AbsoluteErrorScale:
    """A regression's absolute error as a loss, for drift detection: ``min(1, |e| / s)``.

    s is 4 times the mean of |e| over *earlier* events; without any, the loss is 1/4. From 30 events on

    - s never falls: a falling scale would raise the losses of a model that only gets better, and that would be called
      drift. So losses stay proportional to errors, or fall;
    - an error counts for at most s: one wild answer must not blind the detector to all that follow.

    Start anew (``reset``) when the detector does, because its model was replaced or because it alarmed.

    >>> scale = AbsoluteErrorScale()
    >>> [scale.loss(e) for e in (5.0, -10.0, 0.0, 100.0)]
    [0.25, 0.5, 0.0, 1.0]
    """

    GRACE_EVENTS: Final = 30

    __slots__ = ("_count", "_largest", "_sum")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the errors seen: the watched model was replaced, or its reference has ended."""
        self._count = 0
        self._sum = 0.0
        self._largest = 0.0

    @property
    def scale(self) -> float | None:
        """s as it stands for the next event, in the label's units; ``None`` before the first."""
        if self._count == 0:
            return None
        return max(self._largest, ERRORS_PER_SCALE * self._sum / self._count)

    @property
    def mean(self) -> float | None:
        """Mean of the errors as they were counted, in the label's units; ``None`` before the first."""
        return self._sum / self._count if self._count else None

    @property
    def count(self) -> int:
        """Errors counted since the start."""
        return self._count

    def loss(self, error: float) -> float:
        """The event's loss; then count it.

        Raises
        ------
        ValueError
            If the error is not finite; nothing has changed then.
        """
        size = _size(error)
        s = self.scale
        if s is None:
            loss = 1 / ERRORS_PER_SCALE
        elif size >= s:
            loss = 1.0 if size > 0 else 0.0
        else:
            loss = size / s
        if s and self._count >= self.GRACE_EVENTS:  # s = 0, of a perfect start, may not last
            self._largest = s
            size = min(size, s)
        self._count += 1
        self._sum += size
        return loss


class PairedErrorScale:
    """Two regressions' errors on one event as the difference that a contest takes.

    ``clip((|e_champion| - |e_challenger|) / s, -1, 1)`` with s = 4 times the mean, over *earlier* events, of the
    smaller of the two; with s = 0 it is the sign. Without an earlier event there is none: a 0 in its place would look
    to a contest like the beginning of runs of equal differences, and hold up the next ones' evidence for long.

    >>> scale = PairedErrorScale()
    >>> [scale.difference(a, b) for a, b in ((3.0, 2.0), (3.0, -1.0), (0.0, 60.0))]
    [None, 0.25, -1.0]
    """

    __slots__ = ("_count", "_sum")

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0.0

    @property
    def scale(self) -> float | None:
        """s as it stands for the next event, in the label's units; ``None`` before the first."""
        return ERRORS_PER_SCALE * self._sum / self._count if self._count else None

    def difference(self, champion_error: float, challenger_error: float) -> float | None:
        """The event's difference in loss, positive where the challenger was better, ``None`` at first; then count it.

        Raises
        ------
        ValueError
            If an error is not finite; nothing has changed then.
        """
        champion, challenger = _size(champion_error), _size(challenger_error)
        s = self.scale
        gap = champion - challenger
        d: float | None
        if s is None:
            d = None
        elif gap == 0:
            d = 0.0
        elif abs(gap) >= s:
            d = 1.0 if gap > 0 else -1.0
        else:
            d = gap / s
        self._count += 1
        self._sum += min(champion, challenger)
        return d


def _size(error: float) -> float:
    if not isfinite(error):
        raise ValueError(f"error must be finite, got {error!r}; leave this event out")
    return min(abs(error), LARGEST_ERROR)

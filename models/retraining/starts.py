"""How a challenger begins: from nothing, or with the newest labels."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from schemas.events import Features, Label
from schemas.gauge import Retraining


class Starts:
    """The labels that are kept for new versions, the oldest first."""

    def __init__(self, policy: Retraining) -> None:
        keeps = policy.recent_labels if policy.start == "recent" else 0
        self._recent: deque[tuple[Features, Label, int]] = deque(maxlen=keeps)

    def keep(self, x: Features, y: Label, position: int) -> None:
        """A label was learned at a position."""
        if self._recent.maxlen:
            self._recent.append((x, y, position))

    def lessons(self) -> Iterator[tuple[Features, Label, int]]:
        """What a new version learns before anything else."""
        return iter(self._recent)

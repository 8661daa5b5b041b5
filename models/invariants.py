"""What holds of every state of a learner, whatever the log: each wing names what of it is broken (``broken``).

Tests look after every input (`models.learner.Learner.check`); a service never does. So a state that was changed by
half, or restored in pieces that no longer know each other, is found where that happened and not where it shows.
"""

from __future__ import annotations


class BrokenStateError(AssertionError):
    """A state that cannot be: a defect of Rivergauge. ``broken`` names what is wrong with it."""

    def __init__(self, broken: list[str]) -> None:
        self.broken = broken
        super().__init__("; ".join(broken))

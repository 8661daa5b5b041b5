"""When failures are too many: one rule for answers and for lessons, each counted by itself.

A failing answer is "nothing" for that event and no more: data have odd events, and a model that is right about all
others is worth keeping. A version is retired once failures outnumber successes by `PATIENCE`, counted from the last
moment at which they were level. So twenty failures in a row retire it, and so does failing more often than not; a model
that fails on fewer than half of its events stays. Twenty outlasts a burst of odd events and is soon over for a model
whose weights are no numbers any more. The rule counts events, needs no clock and keeps one number.

Before its first lesson a model owes no answer: a mean of nothing may be no number.
"""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 20


class Conduct:
    """One version's failures.

    ``failures`` is their number in all, ``last`` the newest one's kind, ``since`` the position of the first failure
    that is not made good yet. ``unanswered`` and ``unlearned`` are by how much failures outnumber successes.
    """

    def __init__(self) -> None:
        self.failures = 0
        self.last: str | None = None
        self.since: int | None = None
        self.unanswered = 0
        self.unlearned = 0

    @property
    def bears_another(self) -> bool:
        """Whether one more failing answer would not be one too many."""
        return self.unanswered + 1 < PATIENCE

    @property
    def is_worn_out(self) -> bool:
        """Whether there was one failure too many."""
        return max(self.unanswered, self.unlearned) >= PATIENCE

    def failed_to_answer(self, what: str, position: int) -> bool:
        """Count a failing answer; whether it is one too many."""
        self._note(what, position)
        self.unanswered += 1
        return self.unanswered >= PATIENCE

    def failed_to_learn(self, what: str, position: int) -> bool:
        """Count a failing lesson; whether it is one too many."""
        self._note(what, position)
        self.unlearned += 1
        return self.unlearned >= PATIENCE

    def _note(self, what: str, position: int) -> None:
        if not self.unanswered and not self.unlearned:
            self.since = position
        self.failures += 1
        self.last = what

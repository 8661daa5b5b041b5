"""How far a state is behind its log, and whether that is more than the gauge file allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic

from schemas.gauge import Serve


class Reach:
    """One partition's log as a replica sees it: where it ends now, and where it has ended lately.

    Parameters
    ----------
    allowed
        ``[serve]``: how far a state may be behind.
    clock
        Monotonic seconds.
    """

    def __init__(self, allowed: Serve, clock: Callable[[], float] = monotonic) -> None:
        self._allowed = allowed
        self._clock = clock
        self._begun: float | None = None
        self._ends: deque[tuple[float, int]] = deque()
        """When the log ended where, oldest first, as far back as a state may be old."""
        self.end: int | None = None
        """The newest known end of the log."""

    def saw(self, end: int) -> None:
        """The log ends at ``end`` now; to be told about once a second."""
        now = self._clock()
        if self._begun is None:
            self._begun = now
        if self.end is not None and end < self.end:
            self._ends.clear()  # it is another log; what it was like says nothing
            self._begun = now
        self.end = end
        self._ends.append((now, end))
        self._forget(now)

    def heard(self, end: int) -> None:
        """The log has come to ``end``, or further: told in passing."""
        self.end = end if self.end is None else max(self.end, end)

    def lag(self, position: int) -> int | None:
        """Offsets from a position to the end of the log; None while that is not known."""
        return None if self.end is None else max(self.end - position, 0)

    def refusal(self, position: int) -> str | None:
        """Why a state at this position is too far behind to answer; None if it is not.

        It is too old if for so long the log was never seen to end at it or before: records have come since, or nobody
        says whether any have.
        """
        lag, now = self.lag(position), self._clock()
        if lag is None or self._begun is None:
            return "the end of its log is not known yet"
        if lag > self._allowed.max_lag:
            return f"its state is {lag:,} offsets behind its log, and serve.max_lag is {self._allowed.max_lag:,}"
        self._forget(now)
        reached = bool(self._ends) and self._ends[0][1] <= position
        if now - self._begun > self._allowed.max_age_seconds and not reached:
            why = f"{lag:,} offsets are not folded" if self._ends else "the broker does not say where its log ends"
            return f"its state is older than serve.max_age_seconds, {self._allowed.max_age_seconds:g}: {why}"
        return None

    def _forget(self, now: float) -> None:
        while self._ends and now - self._ends[0][0] > self._allowed.max_age_seconds:
            self._ends.popleft()

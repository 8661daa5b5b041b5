"""Whether learning is held, by a data fault, a burst or an operator: models answer, are judged, and learn nothing.

What is held back is not lost: its labels are scored and counted, its records are in the log. What reads no features
goes on: a baseline on the board, and one that stands in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from models.drift.episodes import Episodes
from models.retraining.policy.burst import Bursts
from schemas.alerts import DriftKind
from schemas.events import Label
from schemas.gauge import Retraining
from schemas.status import Held


class Hold:
    """What a policy wants learning to be held for, and since when it is.

    Parameters
    ----------
    policy
        What names the kinds of episodes.
    episodes
        Those that are open.
    """

    def __init__(self, policy: Retraining, episodes: Episodes) -> None:
        self._policy = policy
        self._episodes = episodes
        self._since: int | None = None
        self._bursts = Bursts()
        self.paused: tuple[str, str] | None = None
        """Who has paused learning, and why; ``None`` while nobody has."""
        self.labels = 0
        """How many labels no model has learned so far."""

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if self._since is not None and not self.labels:
            yield f"learning is held since position {self._since}, and no label was held back"
        yield from self._bursts.broken()

    def adopt(self, policy: Retraining) -> None:
        """Hold for what a changed policy names."""
        if policy.burst != self._policy.burst:
            self._bursts.forget()
        self._policy = policy

    def label(self, y: Label, time: datetime | None) -> None:
        """A label has come that may be learned; ``time`` is that of its record."""
        if self._policy.burst is not None:
            self._bursts.label(y, time, self._policy.burst)

    @property
    def is_on(self) -> bool:
        """Whether the next label must not be learned."""
        if self.paused is not None or self._bursts.is_on:
            return True
        kinds = self._policy.hold
        if not kinds or not self._episodes.any_open:
            return False
        return any(self._episodes.subjects(DriftKind(kind)) for kind in kinds)

    def held(self, position: int) -> None:
        """A label was not learned."""
        self.labels += 1
        if self._since is None:
            self._since = position

    def release(self) -> None:
        """A label was learned."""
        self._since = None

    def status(self) -> Held | None:
        """Why learning is held; ``None`` if it is not."""
        return Held(since=self._since, why=self._why()) if self.is_on else None

    def _why(self) -> str:
        words = [] if self.paused is None else [paused_words(*self.paused)]
        if self._bursts.is_on:
            words.append("burst: labels of one class in one moment")
        for kind in self._policy.hold:
            subjects = self._episodes.subjects(DriftKind(kind))
            named = [subject for subject in subjects if subject is not None]
            if subjects:
                words.append(f"{kind}: {', '.join(named)}" if named else kind)
        return "; ".join(words)


def paused_words(who: str, why: str) -> str:
    """Who has paused learning, and why, if that was said."""
    return f"paused by {who}: {why}" if why else f"paused by {who}"

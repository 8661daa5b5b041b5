"""The dead letters that were published: how many of each reason, and the newest ones."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from typing import Final, NamedTuple

from schemas.events import Reason
from schemas.records import DeadLetter
from streams.view.episodes import order
from streams.view.published import Published

MOST: Final = 200
"""Letters kept of each reason: one that is frequent does not push out the others."""
MOST_BYTES: Final = 4_096
"""Bytes kept of a refused record; all of it is where ``offset`` tells, in the dead letters' topic."""


class Letter(NamedTuple):
    """A dead letter as it was published; its ``raw`` and ``key`` are cut at `MOST_BYTES`."""

    published: Published
    letter: DeadLetter


class DeadLetters:
    """Counts by reason, and the newest letters of each."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.counts: Counter[Reason] = Counter()
        self.refused_events = 0
        """How many of them are events, which are answered by their dead letter; the others are labels and commands."""
        self.by_partition: defaultdict[int, Counter[Reason]] = defaultdict(Counter)
        self._newest: dict[Reason, deque[Letter]] = {}

    def take(self, published: Published, letter: DeadLetter) -> None:
        """One more dead letter."""
        self.counts[letter.reason] += 1
        self.by_partition[published.partition][letter.reason] += 1
        self.refused_events += letter.record == "event"
        short = letter._replace(raw=_cut(letter.raw), key=_cut(letter.key))
        kept = self._newest.setdefault(letter.reason, deque(maxlen=self._most))
        kept.append(Letter(published._replace(effect=short), short))

    def newest_first(self) -> list[Letter]:
        """The kept letters of all reasons, by Kafka's time."""
        every = (letter for letters in self._newest.values() for letter in letters)
        return sorted(every, key=lambda one: order(one.published), reverse=True)


def _cut(content: bytes | None) -> bytes | None:
    return None if content is None else content[:MOST_BYTES]

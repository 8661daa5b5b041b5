"""Labels that come in a way that labels do not come: very many of one class in one moment.

So look a default that was exported in the place of outcomes, a join that failed, or somebody who poisons a model. A
model that learns them forgets everything else.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeAlias

from schemas.events import Label
from schemas.gauge import Burst
from schemas.moments import EPOCH

LONGEST: Final = 10
"""A burst is over after ten times the labels that it is looked for among."""

_Moment: TypeAlias = tuple[Label, int]
"""A class, and the number of a stretch of time."""


class Bursts:
    """Looks at the newest labels, held out or not; state: one class and one number for each of them, and counts.

    With the newest ``labels`` labels in stretches of ``seconds`` each::

        burst = most of one class in one stretch >= share * labels
                and that class's share of all labels before these < share

    So a class that nearly all labels are of makes no burst. Times may be coarse, and a world may become one of a single
    class: what has gone on for ``LONGEST * labels`` labels is taken for usual, and nothing before it counts. Bursts
    with fewer than ``labels`` labels between them are one.
    """

    def __init__(self) -> None:
        self._newest: deque[_Moment | None] = deque()
        self._counts: Counter[_Moment] = Counter()
        self._before: Counter[Label] = Counter()
        self._most: _Moment | None = None
        self._length = 0
        """Labels of the present burst so far, or of the last one while another would be the same."""
        self._since = 0
        """Labels since the last burst."""

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if Counter(one for one in self._newest if one is not None) != self._counts:
            yield "the counts of the newest labels are not theirs"
        if self._most is not None and self._most not in self._counts:
            yield "a burst is on of labels that are not there"
        if self._most is not None and not self._length:
            yield "a burst is on and has no labels"

    def forget(self) -> None:
        """Begin anew."""
        self._newest.clear()
        self._counts.clear()
        self._before.clear()
        self._most = None
        self._length = self._since = 0

    @property
    def is_on(self) -> bool:
        """Whether the newest labels are such a burst."""
        return self._most is not None

    def label(self, y: Label, time: datetime | None, rule: Burst) -> None:
        """A label has come; one without a time is part of no burst."""
        moment = None if time is None else (y, int((time - EPOCH).total_seconds() // rule.seconds))
        self._newest.append(moment)
        if moment is not None:
            self._counts[moment] += 1
        while len(self._newest) > rule.labels:
            gone = self._newest.popleft()
            if gone is not None:
                self._leave(gone)
        enough = rule.share * rule.labels
        if moment is not None and self._counts[moment] >= enough:
            self._most = None if self._is_usual(y, rule.share) else moment
        elif self._most is not None and self._counts[self._most] < enough:
            self._most = None
        self._measure(rule)

    def _measure(self, rule: Burst) -> None:
        if self._most is None:
            self._since += 1
            if self._since >= rule.labels:
                self._length = 0
        elif self._length < LONGEST * rule.labels:
            self._length, self._since = self._length + 1, 0
        else:
            newest = [one for one in self._newest if one is not None]
            self.forget()
            self._before.update(y for y, _ in newest)

    def _is_usual(self, y: Label, share: float) -> bool:
        before = self._before.total()
        return before > 0 and self._before[y] >= share * before

    def _leave(self, gone: _Moment) -> None:
        self._before[gone[0]] += 1
        self._counts[gone] -= 1
        if not self._counts[gone]:
            del self._counts[gone]

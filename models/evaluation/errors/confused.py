"""How often which label met which predicted label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from models.answer import Answer
from schemas.evaluated import Confusion
from schemas.events import Label
from schemas.gauge import ClassValue, class_name

COUNTED: Final = 2_000
"""Pairs that are counted apart: all pairs of 44 classes. When there are more, the more frequent half stays."""
SHOWN: Final = 400
"""Pairs that are shown: all pairs of 20 classes; of more, the most frequent."""


class Confused:
    """Counts of (label, predicted label), bounded in number.

    The counts are exact for up to 44 classes, and for more as long as no more than 2,000 pairs occur. Then the rarer
    half is counted together, as others; a pair that returns is counted anew.
    """

    __slots__ = ("_counts", "others")

    def __init__(self) -> None:
        self._counts: dict[tuple[Label, Label], int] = {}
        self.others = 0
        """Labels whose pair is no longer counted apart."""

    def update(self, y: Label, answer: Answer) -> None:
        """Count one label and what was predicted. Empty answers are passed over."""
        self.extend(((y, answer),))

    def extend(self, answered: Iterable[tuple[Label, Answer]]) -> None:
        """Count labels and what was predicted, one after the other. Empty answers are passed over."""
        counts = self._counts
        for y, answer in answered:
            pair = (y, answer[0])
            if pair in counts:
                counts[pair] += 1
            else:
                self._met(y, answer[0])
                counts = self._counts

    @property
    def n(self) -> int:
        """How many labels were counted."""
        return sum(self._counts.values()) + self.others

    def shown(self, classes: Sequence[ClassValue]) -> Confusion:
        """The counts by the names of ``classes``, the most frequent pairs first."""
        by_label: dict[str, dict[str, int]] = {}
        shown = self._most_frequent(SHOWN)
        for (y, y_pred), times in shown:
            by_label.setdefault(class_name(classes[int(y)]), {})[class_name(classes[int(y_pred)])] = times
        return Confusion(n=self.n, counts=by_label, others=self.n - sum(times for _, times in shown))

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if len(self._counts) > COUNTED:
            yield f"{len(self._counts)} pairs are counted apart, which is more than {COUNTED}"

    def _most_frequent(self, pairs: int) -> list[tuple[tuple[Label, Label], int]]:
        return sorted(self._counts.items(), key=lambda item: -item[1])[:pairs]  # stable: of equals, the older one

    def _met(self, y: Label, y_pred: Label | None) -> None:
        if y_pred is None:
            return
        if len(self._counts) == COUNTED:
            n = self.n
            self._counts = dict(self._most_frequent(COUNTED // 2))
            self.others += n - self.n
        self._counts[y, y_pred] = 1


def confusion(answers: Iterable[tuple[Label, Answer]], classes: Sequence[ClassValue]) -> Confusion:
    """That of labels and answers."""
    made = Confused()
    made.extend(answers)
    return made.shown(classes)

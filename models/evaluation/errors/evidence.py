"""What the errors are made of: confusion or residuals, and the worst of late."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from models.answer import Answer
from models.asked import Labelled
from models.evaluation.errors.confused import Confused, confusion
from models.evaluation.errors.residuals import residuals
from models.evaluation.errors.worst import WorstErrors
from schemas.evaluated import Confusions, Residuals
from schemas.events import Label
from schemas.gauge import Gauge

NEWEST: Final = 2_000
"""Of a longer held-out window, residuals are of so many of its newest labels."""


class ErrorEvidence:
    """Counts confusions of every live version, and keeps the worst errors of what was served.

    What is of the sliding window is worked out from the answers that a series keeps.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._classes = gauge.classes
        self._versions: dict[str, Confused] = {}
        self._worst = WorstErrors(gauge)

    def extend(self, labelled: Sequence[Labelled], answered: Mapping[str, Sequence[tuple[Label, Answer]]]) -> None:
        """The labels of events have come, in this order; ``answered`` holds those of each version that lives."""
        self._worst.extend(labelled)
        if self._classes:
            self._versions = {name: self._versions.get(name) or Confused() for name in answered}
            for name, version in self._versions.items():
                version.extend(answered[name])

    def figures(self, newest: Collection[tuple[Label, Answer]], live: Collection[str]) -> dict[str, Any]:
        """Its fields of `schemas.evaluated.Evaluated`; ``newest`` are labels and answers of the sliding window."""
        worst, classes = self._worst.shown(), self._classes
        if not classes:
            return {"residuals": residuals(newest), "worst": worst}
        # Of whom nothing was counted, nobody can tell whether it was there when labels were last counted.
        counted = ((name, version) for name, version in self._versions.items() if name in live and version.n)
        versions = {name: version.shown(classes) for name, version in counted}
        return {"confusion": Confusions(window=confusion(newest, classes), versions=versions), "worst": worst}

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        yield from self._worst.broken()
        for name, version in self._versions.items():
            yield from (f"confusion of {name}: {what}" for what in version.broken())


class HeldOutErrors:
    """The same of the open held-out window, for every version and baseline: confusion, or residuals."""

    def __init__(self, gauge: Gauge) -> None:
        self._classes = gauge.classes
        self._confused: dict[str, Confused] = {}
        self._numbers: dict[str, deque[tuple[Label, Answer]]] = {}

    def update(self, y: Label, answers: Mapping[str, Answer]) -> None:
        """Take in one held-out label for everyone who had predicted its event."""
        for name, answer in answers.items():
            if self._classes:
                self._confused.setdefault(name, Confused()).update(y, answer)
            else:
                self._numbers.setdefault(name, deque(maxlen=NEWEST)).append((y, answer))

    def figures(self) -> dict[str, Any]:
        """Its fields of `schemas.records.WindowReport`."""
        if self._classes:
            return {"confusion": {name: each.shown(self._classes) for name, each in self._confused.items()}}
        found: dict[str, Residuals | None] = {name: residuals(each) for name, each in self._numbers.items()}
        return {"residuals": {name: each for name, each in found.items() if each is not None}}

    def clear(self) -> None:
        """The window has closed."""
        self._confused, self._numbers = {}, {}

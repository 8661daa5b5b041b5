"""How much of an event was never met before."""

from __future__ import annotations

from models.vocabulary import Vocabulary
from schemas.events import Features
from schemas.gauge import Gauge


class Novelty:
    """The range of every number so far; which categories were met is the vocabulary's to know.

    Two numbers are kept per feature. A range only widens: a number that was met once is not novel again.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._ranges: dict[str, tuple[float, float] | None] = {
            name: None for name, feature in gauge.features.items() if feature.type == "number"
        }

    def share(self, x: Features, vocabulary: Vocabulary) -> float:
        """The share of an event's features that have a value such as was never met: 0 to 1; nothing is remembered.

        Missing features do not count, and neither does a boolean's value ever. ``x`` is not coded yet, and
        ``vocabulary`` as it stood before this event.
        """
        if not x:
            return 0.0
        novel = vocabulary.unknown(x)
        for name, met in self._ranges.items():
            value = x.get(name)
            if value is not None and (met is None or not met[0] <= value <= met[1]):  # type: ignore[operator]
                novel += 1
        return novel / len(x)

    def learn(self, x: Features) -> None:
        """Remember an event's numbers; coded or not is the same to them."""
        ranges = self._ranges
        for name, met in ranges.items():
            value = x.get(name)
            if value is None:
                continue
            assert isinstance(value, (int, float))
            if met is None:
                ranges[name] = (value, value)
            elif value < met[0]:
                ranges[name] = (value, met[1])
            elif value > met[1]:
                ranges[name] = (met[0], value)

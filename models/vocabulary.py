"""Categories as small integers.

River's models keep sets of categories, and a set of strings changes its order between processes and even through
a pickle; a set of small integers does not. So models see codes, in the order of first sight, and a restored
model continues bit-equal.
"""

from __future__ import annotations

from typing import Final

from schemas.events import Features
from schemas.gauge import Gauge

UNSEEN: Final = 0
"""The code of a category that was never learned, or that came after the vocabulary was full."""


class Vocabulary:
    """The codes of every category feature. Declared ``values`` have theirs from the start; others get one when met.

    Events that are held out are read without leaving a trace.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._codes: dict[str, dict[str, int]] = {}
        self._limits: dict[str, int] = {}
        for name, feature in gauge.features.items():
            if feature.type == "category":
                self._codes[name] = {value: code for code, value in enumerate(feature.values or (), start=UNSEEN + 1)}
                self._limits[name] = feature.max_values

    def encode(self, x: Features, *, learn: bool) -> Features:
        """The same features with categories replaced by their codes; ``x`` itself is left alone."""
        return self._coded(x, learn=learn, keep=True) if self._codes else x

    def foresee(self, x: Features, *, learn: bool) -> Features:
        """What `encode` would return; no category is remembered."""
        return self._coded(x, learn=learn, keep=False) if self._codes else x

    def unknown(self, x: Features) -> int:
        """How many of an event's categories have no code: neither declared nor met before."""
        return sum(name in x and x[name] not in codes for name, codes in self._codes.items())

    def values_of(self, name: str) -> tuple[str, ...]:
        """The values of a category that have a code, in the order of their codes: 1 is the first one's."""
        return tuple(self._codes[name])

    def _coded(self, x: Features, *, learn: bool, keep: bool) -> Features:
        coded = dict(x)
        for name, codes in self._codes.items():
            value = x.get(name)
            if value is None:
                continue
            assert isinstance(value, str)
            code = codes.get(value, UNSEEN)
            if code == UNSEEN and learn and len(codes) < self._limits[name]:
                code = len(codes) + 1
                if keep:
                    codes[value] = code
            coded[name] = code
        return coded

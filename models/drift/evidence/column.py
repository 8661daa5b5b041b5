"""What a column is to the service, and how its values are shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a column is.

    ``DELAY`` is the time from an event to its label, in seconds or events; ``TRAFFIC`` the logarithm of 1 + the seconds
    since the event before.
    """

    FEATURE = "feature"
    SCORE = "score"
    PREDICTED = "predicted"
    LABEL = "label"
    DELAY = "delay"
    TRAFFIC = "traffic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One thing that is watched.

    ``values`` are a category's, in the order of their codes; ``None`` for a number. No value of a ``private`` column
    is shown, nor a figure made of its values alone.
    """

    name: str
    role: Role = Role.FEATURE
    values: tuple[str, ...] | None = None
    private: bool = False

    @property
    def is_category(self) -> bool:
        """Whether its numbers are codes."""
        return self.values is not None

    def shown(self, value: float) -> str:
        """One of its values, as people read it."""
        if self.values is None:
            return number(value)
        return self.values[int(value)] if 0 <= value < len(self.values) else "another value"


def number(value: float) -> str:
    """Four digits, and no exponent while that is readable.

    >>> number(91.4321), number(37.0), number(1234567.0), number(0.00001234)
    ('91.43', '37', '1,234,567', '1.234e-05')
    """
    if 1e4 <= abs(value) < 1e12:
        return f"{value:,.0f}"
    return f"{value:.4g}"

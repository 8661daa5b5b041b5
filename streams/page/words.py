"""Figures as people read them on the page."""

from __future__ import annotations

from typing import Final

from schemas.evaluated import Figure
from schemas.plurals import count

NONE: Final = "–"


def number(value: float | None, digits: int = 4) -> str:
    """A figure with as many digits as matter.

    >>> number(0.93412), number(0.93412, 2), number(123456.0), number(None)
    ('0.9341', '0.93', '123,456', '–')
    """
    if value is None:
        return NONE
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"


def sure(figure: Figure | None) -> str:
    """A figure with its interval.

    >>> sure(Figure(value=0.9, n=100, low=0.85, high=0.94))
    '0.9 (0.85 to 0.94)'
    """
    if figure is None or figure.value is None:
        return NONE
    if figure.low is None or figure.high is None:
        return number(figure.value)
    return f"{number(figure.value, 3)} ({number(figure.low, 3)} to {number(figure.high, 3)})"


def share(value: float | None) -> str:
    """A share in per cent.

    >>> share(0.94), share(0.00012)
    ('94 %', '0.012 %')
    """
    return NONE if value is None else f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def duration(seconds: float) -> str:
    """A stretch of time in its largest unit.

    >>> duration(41.2), duration(180), duration(200_000)
    ('41 s', '3 minutes', '2 days')
    """
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size or (seconds >= size and noun == "day"):
            return count(round(seconds / size), noun)
    return f"{seconds:.0f} s"


def until(needed: int, noun: str, per_s: float) -> str:
    """How many more of something are needed, and how long that takes at the present pace.

    >>> until(212, "label", 1.18), until(1, "label", 0.0)
    ('212 more labels, about 3 minutes', '1 more label; none comes at present')
    """
    more = f"{needed:,} more {noun}{'' if needed == 1 else 's'}"
    return f"{more}, about {duration(needed / per_s)}" if per_s > 0 else f"{more}; none comes at present"


def named(word: str) -> str:
    """A word of the records as people read it.

    >>> named("data_fault")
    'data fault'
    """
    return word.replace("_", " ")

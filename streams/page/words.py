"""Figures as people read them on the page."""

from __future__ import annotations

from math import floor, log10
from typing import Final

from schemas.evaluated import Figure
from schemas.plurals import count

NONE: Final = "–"
_PLACES: Final = 6
"""More would not be read: such a figure is told with a power of ten."""
_SPELT: Final = {"not_json": "not JSON", "bad_id": "bad ID", "duplicate_id": "duplicate ID"}


def number(value: float | None, digits: int = 4) -> str:
    """A figure with as many digits as matter.

    >>> number(0.93412), number(0.93412, 2), number(1234.56), number(None)
    ('0.9341', '0.93', '1,235', '–')
    """
    if value is None:
        return NONE
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def sure(figure: Figure | None) -> str:
    """A figure with its interval, all to the same place.

    >>> sure(Figure(value=0.9, n=100, low=0.8512, high=0.94)), sure(Figure(value=0.9077, n=9))
    ('0.900 (0.851 to 0.940)', '0.908')
    """
    if figure is None or figure.value is None:
        return NONE
    if figure.low is None or figure.high is None:
        return number(figure.value, 3)
    ends = figure.value, figure.low, figure.high
    largest = max(map(abs, ends))
    places = max(2 - floor(log10(largest)), 0) if largest else 2
    value, low, high = (f"{end:,.{places}f}" if places <= _PLACES else number(end, 3) for end in ends)
    return f"{value} ({low} to {high})"


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
    ('212 more labels, about 3 minutes', '1 more label; none are arriving')
    """
    more = f"{needed:,} more {noun}{'' if needed == 1 else 's'}"
    return f"{more}, about {duration(needed / per_s)}" if per_s > 0 else f"{more}; none are arriving"


def named(word: str) -> str:
    """A word of the records as people read it.

    >>> named("data_fault"), named("not_json")
    ('data fault', 'not JSON')
    """
    return _SPELT.get(word, word.replace("_", " "))


def began(sentence: str) -> str:
    """Words as the beginning of a sentence that ends.

    >>> began("look at the source")
    'Look at the source.'
    """
    return f"{sentence[:1].upper()}{sentence[1:]}{'' if sentence.endswith('.') else '.'}"

"""Numbers with their nouns, as people read them."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """How many there are, in words.

    >>> count(1, "record"), count(4_000, "record")
    ('1 record', '4,000 records')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

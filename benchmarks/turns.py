"""Who is measured when: everyone once per repetition, and every repetition begins with another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Turn(NamedTuple):
    """One contender's turn; a warm-up does not count."""

    name: str
    counts: bool
    label: str


def turns(names: Iterable[str], repetitions: int, *, warm_up: bool = False) -> Iterator[Turn]:
    """All turns, those of a warm-up round first if one is wanted."""
    order = list(names)
    for repetition in range(-1 if warm_up else 0, repetitions):
        label = f"{repetition + 1} of {repetitions}" if repetition >= 0 else "not counted"
        for n in range(len(order)):
            yield Turn(order[(n + repetition) % len(order)], repetition >= 0, label)

"""Who is measured when: everyone once per repetition, and every repetition begins with another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Turn(NamedTuple):
    """One contender's turn."""

    name: str
    label: str


def turns(names: Iterable[str], repetitions: int) -> Iterator[Turn]:
    """All turns."""
    order = list(names)
    for repetition in range(repetitions):
        for n in range(len(order)):
            yield Turn(order[(n + repetition) % len(order)], f"{repetition + 1} of {repetitions}")

"""The interval of any figure that is made of counts, by leaving out one block of neighbours at a time.

How much the figure moves when a block is left out says how unsure it is, and blocks that are longer than the bursts in
which errors come need not know of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, fsum, log, sqrt
from typing import TypeVar

Key = TypeVar("Key")


def left_out(
    total: Mapping[Key, int], blocks: Sequence[Mapping[Key, int]], figure: Callable[[Mapping[Key, int]], float | None]
) -> list[float] | None:
    """The figure without each block in turn; ``None`` where it is not defined without one of them.

    ``total`` may hold more than the blocks do.
    """
    found = []
    for block in blocks:
        rest = {key: times - block.get(key, 0) for key, times in total.items()}
        value = figure({key: times for key, times in rest.items() if times})
        if value is None:
            return None
        found.append(value)
    return found


def standard_error(values: Sequence[float]) -> float:
    """That of a figure which takes these values when one block is left out.

    >>> standard_error([1.0, 2.0, 3.0]) == (2 / 3 * 2) ** 0.5
    True
    """
    m = len(values)
    mean = fsum(values) / m
    return sqrt((m - 1) / m * fsum((value - mean) ** 2 for value in values))


def on_logit_scale(value: float, error: float, z: float, within: tuple[float, float]) -> tuple[float, float]:
    """``value`` give or take z standard errors, on the logit scale of its range, so that it stays in there.

    The value must not lie at an end of the range.

    >>> [round(bound, 3) for bound in on_logit_scale(0.9, 0.05, 2.0, (0.0, 1.0))]
    [0.748, 0.965]
    """
    low, high = within
    share = (value - low) / (high - low)
    centre, half = log(share / (1 - share)), z * error / (high - low) / (share * (1 - share))
    return low + (high - low) * _share(centre - half), low + (high - low) * _share(centre + half)


def _share(logit: float) -> float:
    return 1 / (1 + exp(-logit)) if logit > 0 else 1 - 1 / (1 + exp(min(logit, 700.0)))

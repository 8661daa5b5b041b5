"""What is counted of the losses' dependence: pairs of forecast and loss, and sums over blocks of residuals."""

from __future__ import annotations

from typing import Final

LEVELS: Final = 12
"""Lengths of blocks: 4, 8, ... 8,192 events."""

MEMORY_EVENTS: Final = 65_536
"""When more events than that are counted, all sums are halved."""


class Blocks:
    """Sums of residuals over blocks of events: how many, their squares and fourth powers, by length.

    ``squares`` is that of the residuals themselves.
    """

    __slots__ = ("counts", "fourths", "squared", "squares")

    def __init__(self) -> None:
        self.squares = 0.0
        self.counts = [0.0] * LEVELS
        self.squared = [0.0] * LEVELS
        self.fourths = [0.0] * LEVELS

    def copy(self) -> Blocks:
        """An independent copy."""
        other = Blocks()
        other.squares = self.squares
        other.counts, other.squared, other.fourths = self.counts[:], self.squared[:], self.fourths[:]
        return other

    def halve(self) -> None:
        """Let all weigh half."""
        self.squares /= 2
        self.counts = [x / 2 for x in self.counts]
        self.squared = [x / 2 for x in self.squared]
        self.fourths = [x / 2 for x in self.fourths]

    def push(self, block: float, halves: list[float | None]) -> None:
        """Count a block of four; ``halves`` has, by length, the block that waits for its other half."""
        counts, squared, fourths = self.counts, self.squared, self.fourths
        for level in range(LEVELS):
            square = block * block
            counts[level] += 1.0
            squared[level] += square
            fourths[level] += square * square
            half = halves[level]
            if half is None:
                halves[level] = block
                return
            halves[level] = None
            block += half


class Sums:
    """All that is counted, of as many ``events``.

    ``xx``, ``xy`` and ``yy`` are of the pairs of each average's distance from the mean and the loss's, over the loss's
    variance; ``qq`` sums the squares of what ``xy`` sums. ``blocks`` are each channel's.
    """

    __slots__ = ("blocks", "events", "qq", "xx", "xy", "yy")

    def __init__(self) -> None:
        self.events = 0.0
        self.xx, self.xy, self.yy, self.qq = [0.0] * 6, [0.0] * 6, [0.0] * 6, [0.0] * 6
        self.blocks = (Blocks(), Blocks())

    def pair(self, k: int, averages: tuple[float, ...], mean: float, distance: float, weight: float) -> None:
        """Count the distances from the mean of ``averages``, the k-th and those that follow it, and the loss's.

        ``weight`` is 1 / its variance. All at once, because a young stream has six of them on every event.
        """
        xxs, xys, yys, qqs = self.xx, self.xy, self.yy, self.qq
        yy = distance * distance * weight
        for average in averages:
            x = average - mean
            xy = x * distance * weight
            xxs[k] += x * x * weight
            xys[k] += xy
            yys[k] += yy
            qqs[k] += xy * xy
            k += 1

    def copy(self) -> Sums:
        """An independent copy."""
        other = Sums()
        other.events = self.events
        other.xx, other.xy, other.yy, other.qq = self.xx[:], self.xy[:], self.yy[:], self.qq[:]
        other.blocks = (self.blocks[0].copy(), self.blocks[1].copy())
        return other

    def halve(self) -> None:
        """Let all weigh half."""
        self.events /= 2
        self.xx = [x / 2 for x in self.xx]
        self.xy = [x / 2 for x in self.xy]
        self.yy = [x / 2 for x in self.yy]
        self.qq = [x / 2 for x in self.qq]
        for blocks in self.blocks:
            blocks.halve()

    def part(self) -> None:
        """The channels part: the second has counted what the first has."""
        self.blocks = (self.blocks[0], self.blocks[0].copy())

"""How losses depend on those before them: the forecast that explains them best, and how far runs of them scatter."""

from __future__ import annotations

from bisect import bisect_right
from math import sqrt
from typing import Final

from models.drift.tempered.bets import Averages, Reference, Terms
from models.drift.tempered.sums import LEVELS, MEMORY_EVENTS, Blocks, Sums

SPEEDS: Final = (1.0, 1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 1024)
"""Of the moving averages of losses, one of which may be the forecast."""

FAST: Final = 2
"""How many of them, from the fastest on, the first channel may use: it must still see a small rise that lasts."""

FAMILIAR_EVENTS: Final = 16_384
"""Events after which the averages take turns in being paired with the loss, one on each stretch between two looks."""

_KNOWN_FROM: Final = [round(1 / speed) for speed in SPEEDS]
"""Losses that each average must have taken in before it is paired."""

INDEPENDENT: Final = Terms(average=-1, rho=0.0, explained=0.0, kappa=1.0, arm=30.0)


class Dependence:
    """Sums over the newest 32,768 to 65,536 events, and the terms of the bets that follow from them.

    The terms in use come from sums that are one or two looks old: a change must not explain itself away.
    """

    __slots__ = (
        "_at_alarm",
        "_halves",
        "_in_quad",
        "_live",
        "_older",
        "_parted",
        "_quads",
        "_turn",
        "_used",
        "averages",
        "seen",
    )

    averages: Averages

    def __init__(self) -> None:
        self._live = Sums()
        self._older = Sums()
        self._used = Sums()
        self._at_alarm: Sums | None = None
        self._parted = False
        self._turn = 0
        self._begin()

    def _begin(self) -> None:
        self.seen = 0
        self.averages = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        self._quads = [0.0, 0.0]
        self._in_quad = 0
        self._halves: list[list[float | None]] = [[None] * LEVELS, [None] * LEVELS]

    @property
    def known(self) -> float:
        """Events behind the terms in use."""
        return self._used.events

    def fold(self, loss: float, reference: Reference, first: float, second: float | None) -> None:
        """Count a loss that the averages do not hold yet, and the residuals that the channels have left of it."""
        sums, averages, seen = self._live, self.averages, self.seen
        _, mean, _, variance = reference
        distance, weight = loss - mean, 1.0 / (variance + 1e-9)
        sums.events += 1.0
        if sums.events < FAMILIAR_EVENTS:
            sums.pair(0, averages[: bisect_right(_KNOWN_FROM, seen)], mean, distance, weight)
        elif seen * SPEEDS[self._turn] >= 1.0:
            sums.pair(self._turn, (averages[self._turn],), mean, distance, weight)
        self._count(first, second)
        if sums.events > MEMORY_EVENTS:
            self._halve()

    def _count(self, first: float, second: float | None) -> None:
        one, other = self._live.blocks
        quads = self._quads
        one.squares += first * first
        quads[0] += first
        if second is not None:
            other.squares += second * second
            quads[1] += second
        self._in_quad += 1
        if self._in_quad == 4:
            self._in_quad = 0
            one.push(quads[0], self._halves[0])
            if second is not None:
                other.push(quads[1], self._halves[1])
            self._quads = [0.0, 0.0]

    def _halve(self) -> None:
        self._live.halve()
        self._older.halve()
        if self._used is not self._older:
            self._used.halve()

    def see(self, loss: float) -> None:
        """Let the averages take in a loss."""
        seen = self.seen
        self.seen = seen + 1
        a, b, c, d, e, f = self.averages
        if seen >= 1023:
            self.averages = (
                loss,
                b + 0.25 * (loss - b),
                c + 0.0625 * (loss - c),
                d + 0.015625 * (loss - d),
                e + 0.00390625 * (loss - e),
                f + 0.0009765625 * (loss - f),
            )
        else:
            young = 1.0 / (seen + 1)
            a, b, c, d, e, f = (
                old + max(speed, young) * (loss - old) for old, speed in zip(self.averages, SPEEDS, strict=True)
            )
            self.averages = (a, b, c, d, e, f)

    def look(self) -> None:
        """Take the sums of the look before last into use, and keep today's for the next but one."""
        self._used, self._older = self._older, self._live.copy()
        self._turn = (self._turn + 1) % len(SPEEDS)

    def terms(self) -> tuple[Terms, Terms | None]:
        """What the first channel bets on, and the second where that is something else, or once was."""
        sums = self._used
        one = _terms(sums, sums.blocks[0], FAST)
        other = _terms(sums, sums.blocks[1 if self._parted else 0], len(SPEEDS))
        if not self._parted:
            if one == other:
                return one, None
            self._part()
        return one, other

    def _part(self) -> None:
        self._parted = True
        self._live.part()
        self._older.part()
        if self._used is not self._older:
            self._used.part()
        if self._at_alarm is not None and self._at_alarm not in (self._older, self._used):
            self._at_alarm.part()
        self._halves[1] = self._halves[0][:]
        self._quads[1] = self._quads[0]

    def alarmed(self) -> None:
        """Keep what was known before an alarm, in case that it was true."""
        self._at_alarm = self._used

    def confirm(self) -> None:
        """Nothing better has come of the alarm: what came after it is as the stream is."""
        self._at_alarm = None

    def renew(self) -> None:
        """The watched model was replaced: go back to what was known before an alarm that this makes true."""
        if self._at_alarm is not None:
            self._used, self._at_alarm = self._at_alarm, None
        self._live, self._older = self._used.copy(), self._used
        self._begin()


def _terms(sums: Sums, blocks: Blocks, averages: int) -> Terms:
    """Terms for a forecast from among the first ``averages``.

    The forecast is the average whose correlation r with the loss is largest, of those whose robust t value is above 4;
    explained is r * r, rho the regression's slope. kappa is the largest ratio of a block sum's variance to that of as
    many independent residuals, shrunk by 16 blocks towards 1, of those that are above 1 by three standard errors::

        x(L) = (squared(L) / (squares / events) / L + 16) / (counts(L) + 16)

    With fewer than 16 blocks, or where fewer than five carry the scatter, a length tells nothing.
    """
    average, rho, explained = -1, 0.0, 0.0
    for k in range(averages):
        xx, xy, yy = sums.xx[k] + 1e-12, sums.xy[k], sums.yy[k]
        if xy <= 0.0 or xy * xy <= 16.0 * sums.qq[k]:
            continue
        share = xy * xy / xx / yy
        if share > explained:
            average, rho, explained = k, xy / xx, share
    rho, explained = min(rho, 0.98), min(explained, 0.98)
    kappa = 1.0
    if blocks.squares > 0.0:
        variance, length = blocks.squares / sums.events, 2.0
        for count, squared, fourths in zip(blocks.counts, blocks.squared, blocks.fourths, strict=True):
            length *= 2.0
            if count < 16.0:
                break
            if squared * squared < 5.0 * fourths:
                continue
            x = (squared / variance / length + 16.0) / (count + 16.0)
            if x > kappa and (kappa > 1.0 or x > 1.0 + 3.0 * sqrt(2.0 / count)):
                kappa = x
    arm = max(30.0, 16.0 * kappa, min(1024.0, 16.0 * kappa * (1.0 - explained) / (1.0 - rho) ** 2))
    return Terms(average, rho, explained, kappa, arm)

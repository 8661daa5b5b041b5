"""When the standing challenger is exchanged: its life, which doubles while nothing happens."""

from __future__ import annotations

from typing import Final

from schemas.gauge import Gauge

FIRST_LIFE: Final = 256
LONGEST_LIFE: Final = 8_192


def is_kept(gauge: Gauge) -> bool:
    """Whether a gauge file asks for the standing challenger, the anchor and the shadow lead."""
    wanted = gauge.retraining.standing
    asked = gauge.retraining.conditions is not None and gauge.drift.enabled
    return asked if wanted is None else wanted


class Lives:
    """The clock of the standing challenger's seat, in learned labels.

    While the world stands still, a longer life finds smaller leads. After an alarm or a promotion it is young versions
    that may be better: lives begin at ``first`` again.

    Parameters
    ----------
    first
        The shortest life. A replaced version that holds the seat has it for as long.
    longest
        The longest life.
    """

    __slots__ = ("first", "left", "life", "longest")

    def __init__(self, first: int = FIRST_LIFE, longest: int = LONGEST_LIFE) -> None:
        self.first = first
        self.longest = longest
        self.restart(first)

    def restart(self, left: int) -> None:
        """The world has moved: the seat is due after ``left`` labels, and lives begin short again."""
        self.left, self.life = left, self.first

    def label(self) -> bool:
        """A label was learned; whether the seat is due."""
        if self.left:
            self.left -= 1
        return not self.left

    def begin(self) -> None:
        """Another one takes the seat; the next lives twice as long, or ``longest``."""
        self.left, self.life = self.life, min(2 * self.life, self.longest)

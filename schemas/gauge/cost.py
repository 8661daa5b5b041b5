"""What a change of the gauge file costs a running service. Each key declares it, once, beside its type.

A state holds what was built from most of the gauge file: models, detectors, metrics, windows. A key may change under it
only where the state can follow; any other change would be obeyed by half.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple, Self


class Cost(StrEnum):
    """From the cheapest to the dearest."""

    NONE = "none"
    """It decides nothing: how the gauge is run, and where."""
    ACCEPT = "accept"
    """It changes what will be decided from now on, and no feature, label or running model: ``rivergauge accept``."""
    RESET = "reset"
    """The state does not fit it: ``rivergauge reset``, or another gauge."""


class Costs(NamedTuple):
    """The declaration of one key: ``Annotated[int, RESET]``.

    ``means`` is what a change comes to in practice. ``added`` is the same for a list that is only added to, which costs
    `Cost.ACCEPT`; where it is None that is a change like any other.
    """

    cost: Cost
    means: str
    added: str | None = None

    def but(self, condition: str) -> Self:
        """The same, with what to look out for."""
        return self._replace(means=f"{self.means}; {condition}")

    def because(self, why: str) -> Self:
        """The same, with the reason before what it means."""
        return self._replace(means=f"{why}; {self.means}")

    def unless_added(self, means: str) -> Self:
        """Dear as it is, a list may be added to."""
        return self._replace(added=f"{ACCEPT.means}: {means}")


NONE: Final = Costs(Cost.NONE, "takes effect at the next start")
ACCEPT: Final = Costs(Cost.ACCEPT, "takes effect at the next start after rivergauge accept")
RESET: Final = Costs(Cost.RESET, "start over with rivergauge reset, or run another gauge beside this one")

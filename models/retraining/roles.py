"""The roles that a live version may have, and what each of them means: a table.

Every live version is asked and taught on every event, may answer (`models.retraining.lead`), and is judged against the
champion if it is not the champion.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from models.retraining.version import Life


class Role(Enum):
    """Why a version lives."""

    CHAMPION = "champion"
    """It leads: others have to beat it, and its error is watched."""
    RACER = "racer"
    """It stands for a candidate that does not lead."""
    CHALLENGER = "challenger"
    """A trigger has started it."""
    FRESH = "fresh"
    """The standing challenger: a young version of the leading candidate, exchanged when its life ends."""
    ANCHOR = "anchor"
    """The version of the leading candidate that was never begun anew: the way back from everything that was learned
    since."""
    PARENT = "parent"
    """The version whose place the champion took, while that is news: the way back from a promotion."""
    STAND_IN = "stand_in"
    """A baseline, while no model is left; it leads."""


class Ends(Enum):
    """What ends a version in its role, besides a promotion and too many failures."""

    BEATEN = "another version wins its contest against it"
    VERDICT = "its contest gives up, or a drift's challenger takes its place"
    LIFE = "its life ends, or a challenger is started"
    LEAD = "another candidate leads"
    NEVER = "nothing"


class Terms(NamedTuple):
    """What a role means.

    ``ends``: what ends it. ``leads_back``: whether the champion that it beats is rolled back. ``succeeds``: its place
    in the order of succession when the champion fails; the lowest first, then the least faded loss. ``lives``: what its
    life may say.
    """

    ends: Ends
    leads_back: bool
    succeeds: int
    lives: frozenset[Life]


_ON_TRIAL: Final = frozenset({Life.ON_TRIAL})
_LEADS: Final = frozenset({Life.CHAMPION})

ROLES: Final[dict[Role, Terms]] = {
    Role.CHAMPION: Terms(Ends.BEATEN, leads_back=False, succeeds=0, lives=_LEADS),
    Role.RACER: Terms(Ends.NEVER, leads_back=False, succeeds=0, lives=_ON_TRIAL),
    Role.ANCHOR: Terms(Ends.LEAD, leads_back=True, succeeds=0, lives=_ON_TRIAL),
    Role.PARENT: Terms(Ends.LIFE, leads_back=True, succeeds=0, lives=_ON_TRIAL),
    Role.CHALLENGER: Terms(Ends.VERDICT, leads_back=False, succeeds=1, lives=_ON_TRIAL),
    # One that has never answered has taken no step yet: nobody needs to hear of it.
    Role.FRESH: Terms(Ends.LIFE, leads_back=False, succeeds=1, lives=frozenset({Life.NEW, Life.ON_TRIAL})),
    Role.STAND_IN: Terms(Ends.BEATEN, leads_back=False, succeeds=2, lives=_LEADS),
}
"""Every role."""

"""Fields of a record that the gauge does not know: counted by name, and searched for one that was meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from schemas.gauge import Steps
from schemas.hints import closest

MOST_NAMES: Final = 100
OTHERS: Final = "(others)"
"""Under this name are all that came after the first hundred names."""

_LONGEST: Final = 100


def count(counts: dict[str, int], names: Iterable[str]) -> None:
    """Add one for each name; the table stays bounded, whatever the records hold."""
    for name in names:
        if name in counts:
            counts[name] += 1
            continue
        shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
        if shown not in counts and len(counts) >= MOST_NAMES:
            shown = OTHERS
        counts[shown] = counts.get(shown, 0) + 1


def meant(content: Any, wanted: Steps, known: set[Steps]) -> str | None:
    """Where ``content`` has what may have been meant by a path that leads nowhere in it, as text; or ``None``."""
    if isinstance(content, dict) and len(wanted) > 1:
        for other in (".".join(wanted), wanted[-1]):
            if other in content and (other,) not in known:
                return f"'{other}', at the top level,"
    for n, step in enumerate(wanted):
        if not isinstance(content, dict):
            return None
        if step not in content:
            # A record of a stranger may have any number of names, and comparing them is slow.
            few = [key for key in [*content][:MOST_NAMES] if len(key) <= _LONGEST]
            near = closest(step, [key for key in few if (*wanted[:n], key) not in known], cutoff=0.6)
            return f"'{'.'.join((*wanted[:n], near[0]))}'" if near else None
        content = content[step]
    return None

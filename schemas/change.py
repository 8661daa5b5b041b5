"""What it costs to go on with a changed gauge file: nothing, an operator's word, or starting over.

A state holds what was built from most of the gauge file: models, detectors, metrics, windows. Only what is read anew
each time, the retraining policy, can change under it; all else would be obeyed by half.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, NamedTuple

from schemas.gauge import Gauge


class Cost(StrEnum):
    """From the cheapest to the dearest."""

    NONE = "none"
    """It decides nothing: how the gauge is run, and where."""
    ACCEPT = "accept"
    """It changes what will be decided from now on, and no feature, label or running model: ``rivergauge accept``."""
    RESET = "reset"
    """The state does not fit it: ``rivergauge reset``, or another gauge beside this one."""


class Change(NamedTuple):
    """One place at which two gauge files differ."""

    where: str
    then: Any
    now: Any
    cost: Cost


_NONE: Final = ("connection", "server", "snapshots", "delivery", "commit_interval_ms", "topics")
_DEAR: Final = ("retraining.start", "retraining.recent_labels", "retraining.judge", "topics.input")


def changes(old: Gauge, new: Gauge) -> list[Change]:
    """Where two gauge files differ, and what each difference costs.

    >>> from schemas.gauge import parse
    >>> text = 'name = "g"\\ntask = "regression"\\n[label]\\nfield = "y"\\n[features]\\nx = "number"\\n'
    >>> [(c.where, str(c.cost)) for c in changes(parse(text), parse(text + "[retraining]\\nmargin = 0.1\\n"))]
    [('retraining.margin', 'accept')]
    """
    return list(_differences("", old.model_dump(mode="json"), new.model_dump(mode="json")))


def dearest(found: list[Change]) -> Cost:
    """The cost of all changes together."""
    order = list(Cost)
    return max((change.cost for change in found), key=order.index, default=Cost.NONE)


def _differences(where: str, old: Any, new: Any) -> Any:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _differences(f"{where}.{key}" if where else key, old.get(key), new.get(key))
    else:
        yield Change(where, old, new, _cost(where))


def _cost(where: str) -> Cost:
    if where in _DEAR:
        return Cost.RESET
    section = where.partition(".")[0]
    if section in _NONE:
        return Cost.NONE
    return Cost.ACCEPT if section == "retraining" else Cost.RESET

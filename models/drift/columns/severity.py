"""How bad it is that columns moved: by how many of them, and how far."""

from __future__ import annotations

from typing import Final

from models.drift.evidence.kinds import Judged
from schemas.alerts import DriftKind, Moved, Severity

MANY: Final = 0.5
"""The share of all columns from which on it is critical, where there are several."""
SEVERAL: Final = 0.1
FAR: Final = 1.0
"""Widths of its middle half that a median has moved by, from which on it is major."""
SHARE: Final = 0.25
"""What a share has moved by, from which on it is major."""


def severity_of(moved: list[Judged], *, of: int) -> Severity:
    """Critical where half of the columns moved; major where a tenth did, and more than one, or one moved far.

    A data fault is major: no model can answer for what it is not given.
    """
    if len(moved) > 1 and len(moved) >= MANY * of:
        return Severity.CRITICAL
    faulty = any(one.kind in (DriftKind.DATA_FAULT, DriftKind.LABELS) for one in moved)
    several = len(moved) > 1 and len(moved) >= SEVERAL * of
    far = any(_is_far(one.moved) for one in moved)
    return Severity.MAJOR if faulty or several or far else Severity.MINOR


def _is_far(moved: Moved) -> bool:
    before, after = moved.before, moved.after
    low, middle, high, now = (before.get("q25"), before.get("q50"), before.get("q75"), after.get("q50"))
    if low is not None and middle is not None and high is not None and now is not None:
        return abs(now - middle) > FAR * (high - low)
    shares = [(before[name], after.get(name)) for name in before]
    return any(a is not None and b is not None and abs(a - b) > SHARE for a, b in shares)

"""A number as people read it, wherever one is told."""

from __future__ import annotations


def figure(value: float | None) -> str:
    """With four decimals, or none where it is large; a dash where it is not defined.

    >>> figure(0.5), figure(123_456.7), figure(None)
    ('0.5000', '123,457', '–')
    """
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.4f}"

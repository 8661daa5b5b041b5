"""How bad it is that an error is larger than it should be: one scale for every kind of alert."""

from __future__ import annotations


def severity(before: float, now: float, *, numeric: bool) -> str:
    """``critical``, ``major`` or ``minor``: by the difference of shares, by the ratio of errors in the label's units.

    >>> severity(0.1, 0.25, numeric=False), severity(2.0, 9.0, numeric=True)
    ('major', 'critical')
    """
    # A quarter of all answers gone wrong is critical whatever the metric; so are errors four times as large.
    if numeric:
        critical, major = now >= 4 * before, now >= 2 * before
    else:
        critical, major = now - before >= 0.25, now - before >= 0.1
    return "critical" if critical and now > before else "major" if major and now > before else "minor"

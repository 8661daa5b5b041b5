"""How bad it is that an error is larger than it should be: one scale for every kind of alert."""

from __future__ import annotations

from schemas.alerts import Severity


def severity(before: float, now: float, *, numeric: bool) -> Severity:
    """``critical``, ``major`` or ``minor``: by the difference of shares, by the ratio of errors in the label's units.

    >>> severity(0.1, 0.25, numeric=False), severity(2.0, 9.0, numeric=True)
    (<Severity.MAJOR: 'major'>, <Severity.CRITICAL: 'critical'>)
    """
    # A quarter of all answers gone wrong is critical whatever the metric; so are errors four times as large.
    if numeric:
        critical, major = now >= 4 * before, now >= 2 * before
    else:
        critical, major = now - before >= 0.25, now - before >= 0.1
    if now <= before or not major:
        return Severity.MINOR
    return Severity.CRITICAL if critical else Severity.MAJOR

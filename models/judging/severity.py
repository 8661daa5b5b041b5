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


def severity_of_metric(before: float, now: float, *, bigger_is_better: bool) -> Severity | None:
    """The same of a metric: by how far it fell, or where smaller is better by how many times it grew.

    ``None`` where that cannot be told: a metric of nothing, or less, does not grow by times.

    >>> severity_of_metric(0.8, 0.5, bigger_is_better=True), severity_of_metric(0.1, 0.25, bigger_is_better=False)
    (<Severity.CRITICAL: 'critical'>, <Severity.MAJOR: 'major'>)
    """
    if bigger_is_better:
        return severity(0.0, before - now, numeric=False)
    return severity(before, now, numeric=True) if before > 0 else None

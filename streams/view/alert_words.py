"""What an alert is about, in sentences: the same in a backtest's report and in what was published."""

from __future__ import annotations

from schemas.alerts import moved_words, severity_words, share_words
from schemas.figure_words import figure
from schemas.records import DriftAlert


def what_of(alert: DriftAlert) -> str:
    """Subject and cause, by how much, what moved, and the advice."""
    named = alert.subject is None or alert.subject in alert.cause
    what = alert.cause if named else f"{alert.subject}: {alert.cause}"
    if alert.figure is not None and alert.figure.value is not None:
        value, low, high = (figure(end) for end in (alert.figure.value, alert.figure.low, alert.figure.high))
        what = f"{what}, {value} ({low} to {high})"
    argued = (
        severity_words(alert.severity_by),
        moved_words(alert.moved),
        share_words(alert.expected_share),
        alert.advice,
    )
    return "; ".join([what, *(words for words in argued if words is not None)])

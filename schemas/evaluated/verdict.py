"""What the figures come to: whether the service is worth more than the simplest baseline, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.evaluated.figure import Figure


class VerdictKind(StrEnum):
    """How the service stands beside its baselines. The first four are sure: their intervals leave out 0."""

    BETTER = "better"
    WORSE = "worse"
    WORSE_NOW = "worse_now"
    """Over its life it is not worse; over the newest labels it is."""
    BETTER_NOW = "better_now"
    """Over its life it is not better; over the newest labels it is."""
    NOT_SURE = "not_sure"
    NO_DIFFERENT = "no_different"
    """On hardly any label does it err where the baseline does not, or the other way round."""
    TOO_EARLY = "too_early"
    NO_LABELS = "no_labels"
    NO_BASELINE = "no_baseline"
    """No baseline has a figure to be compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The service beside the baseline that is hardest to beat, over its whole life and over the newest labels.

    ``lead`` is in ``metric``, above 0 where the service is better: a share where the metric is one (0.031 is 3.1
    points), else in the metric's units. ``metric`` is ``error`` where the leading metric cannot tell and the share of
    wrong answers, or the mean absolute error, is compared instead. ``recent`` is the lead in the error over the newest
    labels alone. Both intervals hold however often one looks, but for a ``lead`` in a metric that is not made of the
    error: that one comes from the two figures' intervals. ``coverage`` is the share of predictions whose label is in.
    """

    kind: VerdictKind
    words: str
    metric: str
    baseline: str | None
    lead: Figure | None
    recent: Figure | None
    labels: int
    coverage: float

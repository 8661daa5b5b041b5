"""The metric now, while labels are late: an estimate of what the newest predictions will turn out to be worth."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.evaluated.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricNow:
    """An *estimate* of a metric over the newest ``predictions`` of the service, most of whose labels may be missing.

    ``metric`` is the leading metric where that is a mean of losses, else Accuracy, or MAE for a regression. Of the
    predictions the share ``pending`` has no label yet; some never get one.

    ``estimate`` is of what the metric will be over those that get a label; its ``n`` counts those that have one, and
    ``low`` to ``high`` is a 90 % band, from how far off earlier estimates were. ``last_labelled`` is the metric over
    the newest labels to arrive, whatever they were predicted for: what to read while ``estimate`` has no value.

    Of ``closed`` windows it is known by now what they turned out to be. ``off_by`` is the mean absolute error of their
    estimates, ``last_labelled_off_by`` that of the figure beside them, in the metric's units.
    """

    metric: str
    estimate: Figure
    last_labelled: Figure
    predictions: int
    pending: float
    closed: int
    off_by: float | None
    last_labelled_off_by: float | None

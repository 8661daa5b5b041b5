"""``[evaluation]``: how models are measured."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.gauge.cost import RESET
from schemas.gauge.metric import MetricChoice
from schemas.gauge.section import Section


class Evaluation(Section):
    """How models are measured.

    ``metric`` leads (None: accuracy, or MAE for regression), ``also`` are shown beside it: any metric of River for the
    task, by name, or as a table where it takes parameters or is of one class. Prequential figures are for the whole
    life, for a sliding window and with a fading factor. A share ``holdout`` of the events is predicted but never
    learned; a report closes after ``holdout_window`` of their labels.
    """

    metric: Annotated[MetricChoice | None, RESET] = None
    also: Annotated[list[MetricChoice], RESET.unless_added("the new metric counts from there")] = Field(
        default_factory=list, max_length=100
    )
    window_events: Annotated[int, RESET] = Field(default=1_000, ge=10, le=1_000_000)
    fading_factor: Annotated[float, RESET] = Field(default=0.999, gt=0, le=1)
    holdout: Annotated[float, RESET] = Field(default=0.05, ge=0, lt=0.9)
    holdout_window: Annotated[int, RESET] = Field(default=200, ge=10, le=1_000_000)

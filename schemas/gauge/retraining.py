"""``[retraining]``: when a challenger starts, and what it takes to be promoted."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.alerts import DriftKind
from schemas.gauge.conditions import Conditions
from schemas.gauge.cost import ACCEPT, RESET
from schemas.gauge.pace import MaxRetrains, Schedule
from schemas.gauge.section import Section

CONFIDENCE: Final = 0.95
"""That of every figure's interval."""


class MetricTrigger(Section):
    """Retrain when the leading metric crosses a threshold: ``below`` for scores, ``above`` for errors.

    With ``confidence`` the nearer end of the figure's interval must have crossed it too.
    """

    below: Annotated[float | None, ACCEPT] = None
    above: Annotated[float | None, ACCEPT] = None
    over: Annotated[Literal["holdout", "window", "faded"], ACCEPT] = "holdout"
    confidence: Annotated[float | None, ACCEPT] = None

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.below is None) == (self.above is None):
            raise ValueError("give exactly one of below, above")
        if self.confidence not in (None, CONFIDENCE):
            raise ValueError(f"confidence must be {CONFIDENCE}, that of every figure's interval, got {self.confidence}")
        return self


class Burst(Section):
    """Implausible labels: of the newest ``labels`` at least ``share`` are of one class, with records whose times lie in
    one stretch of ``seconds``, and that class was rarer before.
    """

    labels: Annotated[int, ACCEPT] = Field(default=1_000, ge=100, le=100_000)
    seconds: Annotated[float, ACCEPT] = Field(default=1.0, gt=0, le=1e6)
    share: Annotated[float, ACCEPT] = Field(default=0.99, gt=0.5, le=1)


class Retraining(Section):
    """When a challenger starts, how, and what it takes to be promoted.

    Units are labels. The contest promotes a challenger that is not better with probability at most ``error_rate``,
    however often it is looked at; ``margin`` is the lead (in mean loss) below which a challenger is not worth having,
    which is not held against it before ``warm_up_labels``. Models are judged by ``judge``: by default the leading
    metric, where two versions can be compared by it. A candidate that looks at no feature takes no model's place unless
    ``baseline_may_lead``.

    After ``halve_after_labels`` the worse half of the candidates is retired, after twice as many more the worse half of
    those that are left, and so on down to two.

    ``on_drift`` is short for ``on = { any = ["concept"] }`` and says nothing beside ``on``.

    ``standing`` keeps up to two more versions of the leading candidate: a young one that is exchanged as it ages, and
    the one that was never begun anew; and lets the one with the best record of late answer.

    With ``approval`` a version that wins is proposed until an operator approves or declines it: ``always``, or where
    the win is ``borderline``. After ``approval_timeout_labels`` it is declined.
    """

    on_drift: Annotated[bool, ACCEPT] = True
    on: Annotated[Conditions | None, ACCEPT] = None
    on_metric: Annotated[MetricTrigger | None, ACCEPT] = None
    every_labels: Annotated[int | None, ACCEPT] = Field(default=None, ge=1)
    schedule: Annotated[Schedule | None, ACCEPT] = None
    start: Annotated[Literal["fresh", "recent", "copy", "warning", "recalled"], ACCEPT] = "fresh"
    recent_labels: Annotated[int, ACCEPT] = Field(default=500, ge=1, le=100_000)
    warm_up_labels: Annotated[int, ACCEPT] = Field(default=256, ge=0)
    patience_labels: Annotated[int, ACCEPT] = Field(default=5_000, ge=10)
    cooldown_labels: Annotated[int, ACCEPT] = Field(default=0, ge=0)
    max_retrains: Annotated[MaxRetrains | None, ACCEPT] = None
    hold: Annotated[list[Literal["data_fault"]], ACCEPT] = Field(default_factory=list, max_length=1)
    burst: Annotated[Burst | None, ACCEPT] = None
    halve_after_labels: Annotated[int | None, ACCEPT] = Field(default=None, ge=100, le=10_000_000)
    error_rate: Annotated[float, ACCEPT] = Field(default=0.05, gt=0, le=0.5)
    margin: Annotated[float, ACCEPT] = Field(default=0.02, ge=0, lt=1)
    judge: Annotated[Literal["error", "log_loss", "cost", "metric"] | None, RESET] = None
    baseline_may_lead: Annotated[bool, ACCEPT] = False
    standing: Annotated[bool | None, ACCEPT] = None
    approval: Annotated[Literal["auto", "borderline", "always"], ACCEPT] = "auto"
    approval_timeout_labels: Annotated[int, ACCEPT] = Field(default=10_000, ge=10, le=10_000_000)

    @model_validator(mode="after")
    def _drift_once(self) -> Self:
        if self.on is not None and not self.on_drift:
            raise ValueError("on_drift = false and on contradict each other: leave on_drift out")
        return self

    @property
    def conditions(self) -> Conditions | None:
        """The kinds of episodes that start a challenger; ``None`` where none does."""
        return self.on or (_CONCEPT if self.on_drift else None)


_CONCEPT: Final = Conditions(any=[DriftKind.CONCEPT])

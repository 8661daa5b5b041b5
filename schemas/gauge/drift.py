"""``[drift]``: when a change is worth an alarm."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from schemas.alerts import DriftKind
from schemas.gauge.budgets import FalseAlarms, per_event
from schemas.gauge.candidates import Step
from schemas.gauge.conditions import each_once
from schemas.gauge.cost import ACCEPT, RESET
from schemas.gauge.section import Section

_ANEW = ACCEPT.but("the watch on columns begins anew")
_ROUNDING: Final = 1e-9


class Shares(Section):
    """How the budget of false alarms is shared out: the part of the watch on the error, on columns, on baselines."""

    errors: Annotated[float, ACCEPT] = Field(default=0.4, ge=0, le=1)
    columns: Annotated[float, ACCEPT] = Field(default=0.4, ge=0, le=1)
    performance: Annotated[float, ACCEPT] = Field(default=0.2, ge=0, le=1)

    @model_validator(mode="after")
    def _spend_no_more_than_there_is(self) -> Self:
        each = {"errors": self.errors, "columns": self.columns, "performance": self.performance}
        if (total := sum(each.values())) > 1 + _ROUNDING:
            told = ", ".join(f"{name} {share:g}" for name, share in each.items())
            raise ValueError(f"the shares must sum to at most 1, got {total:g} ({told}): lower one of them")
        return self


class DriftColumns(Section):
    """Watching every column of the stream: features, what is answered, labels, their delay, traffic.

    Blocks have ``block_events`` events; without it they follow the traffic. No alarm comes before ``history_events``
    events. ``ignore`` names features, or ``prediction``, ``label``, ``label delay`` and ``traffic``. ``season`` says by
    what, in event time, the usual of a column goes.
    """

    enabled: Annotated[bool, ACCEPT] = True
    block_events: Annotated[int | None, _ANEW] = Field(default=None, ge=8, le=4_096)
    history_events: Annotated[int, ACCEPT] = Field(default=0, ge=0, le=100_000_000)
    ignore: Annotated[list[str], _ANEW] = Field(default_factory=list, max_length=10_000)
    season: Annotated[list[Literal["hour", "weekday"]], _ANEW] = Field(default_factory=list, max_length=2)

    @field_validator("season")
    @classmethod
    def _name_each_once(cls, season: list[str]) -> list[str]:
        if len(set(season)) < len(season):
            raise ValueError("names one twice: name each of hour and weekday once")
        return season


class Drift(Section):
    """Watching for changes.

    ``false_alarms`` is the budget: how many false alarms are allowed per number of events, shared out by ``shares``.
    The default detectors need no other constant; ``detectors`` adds any of River's, which keep no such promise. For
    ``cooldown_labels`` after an episode has closed no other of the same kind and subject opens; of the kinds in
    ``quiet`` nobody is alerted. No alarm of the error comes before ``history_labels`` labels.
    """

    enabled: Annotated[bool, RESET] = True
    false_alarms: Annotated[FalseAlarms, ACCEPT] = "1 per 100000 events"
    shares: Shares = Shares()
    detectors: Annotated[list[Step], ACCEPT] = Field(default_factory=list, max_length=100)
    history_labels: Annotated[int, ACCEPT] = Field(default=0, ge=0)
    cooldown_labels: Annotated[int, ACCEPT] = Field(default=0, ge=0)
    quiet: Annotated[list[Annotated[DriftKind, Field(strict=False)]], AfterValidator(each_once), ACCEPT] = Field(
        default_factory=list, max_length=len(DriftKind)
    )
    columns: DriftColumns = DriftColumns()

    @model_validator(mode="after")
    def _give_what_is_watched_something_to_spend(self) -> Self:
        watched = {
            "errors": self.enabled,
            "columns": self.enabled and self.columns.enabled,
            "performance": self.enabled,
        }
        for name, is_watched in watched.items():
            if is_watched and not getattr(self.shares, name):
                raise ValueError(f"shares.{name} must be above 0 while it is watched, got 0: a watch without a budget")
        return self

    @cached_property
    def budget(self) -> float:
        """False alarms per event."""
        return per_event(self.false_alarms)

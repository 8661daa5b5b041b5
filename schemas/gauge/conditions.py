"""``retraining.on``: which episodes start a challenger, one of several or all of them together."""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from schemas.alerts import DriftKind
from schemas.gauge.cost import ACCEPT
from schemas.gauge.section import Section


def _no_fault(kind: DriftKind) -> DriftKind:
    if kind is DriftKind.DATA_FAULT:
        raise ValueError(
            "data_fault starts no challenger: it would learn the fault, and a broken sensor calls for a person; "
            'hold = ["data_fault"] keeps models from learning it'
        )
    return kind


def each_once(kinds: list[DriftKind]) -> list[DriftKind]:
    """The kinds.

    Raises
    ------
    ValueError
        If one is named twice.
    """
    if len(set(kinds)) < len(kinds):
        raise ValueError(f"must name each kind once, got {', '.join(kinds)}: leave out what stands twice")
    return kinds


Kind: TypeAlias = Annotated[DriftKind, Field(strict=False), AfterValidator(_no_fault)]
Kinds: TypeAlias = Annotated[list[Kind], Field(min_length=1), AfterValidator(each_once)]


class Conditions(Section):
    """Kinds of episodes: ``any`` of them is enough, or ``all`` have to be open at the same time."""

    any: Annotated[Kinds | None, ACCEPT] = None
    all: Annotated[Kinds | None, ACCEPT] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.any is None) == (self.all is None):
            raise ValueError('give exactly one of any, all: { any = ["concept", "prior"] }')
        return self

    @property
    def kinds(self) -> list[DriftKind]:
        """Every kind that it names."""
        return self.any or self.all or []

"""``[features]``: what a prediction is made from."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from schemas.gauge.cost import RESET
from schemas.gauge.paths import Path
from schemas.gauge.section import Section
from schemas.gauge.values import Category


class Feature(Section):
    """One feature: its type, where it stands, what it may be, and whether it may be missing."""

    type: Annotated[Literal["number", "category", "boolean"], RESET]
    field: Annotated[Path | None, RESET] = None
    minimum: Annotated[float | None, RESET] = None
    maximum: Annotated[float | None, RESET] = None
    values: Annotated[list[Category] | None, RESET] = Field(default=None, min_length=1)
    max_values: Annotated[int, RESET] = Field(default=1_000, ge=1, le=100_000)
    optional: Annotated[bool, RESET] = False

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _bounds_fit_the_type(self) -> Self:
        if self.type != "number" and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"minimum and maximum are for numbers, not for a {self.type}")
        if self.type != "category" and self.values is not None:
            raise ValueError(f"values are for categories, not for a {self.type}")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"minimum must be below maximum, got {self.minimum} and {self.maximum}")
        return self

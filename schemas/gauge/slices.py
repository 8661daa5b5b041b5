"""``[slices.NAME]``: groups of events whose figures are shown apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.gauge.cost import ACCEPT
from schemas.gauge.names import FeatureName
from schemas.gauge.paths import Path, Steps, steps
from schemas.gauge.section import Section
from schemas.gauge.values import Category

_ANEW = ACCEPT.but("the slice's groups and figures begin anew")


def _truth(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


class Slice(Section):
    """One way to divide events into groups: by the values of a field, by ranges of a number, or by two other slices.

    The field need not be a feature. With ``bins``, rising edges, a group goes from one edge to below the next one.
    ``values`` are the groups by name; without them each value becomes a group when it is met, up to ``max_groups``.
    What has no group of its own is in ``other``, what has no value that can be read in ``missing``. The groups of a
    ``private`` slice are numbered in all that is written.
    """

    field: Annotated[Path | None, _ANEW] = None
    bins: Annotated[list[float] | None, _ANEW] = Field(default=None, min_length=1, max_length=99)
    values: Annotated[list[Annotated[Category, BeforeValidator(_truth)]] | None, _ANEW] = Field(
        default=None, min_length=1, max_length=100
    )
    of: Annotated[list[FeatureName] | None, _ANEW] = Field(default=None, min_length=2, max_length=2)
    max_groups: Annotated[int, _ANEW] = Field(default=20, ge=1, le=100)
    private: Annotated[bool, _ANEW] = False

    @model_validator(mode="after")
    def _one_way_to_divide(self) -> Self:
        given = [key for key in ("field", "bins", "values", "private") if key in self.model_fields_set]
        if self.of is not None and given:
            raise ValueError(f"of names two slices, which say {' and '.join(given)} themselves")
        if self.bins is not None and self.values is not None:
            raise ValueError("give bins for a number or values for anything else, got both")
        if "max_groups" in self.model_fields_set and (self.bins is not None or self.values is not None):
            raise ValueError("max_groups is for values that are met on the way: bins and values have a number already")
        return self

    @model_validator(mode="after")
    def _groups_differ(self) -> Self:
        bins, values, of = self.bins or [], self.values or [], self.of or []
        if any(edge >= after for edge, after in pairwise(bins)):
            raise ValueError(f"bins must rise, got {self._shown(bins)}")
        if len(set(values)) != len(values):
            raise ValueError(f"values must differ, got {self._shown(values)}")
        if len(set(of)) != len(of):
            raise ValueError(f"of must name two different slices, got {of}")
        return self

    def _shown(self, given: Sequence[object]) -> str:
        return f"{len(given)} of which {len(set(given))} differ (private)" if self.private else str(given)

    def path(self, name: str) -> Steps:
        """Where the value of the slice of this name stands; nowhere for a pair."""
        return () if self.of is not None else steps(self.field or name)

"""``[decision]``: how the label that is served follows from the probabilities."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.gauge.cost import ACCEPT
from schemas.gauge.section import Section
from schemas.gauge.values import LARGEST_NUMBER

Price = Annotated[float, Field(ge=0, le=LARGEST_NUMBER)]


class Decision(Section):
    """Exactly one of four ways from probabilities to a label.

    ``costs[TRUE][PREDICTED]`` is what it costs to predict one class where another is true, by the classes' names; 0
    where it is not given. The others are for a binary task: a ``threshold`` for the probability of the positive class,
    or the ``precision`` or ``recall`` that is wanted of it, and the threshold follows the stream.
    """

    costs: Annotated[dict[str, dict[str, Price]] | None, ACCEPT] = None
    threshold: Annotated[float | None, ACCEPT] = Field(default=None, gt=0, lt=1)
    precision: Annotated[float | None, ACCEPT] = Field(default=None, gt=0, lt=1)
    recall: Annotated[float | None, ACCEPT] = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = self._given()
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of costs, threshold, precision, recall; got {' and '.join(given) or 'none'}"
            )
        prices = [price for row in (self.costs or {}).values() for price in row.values()]
        if self.costs is not None and not any(prices):
            raise ValueError("at least one of the costs must be above 0; what is not given costs nothing")
        return self

    @property
    def way(self) -> str:
        """The key that is given."""
        return self._given()[0]

    def _given(self) -> list[str]:
        return [key for key in type(self).model_fields if getattr(self, key) is not None]

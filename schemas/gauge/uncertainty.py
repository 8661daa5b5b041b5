"""``[uncertainty]``: how sure each prediction is, and when it had better not be acted on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.gauge.cost import ACCEPT
from schemas.gauge.section import Section


class Abstain(Section):
    """When a prediction abstains. It is published all the same, and says which rule applied.

    It abstains where its set has more than ``set_size`` classes, where its interval is wider than ``width`` (in the
    label's units), where more than a share ``novelty`` of the event's features have values such as were never met, and
    where more than a share ``missing`` of the declared features are missing.
    """

    set_size: Annotated[int | None, ACCEPT] = Field(default=None, ge=1)
    width: Annotated[float | None, ACCEPT] = Field(default=None, gt=0)
    novelty: Annotated[float | None, ACCEPT] = Field(default=None, ge=0, lt=1)
    missing: Annotated[float | None, ACCEPT] = Field(default=None, ge=0, lt=1)


class Uncertainty(Section):
    """Intervals or sets with each prediction, and rules for abstaining. Without this section there is neither.

    ``cover`` is the share of labels that the intervals of a regression, or the sets of a classification, shall hold.
    """

    cover: Annotated[float | None, ACCEPT.but("the intervals or sets begin anew")] = Field(default=None, gt=0.5, lt=1)
    abstain: Abstain = Abstain()

    @property
    def is_declared(self) -> bool:
        """Whether the file asks for anything."""
        return self != _NOTHING


_NOTHING = Uncertainty()

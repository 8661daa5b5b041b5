"""``[operators]``: which of operators' words are obeyed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.commands import Allowed
from schemas.gauge.cost import ACCEPT
from schemas.gauge.section import Section


class Operators(Section):
    """What operators may command; nothing unless it is named. ``pause`` allows resume too, ``approve`` decline.

    Commands stand in the input topic: whoever may write there may give those that are allowed. Where ``roll_back`` is,
    the last two replaced versions of each candidate are kept in the state.
    """

    allow: Annotated[list[Allowed], ACCEPT] = Field(default_factory=list)

"""``[[candidates]]``: the models that race."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.gauge.cost import RESET
from schemas.gauge.names import Name
from schemas.gauge.section import Section


class Step(BaseModel):
    """One step of a declared pipeline: a class of River by its dotted name below ``river``, and its parameters.

    A parameter that is itself a table with ``use`` is built the same way:
    ``optimizer = { use = "optim.SGD", lr = 0.005 }``.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str = Field(pattern=r"^[a-z_]+(\.[A-Za-z_0-9]+)+$")

    @property
    def params(self) -> dict[str, Any]:
        """Everything but ``use``."""
        return dict(self.__pydantic_extra__ or {})


class Candidate(Section):
    """A model that may lead: a named recipe, a declared pipeline, or a user's own by entry point; exactly one.

    With ``recalibrate`` its probabilities are calibrated online, from what came true of its own answers.
    """

    name: Annotated[Name, RESET]
    recipe: Annotated[str | None, RESET] = None
    pipeline: Annotated[list[Step] | None, RESET] = Field(default=None, min_length=1, max_length=100)
    entry_point: Annotated[str | None, RESET] = None
    params: Annotated[dict[str, Any], RESET] = Field(default_factory=dict)
    seed: Annotated[int, RESET] = Field(default=42, ge=0, le=2**32 - 1)
    recalibrate: Annotated[Literal["platt", "isotonic"] | None, RESET] = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"recipe": value}
        if isinstance(value, dict) and "name" not in value:
            name = value.get("recipe") or value.get("entry_point")
            how = value.get("recalibrate")
            ending = f"-{how}" if isinstance(how, str) else ""  # so that it may race the same model without
            return {**value, "name": _as_name(name, ending)} if isinstance(name, str) and name else value
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [key for key in ("recipe", "pipeline", "entry_point") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of recipe, pipeline, entry_point; got {' and '.join(given) or 'none'}")
        if self.pipeline is not None and self.params:
            raise ValueError("params belong to a recipe or an entry point; a pipeline's steps carry their own")
        return self


def _as_name(text: str, ending: str) -> str:
    # Whether there is such a recipe is found out later, and only then is it worth asking for a better name.
    return (re.sub(r"[^A-Za-z0-9._-]", "-", text + ending).lstrip("._-"))[:200] or "candidate"

"""Names of the gauge file: of gauges, candidates and topics, and of features."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_LETTERS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _name(longest: int) -> Any:
    def check(value: str) -> str:
        if _LETTERS.fullmatch(value) is None or len(value) > longest:
            raise PydanticCustomError(
                "name",
                "must be at most {longest} of a-z, A-Z, 0-9, '.', '_' and '-', and begin with a letter or digit",
                {"longest": longest},
            )
        return value

    return AfterValidator(check)


Name = Annotated[str, _name(200)]
"""Letters, digits, dot, underscore, hyphen: what Kafka allows in a topic's name."""

Topic = Annotated[str, _name(249)]
"""As long as Kafka allows, so that a name has room for the suffixes of its topics."""


def is_name(value: Any) -> bool:
    """Whether a value is a `Name`."""
    return isinstance(value, str) and _LETTERS.fullmatch(value) is not None and len(value) <= 200


def _feature_name(value: str) -> str:
    if not value or not value.isprintable():
        raise PydanticCustomError("feature_name", "a feature's name is not empty and has no control characters")
    return value


FeatureName = Annotated[str, AfterValidator(_feature_name)]

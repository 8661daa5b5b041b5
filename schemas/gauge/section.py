"""A table of the gauge file, and what it answers to a key that it does not know."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from schemas.problems import nearest

SASL_PASSWORD: Final = "RIVERGAUGE_SASL_PASSWORD"
TLS_KEY_PASSWORD: Final = "RIVERGAUGE_TLS_KEY_PASSWORD"
"""Environment variables that hold the secrets of the connection."""


class Section(BaseModel):
    """A table of the gauge file: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _name_the_nearest_key(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = list(cls.model_fields)
        unknown = [key for key in value if key not in known]
        if not unknown:
            return {key: cls._whole(key, given) for key, given in value.items()}
        hints = [f"unknown key '{_cut(key)}'{_hint(str(key), known)}" for key in unknown[:_SHOWN]]
        if len(unknown) > _SHOWN:
            hints.append(f"and {len(unknown) - _SHOWN:,} more")
        raise PydanticCustomError(
            "unknown_key",
            "{hints} (known keys: {known})",
            {"hints": "; ".join(hints), "known": ", ".join(known)},
        )

    @classmethod
    def _whole(cls, key: str, given: Any) -> Any:
        # Types are strict: text is no number, a number no truth. But 1e3 is a whole number as people write it.
        wanted = cls.model_fields[key].annotation
        whole = isinstance(given, float) and given.is_integer() and wanted in (int, int | None)
        return int(given) if whole else given


_SHOWN: Final = 5


def _cut(key: str) -> str:
    return key if len(key) <= 80 else f"{key[:80]}..."


def _hint(key: str, known: list[str]) -> str:
    if "password" in key.lower():
        variable = TLS_KEY_PASSWORD if "key" in key.lower() or "tls" in key.lower() else SASL_PASSWORD
        return f"; secrets are never in the file: set {variable} in the environment"
    return nearest(key, known)

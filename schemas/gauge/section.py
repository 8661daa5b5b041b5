"""A table of the gauge file, and what it answers to a key that it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from schemas.gauge.cost import Cost, Costs
from schemas.hints import nearest

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

    def said(self) -> dict[str, Any]:
        """What this table says, as JSON has it, without what is the default and what costs nothing to change.

        A key that a later release adds with a default is thus not in it. Keys are in alphabetical order; what users
        name themselves (features, parameters) stays in theirs, which models may depend on.
        """
        found = {}
        for name, key in keys(type(self)).items():
            value = getattr(self, name)
            if isinstance(value, Section):
                if inner := value.said():
                    found[name] = inner
            elif value != key.default and (key.costs is None or key.costs.cost is not Cost.NONE):
                found[name] = plain(value)
        return found


class Key(NamedTuple):
    """A key of a table: its default (`PydanticUndefined` where it must be given), and what a change of it costs.

    A key that is a table need not declare its costs: its own keys do.
    """

    default: Any
    costs: Costs | None


@cache
def keys(table: type[Section]) -> Mapping[str, Key]:
    """The keys of a table in alphabetical order.

    Raises
    ------
    TypeError
        If one must declare what a change of it costs, and does not.
    """
    found = {}
    for name, field in sorted(table.model_fields.items()):
        costs = next((item for item in field.metadata if isinstance(item, Costs)), None)
        is_table = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        if costs is None and not is_table:
            raise TypeError(f"{table.__name__}.{name} must declare what a change of it costs (schemas/gauge/cost.py)")
        found[name] = Key(field.get_default(call_default_factory=True), costs)
    return found


def plain(value: Any) -> Any:
    """A value of the gauge file as JSON has it, without what is the default."""
    if isinstance(value, Section):
        return value.said()
    if isinstance(value, BaseModel):
        return plain(dict(iter(value)))  # not dict(value): a step may have a parameter "keys"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


_SHOWN: Final = 5


def _cut(key: str) -> str:
    return key if len(key) <= 80 else f"{key[:80]}..."


def _hint(key: str, known: list[str]) -> str:
    if "password" in key.lower():
        variable = TLS_KEY_PASSWORD if "key" in key.lower() or "tls" in key.lower() else SASL_PASSWORD
        return f"; secrets are never in the file: set {variable} in the environment"
    return nearest(key, known)

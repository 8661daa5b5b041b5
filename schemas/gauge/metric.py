"""A metric as a gauge file names it: by its name alone, or as a table with parameters."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, PlainValidator
from pydantic_core import PydanticCustomError


class MetricTable(BaseModel):
    """A metric with parameters: ``{ use = "FBeta", beta = 2 }``, ``{ use = "Recall", class = "fraud" }``.

    Parameters are in alphabetical order and whole numbers are held as such, so that one metric has one name.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything but ``use``."""
        return dict(self.__pydantic_extra__ or {})

    @property
    def name(self) -> str:
        """What it is called wherever figures are shown, such as ``FBeta(beta=2)``."""
        return f"{self.use}({', '.join(f'{key}={_written(value)}' for key, value in self.parameters.items())})"


def name_of(metric: str | MetricTable) -> str:
    """What a metric is called wherever figures are shown."""
    return metric if isinstance(metric, str) else metric.name


def _metric(value: Any) -> str | MetricTable:
    if isinstance(value, str | MetricTable):
        return value
    if not isinstance(value, dict) or not isinstance(value.get("use"), str):
        raise PydanticCustomError(
            "metric", 'must be a metric\'s name, or a table with use and parameters: { use = "FBeta", beta = 2 }'
        )
    table = MetricTable.model_validate({key: _plain(given) for key, given in sorted(value.items())})
    return table if table.parameters else table.use


MetricChoice: TypeAlias = Annotated[str | MetricTable, PlainValidator(_metric)]
"""A metric's name or table; a table without parameters is the name."""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53 else value


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)

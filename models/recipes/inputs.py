"""Features made ready for a model: numbers on one scale, categories as indicators, gaps filled.

A model receives ``dict[str, float | int | bool]`` where categories are small codes and a missing optional feature is
an absent key. What a model cannot take in that form is translated here, each transformation in O(features) per event
and in the order of the gauge file, never of a set: the order of a sum is part of its result.
"""

from __future__ import annotations

from typing import Any, Final

from river import base, compose, preprocessing, stats

from schemas.gauge import Gauge

INDICATED: Final = {
    "missing": "a number counts as its running mean; every gap has an indicator of its own",
    "categories": "an indicator for each one met",
}
"""What `indicators` does, in the words of a `Recipe`."""

FILLED: Final = "a number gets its running mean; a category or a boolean, a value of its own"
"""What `Filled` does with what is missing."""

MISSING_CODE = -1
"""The code of a missing category where a model needs every feature: no category has it."""


def categorical(gauge: Gauge) -> tuple[str, ...]:
    """Categories, which are codes without order."""
    return tuple(name for name, feature in gauge.features.items() if feature.type == "category")


def nominal(gauge: Gauge) -> tuple[str, ...]:
    """Features with few values and no order that matters: categories and booleans."""
    return tuple(name for name, feature in gauge.features.items() if feature.type != "number")


def optional(gauge: Gauge) -> tuple[str, ...]:
    """Features that may be missing."""
    return tuple(name for name, feature in gauge.features.items() if feature.optional)


class Scaled(base.Transformer):  # type: ignore[misc]
    """River's standard scaler on some features; the others pass.

    A missing number stays absent, which to a weighted sum or a distance is 0: its running mean.
    """

    def __init__(self, features: tuple[str, ...]) -> None:
        self.features = features
        self.scaler = preprocessing.StandardScaler()

    def learn_one(self, x: dict[str, Any]) -> None:
        """Update the running means and variances."""
        self.scaler.learn_one({name: x[name] for name in self.features if name in x})

    def transform_one(self, x: dict[str, Any]) -> dict[str, Any]:
        """``x`` with its features scaled."""
        return {**x, **self.scaler.transform_one({name: x[name] for name in self.features if name in x})}


class OneHot(base.Transformer):  # type: ignore[misc]
    """A key of its own for each category met, and for each gap; absent keys are zeros.

    The cost is one key per feature, however many categories there are; River's encoder copies all it ever saw.

    >>> OneHot(("city",), ("size",)).transform_one({"age": 0.5, "city": 3})
    {'age': 0.5, 'city=3': 1.0, 'size=?': 1.0}
    """

    def __init__(self, categories: tuple[str, ...], optional: tuple[str, ...]) -> None:
        self.categories = categories
        self.optional = optional

    def transform_one(self, x: dict[str, Any]) -> dict[str, Any]:
        """``x`` with an indicator in place of each category, and one for each gap."""
        hot = dict(x)
        for name in self.categories:
            if name in x:
                hot[f"{name}={hot.pop(name)}"] = 1.0
        for name in self.optional:
            if name not in x:
                hot[f"{name}=?"] = 1.0
        return hot


class Filled(base.Transformer):  # type: ignore[misc]
    """Every feature present and in one order: gaps get the number's running mean, or a code of their own."""

    def __init__(self, numbers: tuple[str, ...], nominal: tuple[str, ...]) -> None:
        self.numbers = numbers
        self.nominal = nominal
        self.means = {name: stats.Mean() for name in numbers}

    def learn_one(self, x: dict[str, Any]) -> None:
        """Update the running means."""
        for name, mean in self.means.items():
            if name in x:
                mean.update(x[name])

    def transform_one(self, x: dict[str, Any]) -> dict[str, Any]:
        """``x`` without gaps."""
        full = {name: x[name] if name in x else mean.get() for name, mean in self.means.items()}
        for name in self.nominal:
            full[name] = x.get(name, MISSING_CODE)
        return full


def indicators(gauge: Gauge, model: Any) -> Any:
    """Numbers scaled, categories and gaps as indicators: for weighted sums and distances.

    For required numbers it is exactly ``StandardScaler() | model``.
    """
    if not categorical(gauge) and not optional(gauge):
        return compose.Pipeline(preprocessing.StandardScaler(), model)
    return compose.Pipeline(_scaled(gauge, categorical(gauge)), OneHot(categorical(gauge), optional(gauge)), model)


def scaled_codes(gauge: Gauge, model: Any, *, fill: bool) -> Any:
    """Numbers scaled, categories as they are: for trees whose splits or leaves depend on scale."""
    steps = [_scaled(gauge, nominal(gauge)), *filling(gauge, fill), model]
    return compose.Pipeline(*steps)


def filled(gauge: Gauge, model: Any) -> Any:
    """No gaps: for ensembles that choose their features when they see the first event."""
    steps = filling(gauge, True)
    return compose.Pipeline(*steps, model) if steps else model


def filling(gauge: Gauge, fill: bool) -> list[Filled]:
    """The step that fills gaps, if there can be any and ``fill`` asks for it."""
    if not fill or not optional(gauge):
        return []
    unordered = nominal(gauge)
    return [Filled(tuple(name for name in gauge.features if name not in unordered), unordered)]


def _scaled(gauge: Gauge, untouched: tuple[str, ...]) -> Any:
    if not untouched:
        return preprocessing.StandardScaler()
    return Scaled(tuple(name for name in gauge.features if name not in untouched))

"""Types of arrays, and the shapes in which a block's sums and summaries stand in them."""

from __future__ import annotations

from functools import cache
from itertools import accumulate, pairwise
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

NUMBER_SUMMARIES: Final = (
    "location",
    "scale",
    "roughness",
    "shape",
    "missing",
    "range",
    "repeat",
    "relation",
    "run",
    "far",
)
CATEGORY_SUMMARIES: Final = ("frequencies", "unseen", "missing", "repeat", "run")
TWO_SIDED: Final = frozenset({"location", "scale", "roughness", "missing", "repeat"})
"""Summaries that may leave their forecast on either side; of a category, ``repeat`` and ``missing`` too."""

BINS: Final = 8
"""Reference quantile bins of a number."""
VALUES: Final = 16
"""Values of a category that are counted apart: the commonest, and all others together."""
RELATED: Final = 64
"""Numbers whose correlations with each other are followed."""


class Layout(NamedTuple):
    """Where what is summed of a block stands in one vector, for a number of numbers and of categories."""

    numbers: int
    categories: int
    related: int
    counts: slice
    hist: slice
    products: slice
    category_counts: slice
    values: slice
    size: int

    @property
    def summaries(self) -> int:
        """How many summaries there are, those of single columns alone."""
        return len(NUMBER_SUMMARIES) * self.numbers + len(CATEGORY_SUMMARIES) * self.categories

    @property
    def kinds(self) -> int:
        """Kinds of summaries, each of which has a monitor over all columns."""
        return len(NUMBER_SUMMARIES) * (self.numbers > 0) + len(CATEGORY_SUMMARIES) * (self.categories > 0)


@cache
def layout(numbers: int, categories: int) -> Layout:
    """The layout for these many columns: the number of events comes first."""
    related = min(numbers, RELATED)
    sizes = (1, 8 * numbers, BINS * numbers, related * related, 3 * categories, VALUES * categories)
    ends = [*accumulate(sizes)]
    counts, hist, products, category_counts, values = (slice(*ends_of) for ends_of in pairwise(ends))
    return Layout(numbers, categories, related, counts, hist, products, category_counts, values, ends[-1])


class Kind(NamedTuple):
    """For each monitor, in their order: its column (-1: all), its summary, whether it is two-sided, its weight."""

    column: Ints
    name: tuple[str, ...]
    two_sided: Flags
    weight: Floats


_ALL: Final = 0.25
"""The weight of the monitors over all columns; the columns share the rest."""


@cache
def monitors(numbers: int, categories: int) -> Kind:
    """All monitors of one block length, without channels: summary by summary over columns, then one for each kind."""
    kinds = [(name, range(numbers)) for name in NUMBER_SUMMARIES] if numbers else []
    if categories:
        kinds += [(name, range(numbers, numbers + categories)) for name in CATEGORY_SUMMARIES]
    columns = [column for _, those in kinds for column in those]
    names = [name for name, those in kinds for _ in those] + [name for name, _ in kinds]
    per = [len(NUMBER_SUMMARIES) if column < numbers else len(CATEGORY_SUMMARIES) for column in columns]
    total = numbers + categories
    single = 1.0 if total == 1 else 1.0 - _ALL
    weights = [single / total / n for n in per] + [(1.0 - single) / len(kinds)] * len(kinds)
    sided = [name in TWO_SIDED for name in names[: len(columns)]] + [False] * len(kinds)
    return Kind(np.array([*columns, *[-1] * len(kinds)]), tuple(names), np.array(sided), np.array(weights))

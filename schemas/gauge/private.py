"""Which parts of a gauge file list the values of a private field: nothing that is printed or published quotes them."""

from __future__ import annotations

from collections.abc import Mapping, Set

from schemas.gauge.features import Feature
from schemas.gauge.paths import Steps, steps
from schemas.gauge.slices import Slice


def private_paths(slices: Mapping[str, Slice]) -> frozenset[Steps]:
    """Where the values of private slices stand in a record."""
    return frozenset(one.path(name) for name, one in slices.items() if one.private)


def places_at(paths: Set[Steps], slices: Mapping[str, Slice], features: Mapping[str, Feature]) -> frozenset[str]:
    """The tables of a gauge file, as ``slices.NAME``, that are about a field at one of these paths."""
    told = {f"features.{name}": steps(feature.field or name) for name, feature in features.items()}
    told |= {f"slices.{name}": one.path(name) for name, one in slices.items()}
    return frozenset(place for place, path in told.items() if path in paths)

"""What a gauge's snapshots may name: the table, and the classes that its own models bring along.

A user's model is a factory behind an entry point. With an attribute ``snapshot_classes``, a sequence of classes, it
vouches for what its models are made of; without one, snapshots are refused for that gauge::

    def my_model(gauge, seed): ...
    my_model.snapshot_classes = (MyModel, MyNode)
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from models.candidates import GROUP
from schemas.gauge import Gauge
from streams.snapshots.failures import SnapshotUnpicklableError
from streams.snapshots.payload.names import NAMES

Admitted: TypeAlias = Mapping[tuple[str, str], type[Any] | None]
"""(module, qualified name) to the class, or to ``None`` where the name is looked up in its module."""

_TABLE: Final[Admitted] = MappingProxyType(dict.fromkeys(NAMES))


def admitted_by(gauge: Gauge) -> Admitted:
    """What snapshots of this gauge may name.

    Raises
    ------
    SnapshotUnpicklableError
        If a candidate is an entry point that names no ``snapshot_classes``, or something else than classes.
    """
    wanted = [candidate.entry_point for candidate in gauge.candidates if candidate.entry_point is not None]
    if not wanted:
        return _TABLE
    points = {point.name: point for point in entry_points(group=GROUP)}
    names = dict(_TABLE)
    for name in wanted:
        names |= {(cls.__module__, cls.__qualname__): cls for cls in _vouched_for(name, points)}
    return MappingProxyType(names)


def _vouched_for(name: str, points: Mapping[str, Any]) -> list[type[Any]]:
    classes = getattr(points[name].load(), "snapshot_classes", None) if name in points else None
    if classes is None:
        raise SnapshotUnpicklableError(
            f"entry point '{name}' of group '{GROUP}' names no snapshot_classes, so its state could not be restored; "
            'set that attribute on it to the classes its models are made of, or choose delivery = "at-least-once"'
        )
    classes = list(classes)
    wrong = [cls for cls in classes if not inspect.isclass(cls) or "<locals>" in cls.__qualname__]
    if wrong:
        raise SnapshotUnpicklableError(
            f"snapshot_classes of entry point '{name}' must be classes defined at the top of a module, got {wrong!r}"
        )
    return classes

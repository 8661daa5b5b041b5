"""The shape of a state: kept in its snapshot, and compared before anything of it is used.

A state of another shape would load, and what it lacks would be missed at the first event.
Classes are looked up by the exact pairs of the table only, for what a header says is not to be trusted with an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from models.shape import attributes_of
from models.stateful import STATEFUL
from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.format import Header, Shape
from streams.snapshots.payload.lookup import found


def shape_of(classes: Iterable[type[Any]]) -> Shape:
    """The shape of a state in which objects of these classes are; others than ours and River's are left out."""
    named = sorted((cls.__module__, cls.__qualname__, cls) for cls in classes)
    return {f"{m}:{n}": [*attributes_of(cls)] for m, n, cls in named if (m, n) in STATEFUL}


def check_shape(header: Header) -> None:
    """Refuse a state whose objects are not made as they are here.

    Raises
    ------
    SnapshotRefusedError
        With every class that differs, and how.
    """
    if differs := list(_differences(header.shape)):
        raise SnapshotRefusedError(
            Refusal.SHAPE,
            "state of another shape",
            expected="objects as this build makes them",
            got="; ".join(differs),
            do=f"run the build that made it ({header.build}), or start over with rivergauge reset",
        )


def _differences(then: Shape) -> Iterator[str]:
    for name, attributes in then.items():
        cls = _here(*name.partition(":")[::2])
        if cls is None:
            yield f"{name!a}, which is not known here"
        elif [*(now := attributes_of(cls))] != attributes:
            yield f"{cls.__module__}.{cls.__qualname__} {_difference(attributes, now)}"


def _here(module: str, name: str) -> type[Any] | None:
    try:
        cls = found(module, name) if (module, name) in STATEFUL else None
    except (ImportError, AttributeError):  # another River does not have it
        return None
    return cls if isinstance(cls, type) else None


def _difference(then: Sequence[str], now: Sequence[str]) -> str:
    lacks, more = ", ".join(n for n in now if n not in then), ", ".join(n for n in then if n not in now)
    told = [*([f"without {lacks}"] if lacks else []), *([f"with {ascii(more)[1:-1]}"] if more else [])]
    return " and ".join(told) or "with its fields in another order"

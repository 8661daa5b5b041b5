"""What a recipe is: a name, the tasks it serves, and how to make its model for a gauge."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas.gauge import Task

CLASSIFICATION = (Task.BINARY, Task.MULTICLASS)
EVERY_TASK = (*CLASSIFICATION, Task.REGRESSION)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named way to prepare a gauge's features and to learn from them.

    ``build(gauge, seed, **parameters)`` returns a fresh, untrained River model; it is called only for a task in
    ``tasks`` and with ``parameters`` of its signature. ``missing`` and ``categories`` say what becomes of a missing
    feature and of a category. ``not_replayable`` says why a model restored from a snapshot may go on differently;
    ``None`` if a restored one continues bit by bit, in any process.
    """

    name: str
    tasks: tuple[Task, ...]
    summary: str
    missing: str
    categories: str
    build: Callable[..., Any]
    not_replayable: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The keyword-only parameters of ``build`` and their defaults."""
        signature = inspect.signature(self.build)
        return {p.name: p.default for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY}

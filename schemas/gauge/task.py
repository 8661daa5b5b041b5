"""What a gauge predicts."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """What is predicted: one of two classes, one of several, or a number."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

"""Of which kind the errors are: confusion of classes, residuals of numbers, the worst of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Label to predicted label to number, over ``n`` labels; a pair that did not come is absent.

    Classes are written as JSON keys. The 400 most frequent pairs are named; ``others`` are the labels of all that are
    not.
    """

    n: int
    counts: dict[str, dict[str, int]]
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusions:
    """The confusion of what was served over the sliding window, and of each live version since it has lived."""

    window: Confusion
    versions: dict[str, Confusion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Residuals:
    """Quantiles of label less prediction over the newest ``n`` labels, in the label's units, by level: ``0.05``."""

    n: int
    quantiles: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstError:
    """One of the worst errors of late.

    ``loss`` is the log loss of the true class (1 where the model gives no probabilities), or the absolute error.
    """

    id: str
    position: int
    version: str
    label: str | int | float | bool
    y_pred: str | int | float | bool
    loss: float

"""When a metric has a figure at all: one table, through which every figure goes.

Where a definition divides nothing by nothing River answers a number, mostly 0, which a person or a trigger would take
for a bad model. Here it is ``None``. What River answers elsewhere is left as it is, to the last bit.

A rule says when the figure is *there*. Metrics without one have a figure from the first answer on. In averages over
classes a class that has no figure of its own leaves the average without one; a class that did not occur is no part
of it, as in River. scikit-learn warns of the same (``UndefinedMetricWarning``), or answers NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from models.evaluation.metrics.one_vs_rest import inner_of


def figure(metric: Any) -> float | None:
    """A metric's value; ``None`` where it has none, or where it is no finite number."""
    metric = inner_of(metric)
    is_there = _IS_THERE.get(type(metric).__name__)
    if is_there is not None and not is_there(metric):
        return None
    value = float(metric.get())
    return value + 0.0 if isfinite(value) else None  # -0.0 is 0


def _labelled(cm: Any) -> set[Any]:
    return {y for y, weight in cm.sum_row.items() if weight}


def _predicted(cm: Any) -> set[Any]:
    return {y for y, weight in cm.sum_col.items() if weight}


def _alike(sums: dict[Any, float], n: int) -> float:
    # Twice the number of pairs that stand in one class.
    return sum(weight * weight for weight in sums.values()) - n


def _positive_was_predicted(metric: Any) -> bool:
    return True in _predicted(metric.cm)


def _positive_was_labelled(metric: Any) -> bool:
    return True in _labelled(metric.cm)


def _positive_occurred(metric: Any) -> bool:
    return True in _labelled(metric.cm) | _predicted(metric.cm)


def _every_labelled_class_was_predicted(metric: Any) -> bool:
    return _labelled(metric.cm) <= _predicted(metric.cm)


def _every_predicted_class_was_labelled(metric: Any) -> bool:
    return _predicted(metric.cm) <= _labelled(metric.cm)


def _two_classes_were_labelled(metric: Any) -> bool:
    return len(_labelled(metric.cm)) > 1


def _two_classes_were_predicted(metric: Any) -> bool:
    return len(_predicted(metric.cm)) > 1


def _two_classes_occurred(metric: Any) -> bool:
    return len(_labelled(metric.cm) | _predicted(metric.cm)) > 1


def _two_on_either_side(metric: Any) -> bool:
    return _two_classes_were_labelled(metric) or _two_classes_were_predicted(metric)


def _two_on_both_sides(metric: Any) -> bool:
    return _two_classes_were_labelled(metric) and _two_classes_were_predicted(metric)


def _every_class_has_a_recall(metric: Any) -> bool:
    return _two_classes_were_labelled(metric) and _every_predicted_class_was_labelled(metric)


def _chance_is_not_all(metric: Any) -> bool:
    cm = metric.cm
    pairs = cm.n_samples * (cm.n_samples - 1)
    labelled, predicted = _alike(cm.sum_row, cm.n_samples), _alike(cm.sum_col, cm.n_samples)
    return not labelled == predicted == 0 and not labelled == predicted == pairs


def _pairs_are_alike_on_both_sides(metric: Any) -> bool:
    cm = metric.cm
    return _alike(cm.sum_row, cm.n_samples) > 0 and _alike(cm.sum_col, cm.n_samples) > 0


_IS_THERE: Final[dict[str, Callable[[Any], bool]]] = {
    "Precision": _positive_was_predicted,
    "Recall": _positive_was_labelled,
    "F1": _positive_occurred,
    "FBeta": _positive_occurred,
    "Jaccard": _positive_occurred,
    "MacroPrecision": _every_labelled_class_was_predicted,
    "WeightedPrecision": _every_labelled_class_was_predicted,
    "MacroRecall": _every_predicted_class_was_labelled,
    "BalancedAccuracy": _two_classes_were_labelled,
    "GeometricMean": _every_class_has_a_recall,
    "MCC": _two_on_both_sides,
    "CohenKappa": _two_classes_occurred,
    "ROCAUC": lambda metric: metric.is_there,
    "PRAUC": lambda metric: metric.is_there,
    "RollingROCAUC": lambda metric: metric.has_both_classes,
    "RollingPRAUC": lambda metric: metric.has_both_classes,
    "Homogeneity": _two_classes_were_labelled,
    "Completeness": _two_classes_were_predicted,
    "VBeta": _two_on_either_side,
    "NormalizedMutualInfo": _two_on_either_side,
    "AdjustedMutualInfo": _chance_is_not_all,
    "AdjustedRand": _chance_is_not_all,
    "Rand": lambda metric: metric.cm.n_samples > 1,
    "FowlkesMallows": _pairs_are_alike_on_both_sides,
    "R2": lambda metric: metric._y_var.mean.n > 1 and metric._y_var.get() > 0,
    "MAPE": lambda metric: metric.has_terms,  # River adds nothing for a label of 0
}

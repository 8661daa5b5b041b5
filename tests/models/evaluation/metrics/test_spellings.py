"""The nearest metric to a name, as people spell it."""

from __future__ import annotations

import pytest

from models.evaluation.metrics.metrics import METRICS, check_metric
from models.evaluation.metrics.spellings import _MEANT, _OTHERWISE, nearest
from schemas.gauge import Task


@pytest.mark.parametrize(
    ("task", "name", "meant"),
    [
        (Task.BINARY, "roc_auc", "ROCAUC"),
        (Task.BINARY, "AUC", "ROCAUC"),
        (Task.BINARY, "RocAuc", "ROCAUC"),
        (Task.BINARY, "f1", "F1"),
        (Task.BINARY, "f1-score", "F1"),
        (Task.BINARY, "accuracy", "Accuracy"),
        (Task.BINARY, "accuracy_score", "Accuracy"),
        (Task.BINARY, "log_loss", "LogLoss"),
        (Task.BINARY, "cross entropy", "CrossEntropy"),
        (Task.BINARY, "balanced_accuracy", "BalancedAccuracy"),
        (Task.BINARY, "cohen_kappa", "CohenKappa"),
        (Task.BINARY, "matthews_corrcoef", "MCC"),
        (Task.BINARY, "Precison", "Precision"),
        (Task.MULTICLASS, "f1", "MacroF1"),
        (Task.MULTICLASS, "F1", "MacroF1"),
        (Task.MULTICLASS, "f1_macro", "MacroF1"),
        (Task.MULTICLASS, "log_loss", "CrossEntropy"),
        (Task.REGRESSION, "rmse", "RMSE"),
        (Task.REGRESSION, "mean_absolute_error", "MAE"),
        (Task.REGRESSION, "r2_score", "R2"),
        (Task.REGRESSION, "r-squared", "R2"),
        (Task.REGRESSION, "MEAN_SQUARED_ERROR", "MSE"),
    ],
)
def test_a_name_from_elsewhere_is_told_what_it_is_called_here(task, name, meant):
    assert f"'{name}' is no metric for a {task} task; did you mean '{meant}'?" in str(check_metric(name, task))


@pytest.mark.parametrize(
    ("task", "name"),
    [(Task.BINARY, "rmse"), (Task.MULTICLASS, "roc_auc"), (Task.REGRESSION, "accuracy_score"), (Task.BINARY, "")],
)
def test_where_the_task_has_no_such_metric_nothing_is_guessed(task, name):
    assert "did you mean" not in str(check_metric(name, task))


def test_every_name_is_nearest_to_itself_in_any_letters():
    for known in METRICS.values():
        for name in known:
            assert nearest(name.lower(), known) == nearest(f" {name.upper()}_", known) == name


def test_the_spellings_are_of_metrics_that_there_are():
    every = set().union(*METRICS.values())

    assert _MEANT.keys() | set().union(*_OTHERWISE.values()) <= every
    assert every - _MEANT.keys() <= {name for name in every if name.startswith(("Macro", "Micro", "Weighted"))} | {
        "Homogeneity",
        "Completeness",
    }

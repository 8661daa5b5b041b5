"""How people spell metrics who come from other libraries, for the hint that a wrong name is answered with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from schemas.hints import closest

_MEANT: Final[dict[str, tuple[str, ...]]] = {
    "Accuracy": ("acc", "accuracy_score", "zero_one_loss", "error_rate"),
    "BalancedAccuracy": ("balanced_accuracy_score", "balanced_acc", "bacc", "uar"),
    "CohenKappa": ("kappa", "cohen_kappa_score", "cohens_kappa", "kappa_m", "kappa_t"),
    "MCC": ("matthews_corrcoef", "matthews", "matthews_correlation", "phi"),
    "GeometricMean": ("g_mean", "geometric_mean_score"),
    "LogLoss": ("log_loss", "neg_log_loss", "binary_crossentropy", "binary_cross_entropy", "bce"),
    "CrossEntropy": ("categorical_crossentropy", "sparse_categorical_crossentropy", "nll", "xent", "mlogloss"),
    "BrierScore": ("brier", "brier_score_loss", "brier_loss"),
    "ExpectedCalibrationError": ("ece", "calibration_error"),
    "ROCAUC": ("roc_auc", "roc_auc_score", "auc", "auroc", "auc_roc", "gini"),
    "RollingROCAUC": ("rolling_auc",),
    "PRAUC": ("average_precision", "average_precision_score", "ap", "aucpr", "auprc", "auc_pr"),
    "RollingPRAUC": ("rolling_average_precision",),
    "Precision": ("precision_score", "ppv", "positive_predictive_value"),
    "Recall": ("recall_score", "sensitivity", "tpr", "true_positive_rate", "hit_rate"),
    "F1": ("f1_score", "f_score", "f_measure", "fbeta", "fbeta_score", "dice"),
    "Jaccard": ("jaccard_score", "iou"),
    "MacroF1": ("f1_macro", "f1_score_macro"),
    "MicroF1": ("f1_micro", "f1_score_micro"),
    "WeightedF1": ("f1_weighted", "f1_score_weighted"),
    "MacroPrecision": ("precision_macro",),
    "MicroPrecision": ("precision_micro",),
    "WeightedPrecision": ("precision_weighted",),
    "MacroRecall": ("recall_macro",),
    "MicroRecall": ("recall_micro",),
    "WeightedRecall": ("recall_weighted",),
    "MacroJaccard": ("jaccard_macro",),
    "MicroJaccard": ("jaccard_micro",),
    "WeightedJaccard": ("jaccard_weighted",),
    "AdjustedMutualInfo": ("ami", "adjusted_mutual_info_score"),
    "NormalizedMutualInfo": ("nmi", "normalized_mutual_info_score"),
    "MutualInfo": ("mi", "mutual_info_score"),
    "AdjustedRand": ("ari", "adjusted_rand_score", "adjusted_rand_index"),
    "Rand": ("rand_score", "rand_index"),
    "FowlkesMallows": ("fowlkes_mallows_score",),
    "VBeta": ("v_measure", "v_measure_score"),
    "MAE": ("mean_absolute_error", "neg_mean_absolute_error", "l1", "mean_error", "absolute_error"),
    "MSE": ("mean_squared_error", "neg_mean_squared_error", "l2", "squared_error"),
    "RMSE": ("root_mean_squared_error", "neg_root_mean_squared_error", "mean_squared_error_root"),
    "RMSLE": ("root_mean_squared_log_error", "mean_squared_log_error", "msle"),
    "R2": ("r2_score", "r_squared", "r_square", "coefficient_of_determination", "explained_variance"),
    "MAPE": ("mean_absolute_percentage_error", "neg_mean_absolute_percentage_error", "percentage_error"),
    "SMAPE": ("symmetric_mean_absolute_percentage_error", "symmetric_mape"),
}

_OTHERWISE: Final[dict[str, tuple[str, ...]]] = {
    "Precision": ("MacroPrecision",),
    "Recall": ("MacroRecall",),
    "F1": ("MacroF1",),
    "Jaccard": ("MacroJaccard",),
    "LogLoss": ("CrossEntropy",),
    "CrossEntropy": ("LogLoss",),
    "BrierScore": ("MSE",),
}
"""What to take where a task has not the metric that is meant."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The metric of ``known`` that a name most likely means; ``None`` if none is near.

    Case, spaces, hyphens and underscores do not count.

    >>> nearest("roc_auc", ["Accuracy", "ROCAUC"]), nearest("f1-score", ["Accuracy", "MacroF1"]), nearest("zzz", ["F1"])
    ('ROCAUC', 'MacroF1', None)
    """
    by_letters = {_letters(metric): metric for metric in known}
    meant = _SPELLED.get(_letters(name))
    for metric in () if meant is None else (meant, *_OTHERWISE.get(meant, ())):
        if _letters(metric) in by_letters:
            return metric
    if meant is not None:
        return None  # it is of another task, and what looks like it here is something else
    return next(iter(closest(name, by_letters.values(), cutoff=0.6, letters=_letters)), None)


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_SPELLED: Final = {
    _letters(spelling): metric for metric, spellings in _MEANT.items() for spelling in (metric, *spellings)
}

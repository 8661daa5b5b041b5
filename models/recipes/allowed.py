"""The classes of River that a gauge file may name: what learns, prepares or parametrises, and nothing else.

A name reaches a class only through this table. Left out are classes that run a user's functions, read files, print,
change what they are given, draw random numbers while they predict, or fail on a column that never changes (the
stochastic gradient trees).
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

from river import (
    base,
    compose,
    drift,
    dummy,
    ensemble,
    facto,
    feature_extraction,
    feature_selection,
    forest,
    imblearn,
    linear_model,
    metrics,
    multiclass,
    naive_bayes,
    neighbors,
    optim,
    preprocessing,
    rules,
    stats,
    tree,
)


class Select(base.Transformer):  # type: ignore[misc]
    """``compose.Select`` that keeps the order of its keys and lets a missing feature be missing.

    River's iterates over a set of names, so that sums differ from process to process.
    """

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def transform_one(self, x: dict[str, Any]) -> dict[str, Any]:
        """The selected features that are present."""
        return {name: x[name] for name in self.keys if name in x}


class SelectKBest(feature_selection.SelectKBest, base.Transformer):  # type: ignore[misc]
    """``feature_selection.SelectKBest`` that a pipeline knows as a transformer.

    River's pipeline takes it for a last step: the model after it would learn from all features and predict from k.
    """


_NAMES: Final[tuple[tuple[str, ModuleType, str], ...]] = (
    ("compose", compose, "Discard Prefixer Suffixer TransformerProduct TransformerUnion"),
    (
        "preprocessing",
        preprocessing,
        "AdaptiveStandardScaler Binarizer MaxAbsScaler MinMaxScaler Normalizer OneHotEncoder PredClipper RobustScaler "
        "StandardScaler TargetMinMaxScaler TargetStandardScaler",
    ),
    ("feature_extraction", feature_extraction, "Agg PolynomialExtender TargetAgg"),
    ("feature_selection", feature_selection, "VarianceThreshold"),
    (
        "linear_model",
        linear_model,
        "ALMAClassifier AdPredictor BayesianLinearRegression LinearRegression LogisticRegression PAClassifier "
        "PARegressor Perceptron SoftmaxRegression",
    ),
    (
        "tree",
        tree,
        "ExtremelyFastDecisionTreeClassifier HoeffdingAdaptiveTreeClassifier HoeffdingAdaptiveTreeRegressor "
        "HoeffdingTreeClassifier HoeffdingTreeRegressor LASTClassifier",
    ),
    (
        "tree.splitter",
        tree.splitter,
        "EBSTSplitter ExhaustiveSplitter GaussianSplitter HistogramSplitter QOSplitter TEBSTSplitter",
    ),
    ("naive_bayes", naive_bayes, "BernoulliNB ComplementNB GaussianNB MultinomialNB"),
    ("neighbors", neighbors, "KNNClassifier KNNRegressor LazySearch SWINN"),
    (
        "ensemble",
        ensemble,
        "ADWINBaggingClassifier ADWINBoostingClassifier AdaBoostClassifier BOLEClassifier BaggingClassifier "
        "BaggingRegressor EWARegressor LeveragingBaggingClassifier SRPClassifier SRPRegressor StackingClassifier "
        "VotingClassifier",
    ),
    ("forest", forest, "AMFClassifier AMFRegressor ARFClassifier ARFRegressor OXTRegressor"),
    ("rules", rules, "AMRules"),
    (
        "facto",
        facto,
        "FFMClassifier FFMRegressor FMClassifier FMRegressor FwFMClassifier FwFMRegressor HOFMClassifier HOFMRegressor",
    ),
    (
        "imblearn",
        imblearn,
        "ChebyshevOverSampler ChebyshevUnderSampler HardSamplingClassifier HardSamplingRegressor RandomOverSampler "
        "RandomSampler RandomUnderSampler",
    ),
    ("multiclass", multiclass, "OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier"),
    ("dummy", dummy, "NoChangeClassifier PriorClassifier StatisticRegressor"),
    (
        "optim",
        optim,
        "AMSGrad AdaBound AdaDelta AdaGrad AdaMax Adam Averager FTRLProximal Momentum Nadam NesterovMomentum Newton "
        "RMSProp SGD",
    ),
    (
        "optim.losses",
        optim.losses,
        "Absolute BinaryFocalLoss Cauchy CrossEntropy EpsilonInsensitiveHinge Hinge Huber Log Poisson Quantile Squared",
    ),
    ("optim.schedulers", optim.schedulers, "Constant InverseScaling Optimal"),
    ("optim.initializers", optim.initializers, "Constant Normal Zeros"),
    ("drift", drift, "ADWIN DriftRetrainingClassifier KSWIN NoDrift PageHinkley"),
    ("drift.binary", drift.binary, "DDM EDDM FHDDM HDDMA HDDMW"),
    (
        "stats",
        stats,
        "AbsMax Count Cov EWMean EWVar IQR Max Mean Min PeakToPeak PearsonCorr Quantile RollingMax RollingMin "
        "RollingQuantile Shift Sum Var",
    ),
    (
        "metrics",
        metrics,
        "Accuracy BalancedAccuracy CohenKappa F1 GeometricMean LogLoss MAE MCC MSE MacroF1 MicroF1 R2 RMSE ROCAUC "
        "WeightedF1",
    ),
)

ALLOWED: Final[dict[str, Any]] = {
    "compose.Select": Select,
    "feature_selection.SelectKBest": SelectKBest,
    **{f"{path}.{name}": getattr(module, name) for path, module, names in _NAMES for name in names.split()},
}
"""Name below ``river`` to class."""

"""What the state of a learner is made of: every class and function of ours and of River's that one may hold.

Rules. Each was found in a learner's state, looked at, and written here: an exact pair of module and qualified name, no
prefix and no pattern. Nothing stands here that reaches further than what it was given. Snapshots name nothing else but
containers and numbers (`streams.snapshots.names`).

The census (tests/streams/snapshots/census.py) trains one of everything and fails when a state holds a name that is not
here. Then look at that name before adding it.
"""

from __future__ import annotations

from typing import Final

_OURS: Final = (
    ("models.answer", "Answer"),
    ("models.drift.e_detector", "EDetector"),
    ("models.drift.reference", "ErrorReference"),
    ("models.drift.river_detectors", "RiverDetector"),
    ("models.drift.signal", "Signal"),
    ("models.drift.watch", "Episode ErrorWatch"),
    ("models.evaluation.baselines", "LastLabel MajorityClass MeanValue"),
    ("models.evaluation.board", "Asked Board Lineup"),
    ("models.evaluation.fading", "FadingMean"),
    ("models.evaluation.holdout", "HeldOutShare HeldOutWindow"),
    ("models.evaluation.metrics", "MAPE RMSLE RollingPRAUC RollingROCAUC"),
    ("models.evaluation.score", "HeldOutScore MetricSet Score"),
    ("models.judge", "DriftLoss Judge _PairedErrors _PairedLosses"),
    ("models.labels", "EarlyLabel EarlyLabels WaitingRoom"),
    ("models.learner", "Learner"),
    ("models.losses", "AbsoluteErrorScale PairedErrorScale"),
    ("models.recipes.allowed", "Select SelectKBest"),
    ("models.recipes.baselines", "LastValue"),
    ("models.recipes.bayes", "MixedNB _counters"),
    ("models.recipes.inputs", "Filled OneHot Scaled"),
    (
        "models.recipes.steady",
        "AdaptiveTree AdaptiveTreeRegressor Forest ForestRegressor SortedCodes SteadyNominalSplitter Tree "
        "TreeRegressor _ForestTree _ForestTreeRegressor",
    ),
    ("models.recipes.target", "ScaledTarget"),
    ("models.rendering", "Rendering"),
    ("models.retraining.conduct", "Conduct"),
    ("models.retraining.contest", "Contest _Wealth"),
    ("models.retraining.guard", "Guard"),
    ("models.retraining.outage", "Outages"),
    ("models.retraining.panel", "Panel"),
    ("models.retraining.rivalry", "Rivalry"),
    ("models.retraining.stand_in", "StandIn"),
    ("models.retraining.triggers", "Trigger Triggers"),
    ("models.retraining.version", "Life Version"),
    ("models.vocabulary", "Vocabulary"),
    ("schemas.events", "LabelReceived Reason"),
)
"""The learner and what it is made of."""

_RIVER: Final = (
    ("river._river_rust.drift", "AdaptiveWindowing"),
    (
        "river._river_rust.stats",
        "RsEWMean RsEWVar RsIQR RsPeakToPeak RsQuantile RsRollingPRAUC RsRollingQuantile RsRollingROCAUC",
    ),
    ("river._river_rust.vectordict", "VectorDict euclidean_distance_tuple"),
    ("river.compose.pipeline", "Pipeline"),
    ("river.compose.product", "TransformerProduct"),
    ("river.compose.renamer", "Prefixer Suffixer"),
    ("river.compose.select", "Discard"),
    ("river.compose.union", "TransformerUnion"),
    ("river.drift.adwin", "ADWIN"),
    ("river.drift.binary.ddm", "DDM"),
    ("river.drift.binary.eddm", "EDDM"),
    ("river.drift.binary.fhddm", "FHDDM"),
    ("river.drift.binary.hddm_a", "HDDMA"),
    ("river.drift.binary.hddm_w", "HDDMW SampleInfo"),
    ("river.drift.kswin", "KSWIN"),
    ("river.drift.no_drift", "NoDrift"),
    ("river.drift.page_hinkley", "PageHinkley"),
    ("river.drift.retrain", "DriftRetrainingClassifier"),
    ("river.dummy", "NoChangeClassifier PriorClassifier StatisticRegressor"),
    ("river.ensemble.bagging", "ADWINBaggingClassifier BaggingClassifier BaggingRegressor LeveragingBaggingClassifier"),
    ("river.ensemble.boosting", "ADWINBoostingClassifier AdaBoostClassifier BOLEClassifier"),
    ("river.ensemble.ewa", "EWARegressor"),
    ("river.ensemble.stacking", "StackingClassifier"),
    ("river.ensemble.streaming_random_patches", "BaseSRPClassifier BaseSRPRegressor SRPClassifier SRPRegressor"),
    ("river.ensemble.voting", "VotingClassifier"),
    ("river.facto.ffm", "FFMClassifier FFMRegressor"),
    ("river.facto.fm", "FMClassifier FMRegressor"),
    ("river.facto.fwfm", "FwFMClassifier FwFMRegressor"),
    ("river.facto.hofm", "HOFMClassifier HOFMRegressor"),
    ("river.feature_extraction.agg", "Agg TargetAgg"),
    ("river.feature_extraction.poly", "PolynomialExtender"),
    ("river.feature_selection.variance", "VarianceThreshold"),
    ("river.forest.adaptive_random_forest", "ARFClassifier ARFRegressor BaseTreeClassifier BaseTreeRegressor"),
    ("river.forest.aggregated_mondrian_forest", "AMFClassifier AMFRegressor"),
    ("river.forest.online_extra_trees", "ETRegressor ExtraTrees._detection_mode_all OXTRegressor SubBaggingSampler"),
    ("river.imblearn.chebyshev", "ChebyshevOverSampler ChebyshevUnderSampler"),
    ("river.imblearn.hard_sampling", "HardSamplingClassifier HardSamplingRegressor Triplet"),
    ("river.imblearn.random", "RandomOverSampler RandomSampler RandomUnderSampler"),
    ("river.linear_model.ad_predictor", "AdPredictor"),
    ("river.linear_model.alma", "ALMAClassifier"),
    ("river.linear_model.bayesian_lin_reg", "BayesianLinearRegression"),
    ("river.linear_model.lin_reg", "LinearRegression"),
    ("river.linear_model.log_reg", "LogisticRegression"),
    ("river.linear_model.pa", "PAClassifier PARegressor"),
    ("river.linear_model.perceptron", "Perceptron"),
    ("river.linear_model.softmax", "SoftmaxRegression"),
    ("river.metrics.accuracy", "Accuracy"),
    ("river.metrics.balanced_accuracy", "BalancedAccuracy"),
    ("river.metrics.confusion", "ConfusionMatrix"),
    ("river.metrics.cross_entropy", "CrossEntropy"),
    ("river.metrics.fbeta", "F1 MacroF1 MicroF1 WeightedF1"),
    ("river.metrics.fowlkes_mallows", "FowlkesMallows"),
    ("river.metrics.geometric_mean", "GeometricMean"),
    ("river.metrics.kappa", "CohenKappa"),
    ("river.metrics.log_loss", "LogLoss"),
    ("river.metrics.mae", "MAE"),
    ("river.metrics.mcc", "MCC"),
    ("river.metrics.mse", "MSE RMSE"),
    ("river.metrics.mutual_info", "AdjustedMutualInfo MutualInfo NormalizedMutualInfo _average_arithmetic"),
    ("river.metrics.precision", "MicroPrecision Precision"),
    ("river.metrics.r2", "R2"),
    ("river.metrics.rand", "AdjustedRand Rand"),
    ("river.metrics.recall", "MicroRecall Recall"),
    ("river.metrics.roc_auc", "ROCAUC"),
    ("river.metrics.smape", "SMAPE"),
    ("river.metrics.vbeta", "Completeness Homogeneity VBeta"),
    ("river.multiclass.occ", "OutputCodeClassifier"),
    ("river.multiclass.ovo", "OneVsOneClassifier"),
    ("river.multiclass.ovr", "OneVsRestClassifier"),
    ("river.naive_bayes.bernoulli", "BernoulliNB"),
    ("river.naive_bayes.complement", "ComplementNB"),
    ("river.naive_bayes.gaussian", "GaussianNB GaussianNB._make_gaussian"),
    ("river.naive_bayes.multinomial", "MultinomialNB"),
    ("river.neighbors.ann.nn_vertex", "Vertex"),
    ("river.neighbors.ann.swinn", "SWINN"),
    ("river.neighbors.knn_classifier", "KNNClassifier"),
    ("river.neighbors.knn_regressor", "KNNRegressor"),
    ("river.neighbors.lazy", "LazySearch"),
    ("river.optim.ada_bound", "AdaBound"),
    ("river.optim.ada_delta", "AdaDelta"),
    ("river.optim.ada_grad", "AdaGrad"),
    ("river.optim.ada_max", "AdaMax"),
    ("river.optim.adam", "Adam"),
    ("river.optim.ams_grad", "AMSGrad"),
    ("river.optim.average", "Averager"),
    ("river.optim.ftrl", "FTRLProximal"),
    ("river.optim.initializers", "Constant Normal Zeros"),
    (
        "river.optim.losses",
        "Absolute BinaryFocalLoss Cauchy CrossEntropy EpsilonInsensitiveHinge Hinge Huber Log Poisson Quantile Squared",
    ),
    ("river.optim.momentum", "Momentum"),
    ("river.optim.nadam", "Nadam"),
    ("river.optim.nesterov", "NesterovMomentum"),
    ("river.optim.newton", "Newton"),
    ("river.optim.rms_prop", "RMSProp"),
    ("river.optim.schedulers", "Constant InverseScaling Optimal"),
    ("river.optim.sgd", "SGD"),
    ("river.preprocessing.one_hot", "OneHotEncoder"),
    ("river.preprocessing.pred_clipper", "PredClipper"),
    (
        "river.preprocessing.scale",
        "AdaptiveStandardScaler Binarizer MaxAbsScaler MinMaxScaler Normalizer RobustScaler StandardScaler",
    ),
    ("river.preprocessing.scale_target", "TargetMinMaxScaler TargetStandardScaler"),
    ("river.proba.gaussian", "Gaussian"),
    ("river.rules.amrules", "AMRules AdaptiveRegressor MeanRegressor RegRule"),
    ("river.rules.base", "NumericLiteral"),
    ("river.sketch.histogram", "Bin Histogram"),
    ("river.stats.count", "Count"),
    ("river.stats.cov", "Cov"),
    ("river.stats.ewmean", "EWMean"),
    ("river.stats.ewvar", "EWVar"),
    ("river.stats.iqr", "IQR"),
    ("river.stats.maximum", "AbsMax Max RollingAbsMax RollingMax"),
    ("river.stats.mean", "Mean"),
    ("river.stats.minimum", "Min RollingMin"),
    ("river.stats.pearson", "PearsonCorr"),
    ("river.stats.ptp", "PeakToPeak"),
    ("river.stats.quantile", "Quantile RollingQuantile"),
    ("river.stats.shift", "Shift"),
    ("river.stats.summing", "Sum"),
    ("river.stats.var", "Var"),
    ("river.tree.extremely_fast_decision_tree", "ExtremelyFastDecisionTreeClassifier"),
    ("river.tree.hoeffding_adaptive_tree_classifier", "HoeffdingAdaptiveTreeClassifier"),
    ("river.tree.hoeffding_adaptive_tree_regressor", "HoeffdingAdaptiveTreeRegressor"),
    ("river.tree.hoeffding_tree_classifier", "HoeffdingTreeClassifier"),
    ("river.tree.hoeffding_tree_regressor", "HoeffdingTreeRegressor"),
    ("river.tree.last_classifier", "LASTClassifier"),
    ("river.tree.mondrian.mondrian_tree_classifier", "MondrianTreeClassifier"),
    (
        "river.tree.mondrian.mondrian_tree_nodes",
        "MondrianBranchClassifier MondrianBranchRegressor MondrianLeafClassifier MondrianLeafRegressor",
    ),
    ("river.tree.mondrian.mondrian_tree_regressor", "MondrianTreeRegressor"),
    ("river.tree.nodes.arf_htc_nodes", "RandomLeafMajorityClass RandomLeafNaiveBayes RandomLeafNaiveBayesAdaptive"),
    ("river.tree.nodes.arf_htr_nodes", "RandomLeafAdaptive RandomLeafMean RandomLeafModel"),
    ("river.tree.nodes.branch", "NominalBinaryBranch NominalMultiwayBranch NumericBinaryBranch NumericMultiwayBranch"),
    (
        "river.tree.nodes.efdtc_nodes",
        "EFDTLeafMajorityClass EFDTLeafNaiveBayes EFDTLeafNaiveBayesAdaptive EFDTNominalBinaryBranch "
        "EFDTNominalMultiwayBranch EFDTNumericBinaryBranch",
    ),
    (
        "river.tree.nodes.hatc_nodes",
        "AdaLeafClassifier AdaNomBinaryBranchClass AdaNomMultiwayBranchClass AdaNumBinaryBranchClass",
    ),
    (
        "river.tree.nodes.hatr_nodes",
        "AdaLeafRegAdaptive AdaLeafRegMean AdaLeafRegModel AdaNomBinaryBranchReg AdaNumBinaryBranchReg",
    ),
    ("river.tree.nodes.htc_nodes", "LeafMajorityClass LeafNaiveBayes LeafNaiveBayesAdaptive"),
    ("river.tree.nodes.htr_nodes", "LeafAdaptive LeafMean LeafModel"),
    ("river.tree.nodes.last_nodes", "LeafMajorityClassWithDetector LeafNaiveBayesAdaptiveWithDetector"),
    ("river.tree.split_criterion.variance_ratio_split_criterion", "VarianceRatioSplitCriterion"),
    ("river.tree.splitter.ebst_splitter", "EBSTNode EBSTNode._update_estimator_univariate EBSTSplitter"),
    ("river.tree.splitter.exhaustive_splitter", "ExhaustiveNode ExhaustiveSplitter"),
    ("river.tree.splitter.gaussian_splitter", "GaussianSplitter"),
    ("river.tree.splitter.histogram_splitter", "HistogramSplitter"),
    ("river.tree.splitter.nominal_splitter_classif", "NominalSplitterClassif"),
    ("river.tree.splitter.nominal_splitter_reg", "NominalSplitterReg NominalSplitterReg._update_estimator_univariate"),
    ("river.tree.splitter.qo_splitter", "FeatureQuantizer QOSplitter Slot"),
    ("river.tree.splitter.random_splitter", "RegRandomSplitter"),
    ("river.tree.splitter.tebst_splitter", "TEBSTSplitter"),
    ("river.utils.rolling", "Rolling"),
    ("river.utils.sorted_window", "SortedWindow"),
)
"""What recipes, metrics, detectors and declared pipelines were seen to hold."""

_RARE: Final = (
    (
        "river.forest.online_extra_trees",
        "BaggingSampler ConstantSampler ExtraTrees._detection_mode_drop ExtraTrees._detection_mode_off",
    ),
    ("river.rules.base", "NominalLiteral"),
    ("river.tree.nodes.efdtc_nodes", "EFDTNumericMultiwayBranch"),
    ("river.tree.nodes.et_nodes", "ETLeafAdaptive ETLeafMean ETLeafModel"),
    ("river.tree.nodes.hatc_nodes", "AdaNumMultiwayBranchClass"),
    ("river.tree.nodes.hatr_nodes", "AdaNomMultiwayBranchReg AdaNumMultiwayBranchReg"),
    ("river.tree.nodes.last_nodes", "LeafNaiveBayesWithDetector"),
)
"""What a declared pipeline may hold though the census does not meet it: kinds of nodes that need other data,
classes that fail on the census' data."""

STATEFUL: Final[frozenset[tuple[str, str]]] = frozenset(
    (module, name) for table in (_OURS, _RIVER, _RARE) for module, names in table for name in names.split()
)
"""(module, qualified name) of every class and function of ours and of River's that a state may hold."""

_METHODS: Final = (
    ("river.drift.page_hinkley", "PageHinkley", "_test_both _test_decrease _test_increase"),
    (
        "river.ensemble.bagging",
        "LeveragingBaggingClassifier",
        "_leveraging_bag _leveraging_bag_half _leveraging_bag_me _leveraging_bag_wt _leveraging_subag",
    ),
    ("river.linear_model.pa", "PAClassifier", "_calc_tau_0 _calc_tau_1 _calc_tau_2"),
    ("river.linear_model.pa", "PARegressor", "_calc_tau_0 _calc_tau_1 _calc_tau_2"),
    ("river.multiclass.occ", "OutputCodeClassifier", "_next_code"),
    ("river.preprocessing.scale_target", "TargetMinMaxScaler", "_scale _unscale"),
    ("river.preprocessing.scale_target", "TargetStandardScaler", "_scale _unscale"),
    ("river.tree.splitter.qo_splitter", "Slot", "_update_estimator_univariate"),
)

METHODS: Final[frozenset[tuple[str, str, str]]] = frozenset(
    (module, owner, name) for module, owner, names in _METHODS for name in names.split()
)
"""(module, class, method) of every method that a state may hold bound to its object or class."""

GIVEN: Final = frozenset({"new_nominal_splitter"})
"""Attributes that classes of ours give to objects of River's: a tree replaces a method of its leaves by a class."""

_RUST: Final = "river._river_rust.stats"
SEALED: Final[dict[tuple[str, str], tuple[float | bool, ...]]] = {
    ("river._river_rust.drift", "AdaptiveWindowing"): (),
    (_RUST, "RsEWMean"): (0.5,),
    (_RUST, "RsEWVar"): (0.5,),
    (_RUST, "RsIQR"): (0.25, 0.75),
    (_RUST, "RsPeakToPeak"): (),
    (_RUST, "RsQuantile"): (0.5,),
    (_RUST, "RsRollingPRAUC"): (True, 3),
    (_RUST, "RsRollingQuantile"): (0.5, 3),
    (_RUST, "RsRollingROCAUC"): (True, 3),
}
"""Classes that show no attributes, with arguments to make one: it is written as bytes, whose order only Rust knows."""

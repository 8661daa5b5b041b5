"""What the state of a learner is made of: every class and function of ours and of River's that one may hold.

Rules. Each was found in a learner's state, looked at, and written here: an exact pair of module and qualified name, no
prefix and no pattern. Nothing stands here that reaches further than what it was given. Snapshots name nothing else but
containers and numbers (`streams.snapshots.payload.names`).

The census (tests/streams/snapshots/census.py) trains one of everything and fails when a state holds a name that is not
here. Then look at that name before adding it.
"""

from __future__ import annotations

from typing import Final

from models.stateful_river import MET, RARE

_OURS: Final = (
    ("models.answer", "Answer"),
    ("models.asked", "Asked Issued Lineup"),
    ("models.judging.blocks", "Blocks"),
    ("models.counts", "Counts"),
    ("models.dead_letters", "DeadLetters"),
    ("models.decision.baseline", "DecidedBaseline"),
    ("models.decision.least_cost", "LeastCost"),
    ("models.decision.threshold", "Threshold"),
    ("models.decision.wanted", "Wanted"),
    ("models.drift.columns.alarm", "Alarm"),
    ("models.drift.columns.bets", "Dependence"),
    ("models.drift.columns.blocks", "Blocks"),
    ("models.drift.columns.columns", "Rows"),
    ("models.drift.columns.lengths", "Lengths"),
    ("models.drift.columns.level", "Level"),
    ("models.drift.columns.monitor", "ColumnMonitor"),
    ("models.drift.columns.open", "Open"),
    ("models.drift.columns.pace", "Pace"),
    ("models.drift.columns.ranks", "Pool"),
    ("models.drift.columns.sample", "Sample"),
    ("models.drift.columns.season", "Season"),
    ("models.drift.columns.summaries", "Context Reference Sums"),
    ("models.drift.columns.transform", "Transform"),
    ("models.judging.differences", "PairedCosts PairedErrors PairedLosses PairedMeans"),
    ("models.drift.budget", "Part Spending"),
    ("models.drift.episodes", "Episode Episodes"),
    ("models.drift.evidence.keeper", "Cell Keeper"),
    ("models.drift.error_monitor", "ErrorMonitor"),
    ("models.drift.event_order", "EventOrder Late"),
    ("models.drift.metric_fall", "MetricFall Watched"),
    ("models.drift.monitor", "Monitors"),
    ("models.drift.evidence.expected_share", "ExpectedShare Sums"),
    ("models.drift.evidence.loss_curve", "LossCurve"),
    ("models.drift.reference", "ErrorReference"),
    ("models.drift.river_detectors", "RiverDetector"),
    ("models.drift.signal", "Signal"),
    ("models.drift.tempered.bets", "Channel Terms"),
    ("models.drift.tempered.dependence", "Dependence"),
    ("models.drift.tempered.detector", "TemperedDetector"),
    ("models.drift.tempered.peaks", "Peaks"),
    ("models.drift.tempered.sums", "Blocks Sums"),
    ("models.drift.watch", "Episode ErrorWatch"),
    ("models.evaluation.late.arrivals", "Aged Quarter"),
    ("models.evaluation.uncertainty.abstention", "Abstention"),
    ("models.evaluation.verdict.baselines", "LastLabel MajorityClass MeanValue"),
    ("models.evaluation.intervals.block_counts", "BlockCounts"),
    ("models.evaluation.board", "Board"),
    ("models.evaluation.calibration", "Calibration Tally"),
    ("models.evaluation.metrics.chosen", "Chosen"),
    ("models.evaluation.coverage", "Coverage"),
    ("models.evaluation.uncertainty.cover", "Intervals Sets"),
    ("models.evaluation.decided", "Decided"),
    ("models.evaluation.intervals.dependent_mean", "DependentMean"),
    ("models.evaluation.intervals.faded_mean", "FadedMean"),
    ("models.evaluation.errors.confused", "Confused"),
    ("models.evaluation.errors.evidence", "ErrorEvidence HeldOutErrors"),
    ("models.evaluation.errors.worst", "WorstErrors"),
    ("models.evaluation.intervals.fading", "FadingMean"),
    ("models.evaluation.fairness.bets", "GapBets ToleranceBets"),
    ("models.evaluation.fairness.criterion", "Bounds Criterion"),
    ("models.evaluation.fairness.episode", "Episode"),
    ("models.evaluation.fairness.gap", "Gap"),
    ("models.evaluation.fairness.pairing", "Group PairedGroups"),
    ("models.evaluation.fairness.watch", "Attribute FairnessWatch"),
    ("models.evaluation.metrics.forms", "Losses"),
    ("models.evaluation.intervals.gathered_mean", "GatheredMean"),
    ("models.evaluation.holdout", "HeldOutShare HeldOutWindow"),
    ("models.evaluation.verdict.comparison", "Comparison"),
    ("models.evaluation.verdict.lead", "Lead Stretch"),
    ("models.evaluation.verdict.losing", "Losing"),
    ("models.evaluation.measure", "Measures"),
    ("models.evaluation.late.metric_now", "LateMetric"),
    ("models.evaluation.metrics.metrics", "MAPE RMSLE RollingPRAUC RollingROCAUC"),
    ("models.evaluation.metrics.metric_set", "MetricSet Shown"),
    ("models.evaluation.metrics.one_vs_rest", "OneVsRest"),
    (
        "models.evaluation.metrics.probability_metrics",
        "BinaryBrierScore BinaryCalibrationError BrierScore CalibrationError CrossEntropy",
    ),
    ("models.evaluation.metrics.ranking", "PRAUC ROCAUC ScoreCounts"),
    ("models.evaluation.population", "Measured Rightness"),
    ("models.evaluation.uncertainty.quantile_tracker", "QuantileTracker"),
    ("models.evaluation.series", "HeldOutSeries Series"),
    ("models.evaluation.slices.evidence", "Evidence"),
    ("models.evaluation.uncertainty.novelty", "Novelty"),
    ("models.evaluation.uncertainty.uncertainty", "Uncertainty"),
    ("models.evaluation.slices.slices", "Group Slices"),
    ("models.groups", "Groups"),
    ("models.judging.judge", "DriftLoss Judge"),
    ("models.judging.judged", "By Judged"),
    ("models.labels.room", "LabelRoom"),
    ("models.labels.waiting", "EarlyLabel EarlyLabels WaitingRoom"),
    ("models.learner", "Learner"),
    ("models.judging.losses", "AbsoluteErrorScale PairedErrorScale"),
    ("models.names", "Names"),
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
    ("models.recalibration.isotonic", "Isotonic"),
    ("models.recalibration.platt", "Platt"),
    ("models.recalibration.recalibrated", "Recalibrated"),
    ("models.rendering", "Rendering"),
    ("models.retraining.policy.burst", "Bursts"),
    ("models.retraining.challengers", "Challengers"),
    ("models.retraining.conduct", "Conduct"),
    ("models.retraining.contests.contest", "Contest _Wealth"),
    ("models.retraining.contests.contests", "Contests Ladder"),
    ("models.retraining.contests.dependence", "Dependence"),
    ("models.retraining.guard", "Guard"),
    ("models.retraining.halving", "Halving"),
    ("models.retraining.lead", "Lead Record Rule"),
    ("models.retraining.contests.level", "Level"),
    ("models.retraining.outage", "Outages"),
    ("models.retraining.policy.counted", "EveryLabels StartedAt"),
    ("models.retraining.policy.hold", "Hold"),
    ("models.retraining.policy.on_drift", "OnDrift"),
    ("models.retraining.policy.on_metric", "OnMetric Watched"),
    ("models.retraining.operators", "Operators"),
    ("models.retraining.panel", "Panel"),
    ("models.retraining.policy.policy", "Policy Trigger"),
    ("models.retraining.proposals", "Proposals"),
    ("models.retraining.registry", "Registry"),
    ("models.retraining.contests.rivalry", "Rivalry"),
    ("models.retraining.roster", "Roster"),
    ("models.retraining.settlement", "Settlement"),
    ("models.retraining.contests.slice_guard", "SliceGuard Worse"),
    ("models.retraining.stand_in", "StandIn"),
    ("models.retraining.sources", "Sources"),
    ("models.retraining.standing", "Lives"),
    ("models.retraining.starts", "Retired Starts"),
    ("models.retraining.succession", "Succession"),
    ("models.retraining.policy.timed", "OnSchedule"),
    ("models.retraining.version", "Life Version"),
    ("models.scoring", "Scoring"),
    ("models.vocabulary", "Vocabulary"),
    ("models.judging.worth", "Worth"),
    ("schemas.alerts", "DriftKind Severity"),
    ("schemas.events", "LabelReceived Reason"),
    ("schemas.gauge.task", "Task"),
    ("schemas.records", "VersionStep"),
)
"""The learner and what it is made of."""

STATEFUL: Final[frozenset[tuple[str, str]]] = frozenset(
    (module, name) for table in (_OURS, MET, RARE) for module, names in table for name in names.split()
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

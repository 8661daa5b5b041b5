"""The census: which names the pickles of learners hold, found by training one of everything and looking.

``python -m tests.streams.snapshots.census`` prints the table anew, for review against ``models/stateful.py``.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import random
import warnings
from collections.abc import Iterator
from enum import Enum
from types import MethodType
from typing import Any

import numpy as np

from models.candidates import recipes_for
from models.drift.river_detectors import KNOWN
from models.evaluation.metrics.metrics import METRICS
from models.learner import Learner
from models.recipes.allowed import ALLOWED
from models.retraining.contests.slice_guard import Worse
from models.stateful import METHODS
from schemas.commands import Command, Pause, Promote, Retrain, body
from schemas.events import CommandReceived, EventReceived, Input, LabelledEvent, LabelReceived
from schemas.gauge import Gauge, Task
from schemas.records import VersionStep
from streams.snapshots.payload.admitted import admitted_by
from streams.snapshots.payload.interpreter import Interpreter
from streams.snapshots.payload.names import NAMES
from streams.snapshots.payload.permits import Permits
from streams.snapshots.payload.pickler import name_of, name_of_method, sections
from streams.snapshots.payload.references import bound_method, gauge_part
from tests import builders, strategies
from tests.streams.snapshots.payloads import dumped

SMALL: dict[str, dict[str, Any]] = {
    "adaptive_random_forest": {"n_models": 3},
    "leveraging_bagging": {"n_models": 3},
    "streaming_random_patches": {"n_models": 3},
    "amf": {"n_estimators": 3},
}
RESTLESS = """
[label]
horizon_events = 40
early_horizon_events = 20
[drift]
false_alarms = "1 per 100 events"
[retraining]
every_labels = 100
start = "recent"
recent_labels = 20
"""
PLAIN = """
[features]
a = "number"
b = "number"
n = { type = "number", minimum = 0.0 }
c = { type = "category", max_values = 12 }
"""


class Recorder(pickle.Pickler):
    """Notes every class and function that it writes, and what it binds; the gauge is left out as a snapshot does."""

    def __init__(self, gauge: Gauge) -> None:
        self.file = io.BytesIO()
        super().__init__(self.file, 5)
        self.names: set[tuple[str, str]] = set()
        self.methods: set[tuple[str, str, str]] = set()
        self._parts = {id(part): name for name, part in sections(gauge).items()}

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, MethodType):
            self.methods.add(name_of_method(obj.__self__, obj.__name__))
            return bound_method, (obj.__self__, obj.__name__)
        if id(obj) in self._parts:
            return gauge_part, (self._parts[id(obj)],)
        if isinstance(obj, Enum):
            return type(obj), (obj.value,)
        return NotImplemented


class Reader(pickle.Unpickler):
    """Notes every name that it is asked to find, and finds it."""

    def __init__(self, recorder: Recorder, gauge: Gauge) -> None:
        super().__init__(io.BytesIO(recorder.file.getvalue()))
        self._names = recorder.names
        self._parts = sections(gauge)

    def find_class(self, module: str, name: str) -> Any:
        self._names.add((module, name))
        if (module, name) == name_of(gauge_part):
            return self._parts.__getitem__
        if (module, name) == ("numpy", "dtype"):
            # Python's unpickler makes a copy of it for arrays, while numbers keep NumPy's own: one object is enough.
            return lambda kind, *_: np.dtype(kind)
        return getattr if (module, name) == name_of(bound_method) else super().find_class(module, name)


def said(payload: bytes) -> list[Any]:
    """A payload's opcodes, texts always in full: whether two equal texts are one object makes no difference."""
    memo: list[Any] = []
    opcodes: list[Any] = []
    for op, argument, _at in pickletools.genops(payload):
        if op.name == "MEMOIZE":
            memo.append(opcodes[-1] if type(opcodes[-1]) is str else ("object", len(opcodes)))
        elif op.name in ("BINGET", "LONG_BINGET"):
            opcodes.append(memo[argument])
        elif op.name != "FRAME":
            opcodes.append(argument if "UNICODE" in op.name else (op.name, argument))
    return opcodes


class Census:
    """Names, and methods that are held bound, with an example of who needs each."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, str], str] = {}
        self.methods: dict[tuple[str, str, str], str] = {}
        self.failed: list[str] = []
        self.changed: list[str] = []
        """Whose states are not what Python's own unpickler reads, or are written otherwise once they were read."""

    def take(self, who: str, learner: Learner) -> None:
        recorder = Recorder(learner.gauge)
        recorder.dump(learner)
        expected = Reader(recorder, learner.gauge).load()
        if recorder.names <= NAMES and recorder.methods <= METHODS:
            permits = Permits(learner.gauge, admitted_by(learner.gauge))
            ours, theirs = dumped(Interpreter(recorder.file.getvalue(), permits).read()), dumped(expected)
            before = dumped(learner)
            if (ours != theirs and said(ours) != said(theirs)) or (before != ours and said(before) != said(ours)):
                self.changed.append(who)
        for name in recorder.names:
            self.names.setdefault(name, who)
        for method in recorder.methods:
            self.methods.setdefault(method, who)


def trained(gauge: Gauge, events: int = 500, seed: int = 1) -> Learner:
    """A learner after a stream with everything in it: late and early labels, orphans, drifts, bad records."""
    learner = Learner(gauge)
    builders.fold(learner, builders.decoded(gauge, strategies.stream(gauge, strategies.Plan(seed=seed, events=events))))
    return learner


def of_recipes(census: Census, events: int = 500) -> None:
    """Every recipe of every task."""
    for task in Task:
        for recipe in recipes_for(task):
            candidates = [{"recipe": recipe, "params": SMALL.get(recipe, {})}]
            census.take(f"{task}/{recipe}", trained(builders.gauge(RESTLESS, task=task, candidates=candidates), events))


def of_metrics(census: Census) -> None:
    """Every metric of every task."""
    for task in Task:
        gauge = builders.gauge(f"[evaluation]\nalso = {sorted(METRICS[task])}", task=task, candidates=["no_change"])
        census.take(f"{task} metrics", trained(gauge, 80))
    also = """
        { use = "NormalizedMutualInfo", average_method = "geometric" }, { use = "ROCAUC", class = "low" },
        { use = "MultiFBeta", betas = { low = 1, middle = 2, high = 3 }, weights = { low = 1, middle = 1, high = 1 } },
    """
    gauge = builders.gauge(f"[evaluation]\nalso = [{also}]", task=Task.MULTICLASS, candidates=["no_change"])
    census.take("metrics with parameters", trained(gauge, 80))


def of_detectors(census: Census) -> None:
    """Every detector of River's."""
    for name in KNOWN:
        gauge = builders.gauge(f'[drift]\ndetectors = [{{ use = "{name}" }}]')
        census.take(name, trained(gauge, 120))


def of_decisions(census: Census) -> None:
    """Every way from probabilities to a label."""
    for text in ("costs = { bad = { good = 2 } }", "threshold = 0.3", "precision = 0.8"):
        metric = '[evaluation]\nmetric = "Cost"\n' if "costs" in text else ""
        census.take(text, trained(builders.gauge(f"{RESTLESS}{metric}[decision]\n{text}"), 200))


def of_uncertainty(census: Census) -> None:
    """Intervals and sets, with every rule for abstaining."""
    for task in Task:
        rule = "width = 2.0" if task is Task.REGRESSION else "set_size = 1"
        text = f"[uncertainty]\ncover = 0.9\n[uncertainty.abstain]\nnovelty = 0.5\nmissing = 0.5\n{rule}"
        census.take(f"{task} uncertainty", trained(builders.gauge(text, task=task, candidates=["no_change"]), 80))


def of_recalibrated(census: Census) -> None:
    """Every calibrator."""
    for how in ("platt", "isotonic"):
        candidates = [{"recipe": "naive_bayes", "recalibrate": how}]
        census.take(how, trained(builders.gauge(RESTLESS, candidates=candidates), 200))


def of_failures(census: Census) -> None:
    """A baseline that stands in for a model that fails."""
    gauge = builders.gauge(PLAIN)
    learner = Learner(gauge)
    events = list(plain_events(gauge, 200))
    builders.fold(learner, events[:100])
    sound = learner.panel.champion.model
    learner.panel.champion.model = builders.Failing(sound, "predict_proba_one", 0, builders.BrokenError("no"))
    builders.fold(learner, events[100:])
    assert learner.panel.stand_in is not None
    census.take("a failing model", learner)


def of_starts(census: Census) -> None:
    """A retired version that may be called back, and reasons for a challenger that wait."""
    waits = 'schedule = "1m"\nmax_retrains = "40 per 5000 labels"\nhold = ["data_fault"]\nburst = { labels = 100 }'
    for start in ("recalled", "copy", "warning"):
        learner = trained(builders.gauge(RESTLESS.replace('"recent"', f'"{start}"\n{waits}')))
        census.take(f"start = {start}", learner)


def of_fairness(census: Census) -> None:
    """A gap between two groups that was alarmed."""
    text = '[slices.sex]\n[fairness]\nprotected = ["sex"]\n[evaluation]\nholdout = 0'
    gauge = builders.gauge(PLAIN + text, candidates=["no_change"])
    learner = Learner(gauge)
    rng = random.Random(7)
    labels = [rng.random() < 0.5 for _ in range(600)]  # the answer to an event is the label before
    groups = ["fm"[labels[n - 1] ^ (rng.random() < 0.2)] for n in range(600)]
    rows = [LabelledEvent(f"e{n}", None, None, {}, labels[n], b"", (groups[n],)) for n in range(600)]
    alerts = builders.alerts(builders.flat(builders.fold(learner, rows)))
    assert "fairness" in {alert.drift for alert in alerts}
    census.take("a gap between groups", learner)


def of_columns(census: Census) -> None:
    """An alarm of columns, as it is opened."""
    watched = '[drift]\nfalse_alarms = "1 per 1000 events"\n[drift.columns]\nseason = ["hour"]'
    gauge = builders.gauge(PLAIN + watched, candidates=["no_change"])
    learner = Learner(gauge)
    rng = random.Random(7)
    for n in range(1_500):
        x = {"a": rng.gauss(0, 1) + 1e4 * (n > 1_300)}
        row = LabelledEvent(f"e{n}", None, None, x, rng.random() < 0.5, b"")
        alerts = builders.alerts(builders.flat(builders.fold(learner, [row])))
        if any(alert.moved for alert in alerts):
            break
    assert any(alert.moved for alert in alerts)
    census.take("columns that moved", learner)


def of_slices(census: Census) -> None:
    """Groups of every kind of slice, under metrics of every kind."""
    slices = '[slices.zone]\nprivate = true\n[slices.age]\nbins = [30]\n[slices.both]\nof = ["zone", "age"]\n'
    for task, metric in ((Task.BINARY, "Accuracy"), (Task.BINARY, "F1"), (Task.REGRESSION, "MAE")):
        gauge = builders.gauge(f'{PLAIN}{slices}[evaluation]\nmetric = "{metric}"', task=task, candidates=["no_change"])
        learner = Learner(gauge)
        rng = random.Random(7)
        events = [
            event._replace(aside=(rng.choice("ab"), rng.choice([20.0, 40.0, None])))
            for event in plain_events(gauge, 300)
            if not isinstance(event, LabelReceived)
        ]
        builders.fold(learner, events)
        census.take(f"slices under {metric}", learner)


def of_roles(census: Census) -> None:
    """Versions of several roles, and their records."""
    gauge = builders.gauge("[retraining]\nstanding = true", candidates=["naive_bayes", "logistic_regression"])
    census.take("versions in their roles", trained(gauge, 600))


def of_operators(census: Census) -> None:
    """Learning that is paused, and versions to which an operator may roll back."""
    allow = '[operators]\nallow = ["promote", "roll_back", "retrain", "pause"]'
    gauge = builders.gauge(RESTLESS + allow, candidates=["naive_bayes", "logistic_regression"])
    learner = trained(gauge, 300)
    ann: dict[str, Any] = {"who": "ann@ops", "why": "the new sensor"}
    given: list[Command] = [
        Retrain(**ann),
        Promote(version=f"0-{learner.panel.status().made + 1}", **ann),
        Pause(**ann),
    ]
    builders.fold(learner, [CommandReceived(command, None, body(command)) for command in given])
    assert learner.panel.policy.is_paused
    assert [*learner.panel._registry.retired]
    census.take("operators", learner)
    approved = f'{RESTLESS}approval = "always"\n[operators]\nallow = ["approve"]'
    gauge = builders.gauge(approved, candidates=["no_change", "naive_bayes"])
    learner = Learner(gauge)
    plan = strategies.Plan(seed=1, events=400, flips=())
    for event in builders.decoded(gauge, strategies.stream(gauge, plan)):
        learner.handle(event, learner.next_offset)
        if learner.panel.status().proposed is not None:
            break
    assert learner.panel.status().proposed is not None
    census.take("a proposal", learner)


def of_contests(census: Census) -> None:
    """Contests by every kind of judge, one of them with a winner that a slice holds back."""
    judges = {Task.BINARY: ("F1", "ROCAUC", "BrierScore"), Task.MULTICLASS: ("MacroF1",), Task.REGRESSION: ("RMSE",)}
    for task, metric in ((task, metric) for task, metrics in judges.items() for metric in metrics):
        candidates = ["mean" if task is Task.REGRESSION else "majority"] * 2
        named = [{"name": f"{recipe}-{n}", "recipe": recipe} for n, recipe in enumerate(candidates)]
        gauge = builders.gauge(f'[evaluation]\nmetric = "{metric}"\n[slices.site]', task=task, candidates=named)
        learner = trained(gauge, 200)
        rivalry, *_ = learner.panel._contests._on.values()
        rivalry.worse = Worse("site", "s1", 40, -0.5)
        census.take(f"a contest by {metric}", learner)


def of_late_metrics(census: Census) -> None:
    """Estimates of each loss that a leading metric may be the mean of, with the band, which takes a thousand events."""
    of_losses = {Task.BINARY: ("Accuracy", "LogLoss"), Task.REGRESSION: ("MAE", "MSE")}
    for task, metric in ((task, metric) for task, metrics in of_losses.items() for metric in metrics):
        evaluation = f'[evaluation]\nmetric = "{metric}"\nwindow_events = 60'
        gauge = builders.gauge(evaluation, task=task, candidates=["majority" if task is Task.BINARY else "mean"])
        learner = trained(gauge, 1_200)
        estimated = learner.board.evaluated().metric_now
        assert estimated is not None
        assert estimated.closed > 20
        census.take(f"{metric} while labels are late", learner)


def of_declared(census: Census, events: int = 240) -> None:
    """Pipelines in which every class occurs that a gauge file may name."""
    for task, steps in declared():
        gauge = declared_gauge(task, steps)
        learner = Learner(gauge)
        effects = builders.flat(builders.fold(learner, plain_events(gauge, events)))
        who = f"{task} {' '.join(sorted(uses(steps)))}"
        census.take(who, learner)
        census.failed += [f"{who}: {event.reason}" for event in builders.versions(effects, VersionStep.RETIRED)]


def declared_gauge(task: Task, steps: list[dict[str, Any]]) -> Gauge:
    """A gauge whose candidate is a pipeline; a baseline stands by, in case it fails."""
    mine = {"name": "mine", "pipeline": steps}
    return builders.gauge(PLAIN, task=task, candidates=[mine, "no_change"])


def plain_events(gauge: Gauge, n: int) -> Iterator[Input]:
    """Labelled events without gaps whose world turns over twice; a few labels come late."""
    rng = random.Random(7)
    for i in range(n):
        x = {"a": rng.gauss(0, 1), "b": rng.gauss(3, 2), "n": rng.expovariate(1.0), "c": f"c{rng.randrange(8)}"}
        signal = (x["a"] if i // 150 % 2 else -x["a"]) + (0.8 if x["c"] in ("c1", "c2") else 0.0) + rng.gauss(0, 0.1)
        y: Any = signal > 0
        if gauge.task is Task.MULTICLASS:
            y = 0 if signal < -0.4 else 1 if signal < 0.4 else 2
        elif gauge.task is Task.REGRESSION:
            y = 10 * signal + 20
        if i % 20 == 0:
            yield EventReceived(f"e{i}", None, None, x, b"")
            yield LabelReceived(f"e{i}", None, None, y, b"")
        else:
            yield LabelledEvent(f"e{i}", None, None, x, y, b"")


def declared() -> list[tuple[Task, list[dict[str, Any]]]]:
    """Task and steps of pipelines that together use every class of `ALLOWED`; see ``uses``."""
    binary, several, number = Task.BINARY, Task.MULTICLASS, Task.REGRESSION

    def use(name: str, **params: Any) -> dict[str, Any]:
        return {"use": name, **params}

    def below(prefix: str, *but: str) -> list[str]:
        return [n for n in ALLOWED if n.rpartition(".")[0] == prefix and n.rpartition(".")[2] not in but]

    numbers, scaled = use("compose.Select", keys=["a", "b", "n"]), use("preprocessing.StandardScaler")
    log_reg, lin_reg = use("linear_model.LogisticRegression"), use("linear_model.LinearRegression")
    tree = use("tree.HoeffdingTreeClassifier", grace_period=20, delta=0.1)
    numeric_tree = use("tree.HoeffdingTreeRegressor", grace_period=20, delta=0.1)
    mean, var = use("stats.Mean"), use("stats.Var")
    made: list[tuple[Task, list[dict[str, Any]]]] = []

    def add(task: Task, *steps: dict[str, Any]) -> None:
        made.append((task, list(steps)))

    # What prepares features.
    special: dict[str, dict[str, Any]] = {
        "compose.Discard": {"keys": ["c"]},
        "compose.Prefixer": {"prefix": "p_"},
        "compose.Suffixer": {"suffix": "_s"},
        "feature_selection.VarianceThreshold": {"min_samples": 5},
    }
    for name in (*below("compose", "Select", "TransformerProduct", "TransformerUnion"), *below("preprocessing")):
        if name.endswith(("PredClipper", "TargetMinMaxScaler", "TargetStandardScaler")):
            continue
        add(binary, numbers, use(name, **special.get(name, {})), log_reg)
    for name in ("MaxAbsScaler", "MinMaxScaler", "StandardScaler"):
        add(binary, numbers, use(f"preprocessing.{name}", window_size=20), log_reg)
    for name in ("TransformerProduct", "TransformerUnion"):
        add(binary, numbers, use(f"compose.{name}", transformers=[scaled, use("preprocessing.MinMaxScaler")]), log_reg)
    for how in below("stats", "Cov", "PearsonCorr"):
        needs = {
            "stats.RollingMax": {"window_size": 9},
            "stats.RollingMin": {"window_size": 9},
            "stats.RollingQuantile": {"q": 0.5, "window_size": 9},
        }
        statistic = use(how, **needs.get(how, {}))
        add(binary, use("feature_extraction.Agg", on="a", by=["c"], how=statistic), log_reg)
        add(number, use("dummy.StatisticRegressor", statistic=statistic))
    add(binary, use("feature_extraction.TargetAgg", by=["c"], how=mean), log_reg)
    add(binary, use("feature_extraction.TargetAgg", by=["c", "n"], how=var), log_reg)
    add(binary, numbers, use("feature_extraction.PolynomialExtender"), log_reg)
    add(binary, numbers, use("feature_selection.VarianceThreshold", min_samples=5), log_reg)
    add(number, numbers, use("preprocessing.PredClipper", regressor=lin_reg, y_min=0.0, y_max=40.0))
    for name in ("TargetMinMaxScaler", "TargetStandardScaler"):
        add(number, numbers, use(f"preprocessing.{name}", regressor=lin_reg))

    # What learns weights, by what, towards what.
    for name in below("linear_model"):
        classes = "Classifier" in name or name.rpartition(".")[2] in (
            *("AdPredictor", "LogisticRegression", "Perceptron", "SoftmaxRegression"),
        )
        add(binary if classes else number, numbers, scaled, use(name))
    add(number, numbers, scaled, use("linear_model.BayesianLinearRegression", smoothing=0.8))
    for mode in (0, 1, 2):
        add(binary, numbers, scaled, use("linear_model.PAClassifier", mode=mode))
        add(number, numbers, scaled, use("linear_model.PARegressor", mode=mode))
    add(several, numbers, scaled, use("linear_model.SoftmaxRegression"))
    for name in below("optim"):
        inside = {"optimizer": use("optim.SGD", lr=0.01)} if name == "optim.Averager" else {}
        for task, model in ((binary, log_reg), (number, lin_reg)):
            add(task, numbers, scaled, {**model, "optimizer": use(name, **inside)})
        add(several, numbers, scaled, use("linear_model.SoftmaxRegression", optimizer=use(name, **inside)))
    for name in below("optim.losses", "CrossEntropy"):
        classes = name.rpartition(".")[2] in ("BinaryFocalLoss", "Hinge", "Log")
        add(
            *(
                (binary, numbers, scaled, {**log_reg, "loss": use(name)})
                if classes
                else (number, numbers, scaled, {**lin_reg, "loss": use(name)})
            )
        )
    add(several, numbers, use("linear_model.SoftmaxRegression", loss=use("optim.losses.CrossEntropy")))
    for name, params in (
        ("optim.schedulers.Constant", {"learning_rate": 0.01}),
        ("optim.schedulers.InverseScaling", {"learning_rate": 0.01}),
        ("optim.schedulers.Optimal", {"loss": use("optim.losses.Hinge")}),
    ):
        add(binary, numbers, {**log_reg, "optimizer": use("optim.SGD", lr=use(name, **params))})
        add(binary, numbers, {**log_reg, "intercept_lr": use(name, **params)})
    add(number, numbers, {**lin_reg, "initializer": use("optim.initializers.Constant", value=0.1)})
    for name in ("Normal", "Zeros"):
        add(number, numbers, {**lin_reg, "initializer": use(f"optim.initializers.{name}")})
    for name in below("facto"):
        add(binary if "Classifier" in name else number, numbers, scaled, use(name, n_factors=2, clip_gradient=1.0))

    # Trees, forests, rules: every kind of leaf, split and splitter.
    adaptive = {"grace_period": 20, "delta": 0.3, "drift_window_threshold": 20}
    eager = {"grace_period": 20, "delta": 0.3, "tau": 0.3}
    nominal = [{}, {"nominal_attributes": ["c"]}, {"nominal_attributes": ["c"], "binary_split": True}]
    for leaf in ("mc", "nb", "nba"):
        for parts in nominal:
            add(several, use("tree.HoeffdingTreeClassifier", leaf_prediction=leaf, **eager, **parts))
            add(several, use("tree.HoeffdingAdaptiveTreeClassifier", leaf_prediction=leaf, **adaptive, **parts))
            add(several, use("tree.LASTClassifier", leaf_prediction=leaf, **parts))
            add(
                several,
                use(
                    "tree.ExtremelyFastDecisionTreeClassifier",
                    leaf_prediction=leaf,
                    min_samples_reevaluate=10,
                    **eager,
                    **parts,
                ),
            )
            add(
                several,
                use("forest.ARFClassifier", n_models=2, leaf_prediction=leaf, grace_period=20, delta=0.3, **parts),
            )
    for leaf in ("mean", "model", "adaptive"):
        for parts in nominal:
            add(number, use("tree.HoeffdingTreeRegressor", leaf_prediction=leaf, **eager, **parts))
            add(number, use("tree.HoeffdingAdaptiveTreeRegressor", leaf_prediction=leaf, **adaptive, **parts))
            add(
                number,
                use("forest.ARFRegressor", n_models=2, leaf_prediction=leaf, grace_period=20, delta=0.3, **parts),
            )
    for criterion in ("gini", "info_gain", "hellinger"):
        add(binary, use("tree.HoeffdingTreeClassifier", split_criterion=criterion, **eager))
    for name in ("ExhaustiveSplitter", "GaussianSplitter", "HistogramSplitter"):
        add(several, use("tree.HoeffdingTreeClassifier", splitter=use(f"tree.splitter.{name}"), **eager))
    for name in ("EBSTSplitter", "TEBSTSplitter", "QOSplitter"):
        add(number, use("tree.HoeffdingTreeRegressor", splitter=use(f"tree.splitter.{name}"), **eager))
    add(
        number,
        use(
            "tree.HoeffdingTreeRegressor", splitter=use("tree.splitter.QOSplitter", allow_multiway_splits=True), **eager
        ),
    )
    add(several, use("forest.AMFClassifier", n_estimators=2))
    add(number, use("forest.AMFRegressor", n_estimators=2))
    add(number, use("forest.OXTRegressor", n_models=2, grace_period=20))
    for mode in ({}, {"pred_type": "mean"}, {"pred_type": "model"}, {"splitter": use("tree.splitter.QOSplitter")}):
        add(number, numbers, use("rules.AMRules", n_min=20, delta=0.3, **mode))

    # Bayes, neighbours, ensembles.
    for name in below("naive_bayes"):
        add(several, use("compose.Select", keys=["n"]), use(name))
    for engine in (use("neighbors.LazySearch", window_size=20), use("neighbors.SWINN", warm_up=30, maxlen=60)):
        add(several, numbers, use("neighbors.KNNClassifier", engine=engine))
        add(number, numbers, use("neighbors.KNNRegressor", engine=engine))
    for name in ("ADWINBagging", "ADWINBoosting", "AdaBoost", "BOLE", "Bagging", "LeveragingBagging"):
        add(several, use(f"ensemble.{name}Classifier", model=tree, n_models=2))
    for method in ("bag", "me", "half", "wt", "subag"):
        add(several, use("ensemble.LeveragingBaggingClassifier", model=tree, n_models=2, bagging_method=method))
    add(number, use("ensemble.BaggingRegressor", model=numeric_tree, n_models=2))
    add(number, numbers, use("ensemble.EWARegressor", models=[lin_reg, numeric_tree]))
    for method in ("patches", "subspaces", "resampling"):
        add(several, use("ensemble.SRPClassifier", n_models=2, training_method=method))
        add(number, use("ensemble.SRPRegressor", n_models=2, training_method=method))
    add(binary, numbers, use("ensemble.StackingClassifier", models=[tree, log_reg], meta_classifier=log_reg))
    add(binary, numbers, use("ensemble.VotingClassifier", models=[tree, log_reg]))
    add(several, numbers, use("multiclass.OneVsOneClassifier", classifier=log_reg))
    add(several, numbers, use("multiclass.OneVsRestClassifier", classifier=log_reg))
    add(several, numbers, use("multiclass.OutputCodeClassifier", classifier=log_reg, code_size=4))
    for name in below("metrics"):
        add(
            *(
                (number, use("ensemble.SRPRegressor", n_models=2, metric=use(name)))
                if name.rpartition(".")[2] in ("MAE", "MSE", "RMSE", "R2")
                else (binary, use("ensemble.SRPClassifier", n_models=2, metric=use(name)))
            )
        )

    # What draws or weighs events; what watches.
    add(number, numbers, use("imblearn.ChebyshevOverSampler", regressor=lin_reg))
    add(number, numbers, use("imblearn.ChebyshevUnderSampler", regressor=lin_reg))
    add(binary, numbers, use("imblearn.HardSamplingClassifier", classifier=log_reg, size=10, p=0.5))
    add(number, numbers, use("imblearn.HardSamplingRegressor", regressor=lin_reg, size=10, p=0.5))
    for name in ("RandomOverSampler", "RandomSampler", "RandomUnderSampler"):
        add(binary, numbers, use(f"imblearn.{name}", classifier=log_reg, desired_dist={"good": 0.5, "bad": 0.5}))
    for name in (*below("drift", "DriftRetrainingClassifier"), *below("drift.binary")):
        two = name.startswith("drift.binary.")
        detector = use(name)
        if two:
            add(binary, numbers, use("drift.DriftRetrainingClassifier", model=tree, drift_detector=detector))
            add(several, use("tree.HoeffdingAdaptiveTreeClassifier", **adaptive))
        else:
            add(several, use("tree.HoeffdingAdaptiveTreeClassifier", drift_detector=detector, **adaptive))
            add(several, use("tree.LASTClassifier", change_detector=detector))
    for name in ("NoChangeClassifier", "PriorClassifier"):
        add(several, use(f"dummy.{name}"))
    add(binary, numbers, use("feature_selection.SelectKBest", similarity=use("stats.PearsonCorr"), k=2), log_reg)
    add(binary, numbers, use("feature_selection.SelectKBest", similarity=use("stats.Cov"), k=2), log_reg)
    weights = use("optim.losses.CrossEntropy", class_weight={"low": 2.0})
    add(several, numbers, use("linear_model.SoftmaxRegression", loss=weights))
    zone = [use("compose.Select", keys=["c"]), use("preprocessing.OneHotEncoder")]
    add(binary, use("compose.TransformerUnion", transformers=[[numbers, scaled], zone]), log_reg)
    add(several, numbers, use("multiclass.OneVsRestClassifier", classifier=[scaled, log_reg]))
    return made


def uses(step: Any) -> set[str]:
    """Every class that a step names, parts included."""
    if isinstance(step, dict):
        own = {step["use"]} if "use" in step else set()
        return own.union(*(uses(value) for value in step.values()))
    if isinstance(step, list):
        return set().union(*(uses(part) for part in step))
    return set()


def whole() -> Census:
    """All of it; half a minute."""
    census = Census()
    of_sections = (of_decisions, of_recalibrated, of_uncertainty, of_fairness, of_columns, of_slices)
    of_figures = (of_late_metrics, of_contests, of_roles, of_operators)
    for part in (of_recipes, of_metrics, of_detectors, of_failures, of_starts, *of_sections, *of_figures, of_declared):
        part(census)
    return census


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = whole()
    for pair in sorted(found.names):
        print(*pair, f"# {found.names[pair]}")
    for method in sorted(found.methods):
        print("method", *method, f"# {found.methods[method]}")
    for failure in found.failed:
        print("failed", failure)

"""Without hold-out and retraining a backtest is River's ``evaluate.progressive_val_score``: equal, to the last bit.

The oracle's models are built here by hand from River's classes and fed raw rows; ours come from the gauge file and are
fed what passed through JSON, intake and the label codes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from river import (
    compose,
    datasets,
    dummy,
    ensemble,
    evaluate,
    forest,
    linear_model,
    metrics,
    naive_bayes,
    neighbors,
    optim,
    preprocessing,
    tree,
)

from schemas.gauge import Gauge
from streams.data.backtest import Backtest, backtest
from tests.oracles import gauges, raw_rows

Row = tuple[dict[str, Any], Any]


class Twin(NamedTuple):
    """One model twice: as a gauge file has it, and as a River user writes it."""

    ours: str
    by_hand: Callable[[], Any]


SCALER = '{ use = "preprocessing.StandardScaler" }'

RECIPES = {
    "logistic_regression": Twin(
        'recipe = "logistic_regression"',
        lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(0.005)),
    ),
    "hoeffding_tree": Twin('recipe = "hoeffding_tree"', lambda: tree.HoeffdingTreeClassifier()),
    "hoeffding_adaptive_tree": Twin(
        'recipe = "hoeffding_adaptive_tree"', lambda: tree.HoeffdingAdaptiveTreeClassifier(seed=42)
    ),
    "naive_bayes": Twin('recipe = "naive_bayes"', lambda: naive_bayes.GaussianNB()),
    "adaptive_random_forest": Twin(
        'recipe = "adaptive_random_forest"\nparams = { n_models = 3 }',
        lambda: forest.ARFClassifier(n_models=3, seed=42),
    ),
}
LABELS_ONLY = {
    "alma": Twin('recipe = "alma"', lambda: preprocessing.StandardScaler() | linear_model.ALMAClassifier()),
    "passive_aggressive": Twin(
        f'pipeline = [{SCALER}, {{ use = "linear_model.PAClassifier", C = 0.1, mode = 2 }}]',
        lambda: preprocessing.StandardScaler() | linear_model.PAClassifier(C=0.1, mode=2),
    ),
    "no_change": Twin('recipe = "no_change"', lambda: dummy.NoChangeClassifier()),
}
PIPELINES = {
    "logistic": Twin(
        f'pipeline = [{SCALER}, {{ use = "linear_model.LogisticRegression", '
        'optimizer = { use = "optim.AdaGrad", lr = 0.1 }, l2 = 0.001 }]',
        lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.AdaGrad(0.1), l2=0.001),
    ),
    "hoeffding": Twin(
        'pipeline = [{ use = "tree.HoeffdingTreeClassifier", grace_period = 50, leaf_prediction = "nb" }]',
        lambda: tree.HoeffdingTreeClassifier(grace_period=50, leaf_prediction="nb"),
    ),
    "bagging": Twin(
        'pipeline = [{ use = "ensemble.LeveragingBaggingClassifier", n_models = 3, seed = 7, '
        'model = { use = "naive_bayes.GaussianNB" } }]',
        lambda: ensemble.LeveragingBaggingClassifier(naive_bayes.GaussianNB(), n_models=3, seed=7),
    ),
    "mondrian": Twin(
        'recipe = "amf"\nparams = { n_estimators = 3 }\nseed = 7',
        lambda: preprocessing.StandardScaler() | forest.AMFClassifier(n_estimators=3, max_nodes=4_096, seed=7),
    ),
}
SEVERAL_CLASSES = {
    "softmax": Twin(
        'recipe = "logistic_regression"',
        lambda: preprocessing.StandardScaler() | linear_model.SoftmaxRegression(optim.SGD(0.005)),
    ),
    "hoeffding_tree": RECIPES["hoeffding_tree"],
    "naive_bayes": RECIPES["naive_bayes"],
}
REGRESSION = {
    "linear": Twin(
        f'pipeline = [{SCALER}, {{ use = "linear_model.LinearRegression", '
        'optimizer = { use = "optim.SGD", lr = 0.001 } }]',
        lambda: preprocessing.StandardScaler() | linear_model.LinearRegression(optim.SGD(0.001)),
    ),
    "hoeffding": Twin('pipeline = [{ use = "tree.HoeffdingTreeRegressor" }]', lambda: tree.HoeffdingTreeRegressor()),
    "neighbours": Twin(
        'recipe = "knn"\nparams = { n_neighbors = 3, window_events = 100 }',
        lambda: (
            preprocessing.StandardScaler()
            | neighbors.KNNRegressor(n_neighbors=3, engine=neighbors.LazySearch(window_size=100))
        ),
    ),
    "forest": Twin(
        'pipeline = [{ use = "forest.ARFRegressor", n_models = 3, seed = 7 }]',
        lambda: forest.ARFRegressor(n_models=3, seed=7),
    ),
}


class Bundled(NamedTuple):
    """A data set in River's wheel, and what races on it."""

    problem: str
    dataset: Callable[[], Iterable[Row]]
    twins: dict[str, Twin]
    metrics: tuple[str, ...]


class Developer(NamedTuple):
    """The first rows of a developer data set, and what races on them."""

    problem: str
    file: str
    limit: int
    rows: Callable[[Path], Iterable[Row]]
    twins: dict[str, Twin]
    metrics: tuple[str, ...]


# The figures of several classes that sum over the classes do so in a set's order, which for strings is another in every
# process: on `segments`, whose labels are strings to River, only those that do not are compared.
BUNDLED = {
    "phishing": Bundled(gauges.PHISHING, lambda: datasets.Phishing().take(800), PIPELINES, ("LogLoss", "MCC", "F1")),
    "segments": Bundled(
        gauges.SEGMENTS, lambda: datasets.ImageSegments().take(700), SEVERAL_CLASSES, ("Accuracy", "CrossEntropy")
    ),
    "trump": Bundled(gauges.TRUMP, lambda: datasets.TrumpApproval().take(700), REGRESSION, ("MAE", "RMSE")),
}
ELEC2, INSECTS, BIKES = "elec2.csv.gz", "insects_abrupt.csv.gz", "bikes_toulouse.csv.gz"
DEVELOPER = {
    "elec2": Developer(gauges.ELEC2, ELEC2, 1_500, raw_rows.elec2, RECIPES, ("Accuracy", "F1", "LogLoss")),
    "elec2, labels only": Developer(
        gauges.ELEC2, ELEC2, 5_000, raw_rows.elec2, LABELS_ONLY, ("Accuracy", "CohenKappa")
    ),
    "insects": Developer(
        gauges.INSECTS,
        INSECTS,
        500,
        raw_rows.insects,
        SEVERAL_CLASSES | {"adaptive": RECIPES["hoeffding_adaptive_tree"]},
        ("MacroF1", "Accuracy", "CrossEntropy"),
    ),
    "bikes": Developer(gauges.BIKES, BIKES, 2_500, raw_rows.bikes, REGRESSION, ("MAE", "RMSE", "R2")),
}


@pytest.mark.parametrize("name", BUNDLED)
def test_figures_on_bundled_data_are_rivers(name: str, tmp_path: Path) -> None:
    case = BUNDLED[name]
    gauge = _race(case.problem, case.metrics, case.twins)
    data = _written(case.dataset(), gauge, tmp_path)

    ours = _figures(backtest(gauge, data))

    assert ours == {name: _rivers(case.dataset, twin, case.metrics) for name, twin in case.twins.items()}


@pytest.mark.parametrize("name", DEVELOPER)
def test_figures_on_real_streams_are_rivers(name: str, data_dir: Path) -> None:
    case = DEVELOPER[name]
    gauge = _race(case.problem, case.metrics, case.twins)

    ours = _figures(backtest(gauge, data_dir / case.file, limit=case.limit))

    def rows() -> Iterable[Row]:
        return islice(case.rows(data_dir), case.limit)

    assert ours == {name: _rivers(rows, twin, case.metrics) for name, twin in case.twins.items()}


@pytest.mark.parametrize(
    ("name", "twin", "metric"),
    [("phishing", "mondrian", "LogLoss"), ("segments", "naive_bayes", "Accuracy"), ("trump", "linear", "MAE")],
)
def test_predictions_one_by_one_are_rivers(name: str, twin: str, metric: str, tmp_path: Path) -> None:
    case, model = BUNDLED[name], BUNDLED[name].twins[twin]
    gauge = _race(case.problem, (metric,), {twin: model})
    written = io.BytesIO()

    backtest(gauge, _written(case.dataset(), gauge, tmp_path), predictions=written)

    ours = [json.loads(line) for line in written.getvalue().splitlines()]
    theirs = evaluate.iter_progressive_val_score(
        case.dataset(), model.by_hand(), getattr(metrics, metric)(), yield_predictions=True
    )
    for line, step in zip(ours, theirs, strict=True):
        if metric == "LogLoss":  # River names the classes met so far, we all of them; before the first, there is none
            theirs_named = {name: step["Prediction"].get(y, 0.0) for name, y in (("false", False), ("true", True))}
            assert (line["probabilities"] or {"false": 0.0, "true": 0.0}) == theirs_named
        else:
            assert line["y_pred"] == step["Prediction"]


HALF_AN_HOUR = timedelta(minutes=30)


def test_figures_with_labels_after_a_fixed_delay_are_rivers(data_dir: Path) -> None:
    shown = ("MAE", "RMSE")
    twins = {name: REGRESSION[name] for name in ("linear", "hoeffding")}
    gauge = _race(gauges.BIKES_HALF_AN_HOUR_LATE, shown, twins)

    result = backtest(gauge, data_dir / BIKES, limit=3_000)

    def rows() -> Iterable[Row]:
        return islice(raw_rows.bikes(data_dir), 3_000)

    late = {name: _rivers(rows, twin, shown, moment="moment", delay=HALF_AN_HOUR) for name, twin in twins.items()}
    assert _figures(result) == late
    assert late != {name: _rivers(rows, twin, shown) for name, twin in twins.items()}, "the delay must matter"


def test_figures_with_labels_at_their_own_times_are_rivers(data_dir: Path) -> None:
    shown = ("LogLoss", "Accuracy")
    twins = {
        "numbers": Twin(
            f'pipeline = [{{ use = "compose.Discard", keys = ["carrier", "origin", "dest"] }}, {SCALER}, '
            '{ use = "linear_model.LogisticRegression" }]',
            lambda: (
                compose.Discard("carrier", "origin", "dest")
                | preprocessing.StandardScaler()
                | linear_model.LogisticRegression()
            ),
        ),
        "categories": Twin(
            'pipeline = [{ use = "compose.Select", keys = ["carrier"] }, { use = "preprocessing.OneHotEncoder" }, '
            '{ use = "linear_model.LogisticRegression" }]',
            lambda: compose.Select("carrier") | preprocessing.OneHotEncoder() | linear_model.LogisticRegression(),
        ),
    }
    gauge = _race(gauges.FLIGHTS, shown, twins)

    result = backtest(gauge, data_dir / "flights_nyc13.csv.gz", limit=3_000)

    def rows() -> Iterable[Row]:
        return ((x, y) for x, y in islice(raw_rows.flights(data_dir), 3_000) if y is not None)

    def delay(x: dict[str, Any], _: object) -> timedelta:
        return x["label_time"] - x["event_time"]

    late = {name: _rivers(rows, twin, shown, moment="event_time", delay=delay) for name, twin in twins.items()}
    assert _figures(result) == late
    assert late != {name: _rivers(rows, twin, shown) for name, twin in twins.items()}, "the delay must matter"
    assert result.learner.counts.labels == sum(1 for _ in rows()) < result.learner.counts.predictions == 3_000


def _race(problem: str, shown: tuple[str, ...], twins: dict[str, Twin]) -> Gauge:
    declared = gauges.candidates({name: twin.ours for name, twin in twins.items()})
    return gauges.gauge(problem, gauges.bare(*shown), declared)


def _figures(result: Backtest) -> dict[str, dict[str, float | None]]:
    return {name: score.figures() for name, score in result.learner.board.candidates.items()}


class Whole(metrics.CrossEntropy):
    """River's, shown a probability of 0 for a class that the model has not met; left to itself it adds nothing then."""

    def _eval(self, y_true: Any, y_pred: dict[Any, float]) -> float:
        return super()._eval(y_true, {y_true: 0.0, **y_pred})


def _rivers(rows: Callable[[], Iterable[Row]], twin: Twin, shown: tuple[str, ...], **late: Any) -> dict[str, float]:
    """River's figures: one run asks for labels and one for probabilities, each with a model of its own."""
    figures = {}
    metric = {name: Whole() if name == "CrossEntropy" else getattr(metrics, name)() for name in shown}
    for names in (
        [name for name in shown if getattr(metric[name], "requires_labels", True)],
        [name for name in shown if not getattr(metric[name], "requires_labels", True)],
    ):
        if names:
            run = metrics.base.Metrics([metric[name] for name in names])
            model = compose.Discard(*raw_rows.TIMES) | twin.by_hand()
            figures |= zip(names, evaluate.progressive_val_score(rows(), model, run, **late).get(), strict=True)
    return figures


def _written(rows: Iterable[Row], gauge: Gauge, directory: Path) -> Path:
    path = directory / f"{gauge.name}.jsonl"
    field = gauge.label.field
    assert isinstance(field, str)
    path.write_text("".join(json.dumps({**x, field: y}) + "\n" for x, y in rows))
    return path

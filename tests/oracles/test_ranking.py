"""ROC AUC and average precision on real streams, of which one has 0.9 % positive labels, against scikit-learn."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from river import linear_model, naive_bayes, optim, preprocessing
from sklearn.metrics import average_precision_score, roc_auc_score

from models.answer import Answer
from models.evaluation.series import Series
from tests import builders

Row = dict[str, str]


class Stream(NamedTuple):
    """A data set: which rows, which numbers of them, and which label is positive."""

    file: str
    rows: int
    numbers: Callable[[Row], dict[str, float]]
    label: str
    positive: str


def _some(*names: str) -> Callable[[Row], dict[str, float]]:
    return lambda row: {name: float(row[name]) for name in names if row[name]}


STREAMS = {
    "fraud": Stream(
        "fraud_tx.csv.gz",
        40_000,
        lambda row: {"amount": float(row["TX_AMOUNT"]), "hour": float(row["TX_DATETIME"][11:13])},
        "TX_FRAUD",
        "1",
    ),
    "flights": Stream("flights_nyc13.csv.gz", 20_000, _some("sched_dep_time", "distance", "temp"), "late", "1"),
    "adult": Stream("adult.csv.gz", 20_000, _some("age", "education-num", "hours-per-week"), "class", ">50K"),
}
MODELS: dict[str, Callable[[], Any]] = {
    "logistic_regression": lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(0.005)),
    "naive_bayes": naive_bayes.GaussianNB,
}


def _answers(stream: Stream, model: Any, data_dir: Path) -> Iterable[tuple[bool, Answer]]:
    with gzip.open(data_dir / stream.file, "rt", encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), stream.rows):
            if not row[stream.label]:
                continue
            x, y = stream.numbers(row), row[stream.label] == stream.positive
            p = model.predict_proba_one(x).get(True, 0.0)
            model.learn_one(x, y)
            yield y, Answer(p > 0.5, {False: 1 - p, True: p})


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", STREAMS)
def test_areas_on_real_streams_are_scikit_learns(name: str, model: str, data_dir: Path) -> None:
    answers = list(_answers(STREAMS[name], MODELS[model](), data_dir))
    series = Series.of(builders.gauge('[evaluation]\nmetric = "ROCAUC"\nalso = ["PRAUC"]\nwindow_events = 10_000'))
    for y, answer in answers:
        series.update(y, answer)

    def areas(of: list[tuple[bool, Answer]]) -> tuple[float, float]:
        labels, scores = [y for y, _ in of], [answer.probabilities[True] for _, answer in of]
        return roc_auc_score(labels, scores), average_precision_score(labels, scores)

    area, precision = areas(answers)
    assert series.figures()["ROCAUC"] == pytest.approx(area, abs=0.0002)  # 0.005 is promised
    assert series.figures()["PRAUC"] == pytest.approx(precision, abs=0.002)

    area, precision = areas(answers[-10_000:])
    assert series.leading_window_figure() == pytest.approx(area, abs=1e-12)
    assert series.window_figures() == pytest.approx({"ROCAUC": area, "PRAUC": precision}, abs=1e-12)

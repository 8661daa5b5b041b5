"""Figures that others have published, reproduced by a backtest to the printed digits.

Elec2: River's own benchmark (version 0.19). Phishing: River's documentation, and the same benchmark for the tree.
Bikes: River's documentation, "Bike-sharing forecasting".
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from river import datasets

from schemas.records import Figures
from streams.data.backtest import backtest
from tests.oracles import gauges

SCALER = '{ use = "preprocessing.StandardScaler" }'


def test_elec2(data_dir: Path) -> None:
    gauge = gauges.gauge(
        gauges.ELEC2,
        gauges.bare("Accuracy", "F1"),
        gauges.candidates({name: f'recipe = "{name}"' for name in ("no_change", "logistic_regression", "alma")}),
    )

    board = backtest(gauge, data_dir / "elec2.csv.gz").learner.board

    assert {name: _printed(score.figures(), 6) for name, score in board.candidates.items()} == {
        "no_change": {"Accuracy": 0.853303, "F1": 0.827229},
        "logistic_regression": {"Accuracy": 0.822144, "F1": 0.777086},
        "alma": {"Accuracy": 0.906427, "F1": 0.889767},
    }
    assert _printed(board.baselines["no_change"].figures(), 6) == {"Accuracy": 0.853303, "F1": 0.827229}
    assert _printed(board.baselines["majority_class"].figures(), 3)["Accuracy"] == 0.575


def test_phishing(tmp_path: Path) -> None:
    gauge = gauges.gauge(
        gauges.PHISHING,
        gauges.bare("Accuracy", "F1", "LogLoss"),
        gauges.candidates(
            {
                "logistic": f'pipeline = [{SCALER}, {{ use = "linear_model.LogisticRegression" }}]',
                "hoeffding_tree": 'recipe = "hoeffding_tree"',
            }
        ),
    )
    data = tmp_path / "phishing.jsonl"
    data.write_text("".join(json.dumps({**x, "is_phishing": y}) + "\n" for x, y in datasets.Phishing()))

    board = backtest(gauge, data).learner.board

    logistic = board.candidates["logistic"].figures()
    assert _printed(logistic, 4) == {"Accuracy": 0.8928, "F1": 0.8797, "LogLoss": 0.3301}
    assert logistic["LogLoss"] == pytest.approx(0.3301120464388312, abs=1e-15)
    assert _printed(board.candidates["hoeffding_tree"].figures(), 6)["Accuracy"] == 0.879904
    assert _printed(board.baselines["no_change"].figures(), 6)["Accuracy"] == 0.515612


BIKES_PIPELINE = (
    'pipeline = [{ use = "compose.Select", keys = ["clouds", "humidity", "pressure", "temperature", "wind"] }, '
    f'{SCALER}, {{ use = "linear_model.LinearRegression", optimizer = {{ use = "optim.SGD", lr = 0.001 }} }}]'
)


def test_bikes_at_its_first_checkpoint(data_dir: Path) -> None:
    gauge = gauges.gauge(gauges.BIKES, gauges.bare("MAE"), gauges.candidates({"linear": BIKES_PIPELINE}))

    board = backtest(gauge, data_dir / "bikes_toulouse.csv.gz", limit=20_000).learner.board

    assert _printed(board.served.figures(), 6) == {"MAE": 4.912763}


def _printed(figures: Figures, digits: int) -> Figures:
    return {name: None if value is None else round(value, digits) for name, value in figures.items()}

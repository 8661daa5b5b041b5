"""On real streams a miscalibrated model's probabilities are better afterwards, and a good one's no worse."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss

from models.candidates import build
from models.recalibration.calibrator import CALIBRATORS
from models.vocabulary import Vocabulary
from schemas.gauge import Candidate, parse
from tests.models.decision.test_on_data import ADULT, adult
from tests.oracles import raw_rows

pytestmark = pytest.mark.slow

N = 20_000
ELEC2 = """
name = "elec2"
task = "binary"
label = { field = "class", positive = "UP", negative = "DOWN" }
[features]
date = "number"
period = "number"
nswprice = "number"
nswdemand = "number"
vicprice = "number"
vicdemand = "number"
transfer = "number"
"""


def calibration_error(p: np.ndarray, y: np.ndarray, bins: int = 15) -> float:
    place = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [abs(p[place == n].mean() - y[place == n].mean()) * np.mean(place == n) for n in set(place.tolist())]
    return float(sum(gaps))


def figures(text: str, recipe: str, events: Iterator[tuple[dict[str, Any], bool]]) -> dict[str, tuple[float, float]]:
    """Log loss and calibration error of the answers before each label: without, and by each way."""
    gauge = parse(text)
    models = {
        how: build(Candidate(name="it", recipe=recipe, recalibrate=how), gauge) for how in (None, *sorted(CALIBRATORS))
    }
    vocabulary, said, labels = Vocabulary(gauge), {how: [] for how in models}, []
    for x, y in islice(events, N):
        coded = vocabulary.encode(x, learn=True)
        labels.append(y)
        for how, model in models.items():
            said[how].append(model.predict_proba_one(coded).get(True, 0.0))
            model.learn_one(coded, y)
    y = np.array(labels)
    return {str(how): (log_loss(y, p), calibration_error(np.array(p), y)) for how, p in said.items()}


def of_adult(data_dir: Path) -> Iterator[tuple[dict[str, Any], bool]]:
    return ((event.x, event.y) for event in adult(data_dir))


def of_elec2(data_dir: Path) -> Iterator[tuple[dict[str, Any], bool]]:
    features = parse(ELEC2).features
    return (({name: x[name] for name in features}, y) for x, y in raw_rows.elec2(data_dir))


@pytest.mark.parametrize(("text", "events"), [(ADULT, of_adult), (ELEC2, of_elec2)], ids=["adult", "elec2"])
def test_naive_bayes_is_far_better_calibrated_afterwards(text, events, data_dir):
    found = figures(text, "naive_bayes", events(data_dir))

    loss, error = found["None"]
    for how in CALIBRATORS:
        assert found[how][0] < 0.75 * loss
        assert found[how][1] < 0.6 * error


def test_logistic_regression_loses_nothing(data_dir):
    found = figures(ADULT, "logistic_regression", of_adult(data_dir))

    loss, error = found["None"]
    for how in CALIBRATORS:
        assert found[how][0] < loss + 0.003
        assert found[how][1] < error + 0.003

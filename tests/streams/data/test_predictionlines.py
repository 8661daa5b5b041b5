"""Lines of ``backtest --predictions``: as much of each prediction as its record has."""

from __future__ import annotations

import io
import json

from models.learner import Learner
from streams.data.predictionlines import PredictionLines
from tests import builders

BARE = "[evaluation]\nholdout = 0\n"
VALUES = [builders.record(n, a=float(n % 5), y="bad" if n % 5 > 2 else "good") for n in range(40)]


def lines(text: str) -> tuple[list[dict], list[dict]]:
    """The lines, and the bodies of the records."""
    gauge, file = builders.gauge(text), io.BytesIO()
    learner = Learner(gauge)
    written, bodies = PredictionLines(learner, file), []
    for position, event in enumerate(builders.decoded(gauge, VALUES)):
        effects = learner.handle(event, position)
        written.folded(event, position, effects)
        bodies += [json.loads(prediction.body()) for prediction in builders.predictions(effects)]
    written.close()
    return [json.loads(line) for line in file.getvalue().splitlines()], bodies


def test_a_line_has_the_set_and_the_reason_that_its_record_has():
    found, bodies = lines(BARE + "[uncertainty]\ncover = 0.8\n[uncertainty.abstain]\nmissing = 0.5\n")

    asked = [{key: line.pop(key) for key in ("interval", "set", "abstained")} for line in found]
    assert asked == [{key: body.pop(key) for key in ("interval", "set", "abstained")} for body in bodies]
    assert asked[-1] == {"interval": None, "set": [found[-1]["y_pred"]], "abstained": "missing"}
    assert [line.keys() - body.keys() for line, body in zip(found, bodies, strict=True)] == [{"label", "time"}] * 40


def test_without_uncertainty_neither_has_any_of_it():
    found, bodies = lines(BARE)

    assert not {key for one in (*found, *bodies) for key in one} & {"interval", "set", "abstained"}

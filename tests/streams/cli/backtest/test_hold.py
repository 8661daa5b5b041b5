"""From the command line: a fault in a file is found, learning is held while it is open, and nothing is lost."""

from __future__ import annotations

import random
from pathlib import Path

from schemas.gauge import parse
from schemas.records import AlertStatus
from streams.data.backtest import backtest

TEXT = """
name = "faulty"
task = "binary"
[label]
field = "y"
positive = 1
negative = 0
[features]
a = { type = "number", optional = true }
b = "number"
[[candidates]]
recipe = "naive_bayes"
[retraining]
"""


def rows(faulty: range) -> str:
    rng = random.Random(4)
    lines = ["a,b,y"]
    for n in range(9_000):
        a, b = rng.gauss(0, 1), rng.gauss(0, 1)
        lines.append(f"{'' if n in faulty else f'{a:.4f}'},{b:.4f},{int(a + b > 0)}")
    return "\n".join(lines)


def test_while_a_column_is_missing_nobody_learns_and_all_is_answered_and_scored(tmp_path: Path) -> None:
    data = tmp_path / "faulty.csv"
    data.write_text(rows(range(5_000, 7_000)))

    result = backtest(parse(TEXT + 'hold = ["data_fault"]'), data)

    status = result.learner.status()
    faults = {alert.status: alert.position for alert in result.alerts if alert.drift == "data_fault"}
    opened, closed = faults[AlertStatus.OPENED], faults[AlertStatus.CLOSED]
    assert 5_000 < opened < 5_500 < closed
    assert status.predictions == status.labels == 9_000
    # All but what is held out: a twentieth.
    assert 0.9 * (closed - opened) < status.versions.policy.held_labels <= closed - opened
    assert status.versions.policy.held is None
    assert all(version.trigger != "data_fault" for version in result.versions)

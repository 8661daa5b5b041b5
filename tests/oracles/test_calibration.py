"""Calibration of what a backtest answered, against scikit-learn on its predictions file."""

from __future__ import annotations

import io
import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from streams.data.backtest import backtest
from tests.oracles import gauges, raw_rows

ROWS = 6_000
LEAST = 1e-15


def test_of_two_classes_on_a_real_stream_it_is_scikit_learns(data_dir: Path) -> None:
    gauge = gauges.gauge(gauges.ELEC2, "[evaluation]\nwindow_events = 1_000")
    written = io.BytesIO()
    board = backtest(gauge, data_dir / "elec2.csv.gz", limit=ROWS, predictions=written).learner.board
    found = board.evaluated().calibration

    kept = []
    rows = islice(raw_rows.elec2(data_dir), ROWS)
    for line, (_, up) in zip(map(json.loads, written.getvalue().splitlines()), rows, strict=True):
        if not line["held_out"] and line["probabilities"] is not None:
            kept.append((up, line["probabilities"]["UP"]))
    assert 5_000 < len(kept) < ROWS

    for reliability, answers in ((found.lifetime, kept), (found.recent, kept[-found.recent.n :])):
        labels, shares = map(np.array, zip(*answers, strict=True))
        assert reliability.n == len(answers)
        assert reliability.brier.value == pytest.approx(brier_score_loss(labels, shares), abs=1e-12)
        bounded = np.clip(shares, LEAST, 1 - LEAST)
        assert reliability.log_loss.value == pytest.approx(log_loss(labels, bounded), abs=1e-9)

        observed, predicted = calibration_curve(labels, shares, n_bins=10)
        in_tenths: dict[int, list[float]] = {}
        for row in reliability.rows:
            sums = in_tenths.setdefault(round(np.floor(row.low * 10 + 1e-9)), [0, 0, 0])
            for at, add in enumerate((row.n, row.n * row.predicted, row.n * row.observed)):
                sums[at] += add
        assert [share / n for n, share, _ in in_tenths.values()] == pytest.approx(predicted, abs=1e-12)
        assert [came / n for n, _, came in in_tenths.values()] == pytest.approx(observed, abs=1e-12)
        gaps = sum(abs(share - came) for _, share, came in in_tenths.values())
        assert reliability.calibration_error.value == pytest.approx(gaps / len(answers), abs=1e-12)

    assert 1_000 <= found.recent.n <= 1_050
    assert found.bias.value == pytest.approx(np.mean([p - y for y, p in kept]), abs=1e-12)


def test_of_several_classes_on_a_real_stream_it_is_scikit_learns(data_dir: Path) -> None:
    gauge = gauges.gauge(gauges.INSECTS, gauges.candidates({"naive": 'recipe = "naive_bayes"'}))
    written = io.BytesIO()
    board = backtest(gauge, data_dir / "insects_abrupt.csv.gz", limit=2_000, predictions=written).learner.board
    found = board.evaluated().calibration.lifetime

    names = [str(value) for value in gauge.classes]
    labels, shares, right = [], [], []
    rows = islice(raw_rows.insects(data_dir), 2_000)
    for line, (_, species) in zip(map(json.loads, written.getvalue().splitlines()), rows, strict=True):
        if not line["held_out"] and line["probabilities"] is not None:
            labels.append(names.index(str(species)))
            shares.append([line["probabilities"][name] for name in names])
            right.append((line["probabilities"][str(line["y_pred"])], line["y_pred"] == species))
    every, codes = np.array(shares), range(len(names))

    brier = brier_score_loss(labels, every, labels=codes, scale_by_half=False)
    assert found.n == len(labels)
    assert found.brier.value == pytest.approx(brier, abs=1e-9)
    assert found.log_loss.value == pytest.approx(log_loss(labels, np.clip(every, LEAST, 1), labels=codes), abs=1e-6)
    for code, name in enumerate(names):
        one = np.mean((every[:, code] - (np.array(labels) == code)) ** 2)
        assert found.brier_by_class[name] == pytest.approx(one, abs=1e-9)
    assert sum(found.brier_by_class.values()) == pytest.approx(found.brier.value)

    observed, predicted = calibration_curve([hit for _, hit in right], [p for p, _ in right], n_bins=10)
    assert sum(row.n * row.observed for row in found.rows) == sum(hit for _, hit in right)
    counts = np.histogram([p for p, _ in right], bins=10, range=(0, 1))[0]
    gap = np.sum(np.abs(observed - predicted) * counts[counts > 0]) / len(right)
    assert found.calibration_error.value == pytest.approx(gap, abs=0.002)  # a bin's edge is of the bin above in NumPy

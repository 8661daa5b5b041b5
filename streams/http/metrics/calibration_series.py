"""Metrics of calibration: a fixed number of series, absent where answers have no probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import CalibrationFigures, Figure, Reliability
from streams.http.metrics.catalogue import Entry, Reading, Samples


def _calibration(reading: Reading) -> CalibrationFigures | None:
    return None if reading.status is None else reading.status.evaluated.calibration


def _over(read: Callable[[Reliability], float | None]) -> Callable[[Reading], Samples]:
    """Over the whole life and of late."""

    def samples(reading: Reading) -> Samples:
        found = _calibration(reading)
        if found is None:
            return [((), None)]
        return [(("lifetime",), read(found.lifetime)), (("window",), read(found.recent))]

    return samples


def _bias(part: Callable[[Figure], float | None]) -> Callable[[Reading], Samples]:
    def samples(reading: Reading) -> Samples:
        found = _calibration(reading)
        return [((), None if found is None else part(found.bias))]

    return samples


CALIBRATION: Final = (
    Entry(
        "rivergauge_calibration_error",
        GaugeMetricFamily,
        "Expected calibration error of the answers' probabilities, over ten bins.",
        _over(lambda found: found.calibration_error.value),
        ("over",),
    ),
    Entry(
        "rivergauge_brier_score",
        GaugeMetricFamily,
        "Mean squared error of probabilities, summed over the classes where there are several.",
        _over(lambda found: found.brier.value),
        ("over",),
    ),
    Entry(
        "rivergauge_brier_score_low",
        GaugeMetricFamily,
        "The lower end of its interval; absent while there is none.",
        _over(lambda found: found.brier.low),
        ("over",),
    ),
    Entry(
        "rivergauge_brier_score_high",
        GaugeMetricFamily,
        "The upper end of its interval.",
        _over(lambda found: found.brier.high),
        ("over",),
    ),
    Entry(
        "rivergauge_log_loss",
        GaugeMetricFamily,
        "Mean log loss of the label's probability.",
        _over(lambda found: found.log_loss.value),
        ("over",),
    ),
    Entry(
        "rivergauge_log_loss_low",
        GaugeMetricFamily,
        "The lower end of its interval; absent while there is none.",
        _over(lambda found: found.log_loss.low),
        ("over",),
    ),
    Entry(
        "rivergauge_log_loss_high",
        GaugeMetricFamily,
        "The upper end of its interval.",
        _over(lambda found: found.log_loss.high),
        ("over",),
    ),
    Entry(
        "rivergauge_calibration_labels",
        GaugeMetricFamily,
        "The labels behind them.",
        _over(lambda one: one.n),
        ("over",),
    ),
    Entry(
        "rivergauge_calibration_bias",
        GaugeMetricFamily,
        "Mean probability less the share that came true, over the whole life.",
        _bias(lambda figure: figure.value),
    ),
    Entry(
        "rivergauge_calibration_bias_low",
        GaugeMetricFamily,
        "The lower end of its interval; absent while there is none.",
        _bias(lambda figure: figure.low),
    ),
    Entry(
        "rivergauge_calibration_bias_high",
        GaugeMetricFamily,
        "The upper end of its interval.",
        _bias(lambda figure: figure.high),
    ),
    Entry(
        "rivergauge_calibration_effective_labels",
        GaugeMetricFamily,
        "The number of independent labels that would say as much about the bias.",
        _bias(lambda figure: figure.effective_n),
    ),
)

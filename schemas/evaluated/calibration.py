"""Whether probabilities mean what they say: of all events with 0.3, three in ten are to be positive."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.evaluated.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityRow:
    """Answers whose probability lies above ``low`` and at or below ``high``; the first row holds 0 as well.

    ``predicted`` is their mean probability, ``observed`` the share of labels that came true, with its 95 % interval,
    which is ``None`` where fewer than 10 independent labels would say as much.
    """

    low: float
    high: float
    n: int
    predicted: float
    observed: float
    observed_low: float | None = None
    observed_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Calibration over ``n`` answers with probabilities.

    The probability is that of the positive class or, of several classes, of the one that was predicted. ``log_loss`` is
    -ln of the label's probability, which counts as 1e-15 where it is smaller. ``brier`` is the mean squared error: of
    the positive class, or summed over all classes and then in [0, 2]; ``brier_by_class`` are its parts where there are
    several. ``calibration_error`` is the expected one over ten bins of equal width, of which no interval is known.
    ``rows`` lie within these bins, finer towards 0 and 1; one without answers is absent.
    """

    n: int
    log_loss: Figure
    brier: Figure
    calibration_error: Figure
    rows: tuple[ReliabilityRow, ...]
    brier_by_class: dict[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationFigures:
    """The calibration of what the service answered.

    ``bias`` is the mean probability less the share that came true, over the whole life as is ``lifetime``. ``recent``
    is over the newest ``evaluation.window_events`` answers and up to a twentieth more.
    """

    bias: Figure
    lifetime: Reliability
    recent: Reliability

"""A detector's reference in the label's units, against lists of its errors."""

from __future__ import annotations

import pytest

from models.drift.reference import ErrorReference
from models.drift.river_detectors import RiverDetector
from models.drift.signal import Detector, Signal
from models.drift.tempered.detector import TemperedDetector
from models.judging.losses import AbsoluteErrorScale


def followed(detector: Detector, errors: list[float], scale: AbsoluteErrorScale) -> tuple[ErrorReference, list[int]]:
    """The reference behind all errors, and where the detector alarmed."""
    reference, alarms = ErrorReference(), []
    for n, error in enumerate(errors):
        alarmed = detector.update(scale.loss(error)) is Signal.DRIFT
        reference.follow(detector, error, alarmed=alarmed)
        alarms += [n] * alarmed
    return reference, alarms


def test_it_is_the_mean_error_since_the_detector_began():
    reference, alarms = followed(TemperedDetector(), [1.0, 2.0, 6.0], AbsoluteErrorScale())

    assert (reference.mean, alarms) == (3.0, [])
    reference.reset()
    assert reference.mean == 0.0


def test_an_alarm_leaves_its_own_error_alone():
    detector = TemperedDetector(budget=1e-3)

    reference, alarms = followed(detector, [1.0] * 200 + [4.0] * 60, AbsoluteErrorScale())

    assert len(alarms) == 1
    assert reference.mean == 4.0


@pytest.mark.parametrize("detector", [TemperedDetector(budget=1e-3), RiverDetector(use="drift.ADWIN", params={})])
def test_it_begins_anew_where_the_detector_does_in_silence_because_the_error_fell(detector):
    # A young model's errors are no measure of what is normal for a grown one.
    reference, alarms = followed(detector, [100.0] * 400 + [1.0] * 1_000, AbsoluteErrorScale())

    assert alarms == []
    assert reference.mean < 10.0  # over all errors it would be 29


def test_one_wild_error_does_not_make_any_other_look_normal():
    reference, _ = followed(TemperedDetector(), [1.0] * 100 + [1e150] + [1.0] * 99, AbsoluteErrorScale())

    assert reference.mean == (199 + 4) / 200

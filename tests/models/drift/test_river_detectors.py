"""River's detectors by name: against River itself, and against the indices in its docstrings."""

from __future__ import annotations

import pickle
import random
from math import inf, nan

import pytest
from river import drift

from models.drift.river_detectors import KNOWN, RiverDetector
from models.drift.signal import Signal

BINARY = [use for use, offer in KNOWN.items() if offer.binary]


def bits(rng: random.Random, *segments: tuple[float, int]) -> list[int]:
    return [int(rng.random() < rate) for rate, length in segments for _ in range(length)]


def drifts(detector: RiverDetector, losses: list[int]) -> list[int]:
    return [index for index, loss in enumerate(losses) if detector.update(loss) is Signal.DRIFT]


@pytest.mark.parametrize(
    ("use", "params", "index"),
    [
        ("drift.binary.DDM", {}, 1334),
        ("drift.binary.EDDM", {"alpha": 0.8, "beta": 0.75}, 1278),
        ("drift.binary.HDDMA", {}, 1206),
        ("drift.binary.HDDMW", {}, 1077),
    ],
)
def test_alarms_at_the_index_of_rivers_docstring(use: str, params: dict[str, float], index: int):
    rng = random.Random(42)
    losses = rng.choices([0, 1], k=1000) + rng.choices([0, 1], k=1000, weights=[0.3, 0.7])

    assert drifts(RiverDetector(use=use, params=params), losses) == [index]


@pytest.mark.parametrize(("params", "index"), [({}, 315), ({"short_window_size": 20}, 279)])
def test_fhddm_is_fed_correctness(params: dict[str, int], index: int):
    # Rivers' docstring feeds bits that become 0 more often: as correctness that is a rise of the error.
    rng = random.Random(42)
    correct = rng.choices([0, 1], k=250) + rng.choices([0, 1], k=250, weights=[0.9, 0.1])
    detector = RiverDetector(use="drift.binary.FHDDM", params=params)

    assert drifts(detector, [1 - bit for bit in correct])[0] == index


@pytest.mark.parametrize(
    ("use", "params", "index"),
    [("drift.KSWIN", {"alpha": 0.0001}, 1016), ("drift.PageHinkley", {"threshold": 50 / 7, "delta": 0.005 / 7}, 1006)],
)
def test_detectors_of_numbers_alarm_at_rivers_index_on_losses_scaled_to_1(
    use: str, params: dict[str, float], index: int
):
    # Both tests are indifferent to the unit once thresholds are scaled; River's stream goes from 0..1 to 4..7.
    rng = random.Random(12345)
    numbers = rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)
    detector = RiverDetector(use=use, params=params)

    alarms = [i for i, number in enumerate(numbers) if detector.update(number / 7) is Signal.DRIFT]

    assert alarms[0] == index


def test_adwin_alarms_with_river_when_the_estimate_rose_and_is_silent_when_it_fell():
    # Oracle: bare ADWIN, judged by its own estimate before and after the event.
    losses = bits(random.Random(5), (0.2, 1500), (0.5, 1500), (0.1, 1500), (0.3, 1500))
    bare, detector = drift.ADWIN(), RiverDetector(use="drift.ADWIN", params={})
    rises, falls = [], []

    alarms = []
    for index, loss in enumerate(losses):
        before = bare.estimation
        bare.update(loss)
        if bare.drift_detected:
            (rises if bare.estimation > before else falls).append(index)
        if detector.update(loss) is Signal.DRIFT:
            alarms.append(index)

    assert alarms == rises
    assert len(rises) == 2
    assert len(falls) == 1


@pytest.mark.parametrize("use", KNOWN)
def test_reports_a_rise_and_never_a_fall(use: str):
    params = {"alpha": 1e-5} if use == "drift.KSWIN" else {}
    rng = random.Random(8)
    rising = RiverDetector(use=use, params=params)
    falling = RiverDetector(use=use, params=params)

    assert drifts(rising, bits(rng, (0.1, 600), (0.9, 300)))[-1] >= 600
    # Only the fall is looked at: which of River's detectors raise false alarms before it is not the question.
    assert [index for index in drifts(falling, bits(rng, (0.9, 600), (0.05, 400))) if index >= 630] == []


def test_right_after_drift_the_reference_that_ended_is_shown_and_reset_keeps_its_mean():
    detector = RiverDetector(use="drift.binary.DDM", params={})
    losses = bits(random.Random(2), (0.1, 500), (0.9, 100))
    index = next(i for i, loss in enumerate(losses) if detector.update(loss) is Signal.DRIFT)

    mean = sum(losses[: index + 1]) / (index + 1)
    assert (detector.statistic, detector.reference_count) == (1.0, index + 1)
    assert detector.reference_mean == detector.alarmed_mean == pytest.approx(mean)

    detector.update(1)
    assert (detector.statistic, detector.reference_count, detector.reference_mean) == (0.0, 1, 1.0)
    detector.reset()
    assert detector.reference_count == 0
    assert detector.alarmed_mean == pytest.approx(mean)


def test_reset_forgets_all_that_went_before():
    losses = bits(random.Random(4), (0.3, 500), (0.8, 200))
    used, new = RiverDetector(use="drift.KSWIN", params={}), RiverDetector(use="drift.KSWIN", params={})
    for loss in bits(random.Random(9), (0.5, 333)):
        used.update(loss)

    used.reset()

    assert drifts(used, losses) == drifts(new, losses) != []


@pytest.mark.parametrize("use", KNOWN)
def test_refused_losses_change_nothing_and_a_restored_detector_goes_on_alike(use: str):
    losses = bits(random.Random(6), (0.1, 400), (0.7, 300), (0.2, 300), (0.8, 200))
    whole = RiverDetector(use=use, params={})
    expected = [(whole.update(loss), whole.reference_mean) for loss in losses]
    first = RiverDetector(use=use, params={})
    for loss in losses[:450]:
        first.update(loss)

    for wrong in (nan, inf, -0.1, 1.1, *([0.5] if use in BINARY else [])):
        with pytest.raises(ValueError, match="loss must be"):
            first.update(wrong)
    second = pickle.loads(pickle.dumps(first))

    assert [(second.update(loss), second.reference_mean) for loss in losses[450:]] == expected[450:]


@pytest.mark.parametrize("use", KNOWN)
def test_parameters_and_their_defaults_are_rivers(use: str):
    offer = KNOWN[use]
    fixed = {"seed", "mode", "two_sided_test", "window"}
    made = offer.make(**offer.parameters().model_dump())
    plain = type(made)()

    for name, value in offer.parameters().model_dump().items():
        assert getattr(made, name) == value
        if name not in fixed:
            assert getattr(plain, name) == value
    assert getattr(made, "mode", "up") == "up"
    assert getattr(made, "two_sided_test", False) is False


@pytest.mark.parametrize(
    ("use", "params", "message"),
    [
        ("drift.ADWYN", {}, r"unknown detector 'drift.ADWYN'; did you mean 'drift.ADWIN'\?"),
        ("HDDM_A", {}, r"did you mean 'drift.binary.HDDMA'\?"),
        ("drift.ADWIN", {"detla": 0.1}, r"unknown key 'detla'; did you mean 'delta'\?"),
        ("drift.ADWIN", {"delta": 2.0}, r"drift.ADWIN.delta: .* less than 1, got 2.0"),
        ("drift.ADWIN", {"clock": "often"}, "drift.ADWIN.clock: .*integer, got 'often'"),
        ("drift.PageHinkley", {"mode": "both"}, "unknown key 'mode'"),
        ("drift.binary.EDDM", {"alpha": 0.5, "beta": 0.6}, "alpha must be at least beta, got 0.5 and 0.6"),
        ("drift.KSWIN", {"window_size": 40}, "window_size must be at least twice stat_size, got 40 and 30"),
        ("drift.binary.FHDDM", {"short_window_size": 101}, "short_window_size must be at most"),
    ],
)
def test_impossible_detectors_are_refused_in_words(use: str, params: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        RiverDetector(use=use, params=params)

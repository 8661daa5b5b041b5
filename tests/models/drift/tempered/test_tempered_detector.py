"""The default detector against a literal form of its formula, its promise, and the drift of two real streams."""

from __future__ import annotations

import csv
import gzip
import pickle
import random
import statistics
from collections.abc import Callable, Iterator
from itertools import islice
from math import inf, nan, sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import naive_bayes

from models.drift.river_detectors import RiverDetector
from models.drift.signal import Detector, Signal
from models.drift.tempered.detector import TemperedDetector
from tests.models.drift.tempered.literal import Literal

DELTAS = (0.05, 0.1, 0.2, 0.4, 0.8)


class Simple:
    """The e-detector on independent losses, line by line: no dependence, no past peaks; a second reference at 256."""

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self.seen = 0
        self.restart()

    def restart(self) -> None:
        self.losses: list[float] = []
        self.up = [0.0] * 5
        self.down = [0.0] * 5

    def update(self, b: float) -> tuple[Signal, float]:
        n = len(self.losses)
        signal = Signal.QUIET
        if n >= 30:
            s, mean = sum(self.losses), sum(self.losses) / n
            t = min(max((s + 1) / (n + 2), 1e-4), 1 - 1e-4)
            v = (sum((loss - mean) ** 2 for loss in self.losses) + 8 * t * (1 - t)) / (n + 8)
            sd = sqrt(v * (1 + 1 / n))
            for j in range(5):
                self.up[j] = (self.up[j] + 1 / 5) * (1 + min(DELTAS[j] / sd, 0.9 / t) * (b - t))
                self.down[j] = (self.down[j] + 1 / 5) * (1 - min(DELTAS[j] / sd, 0.9 / (1 - t)) * (b - t))
        statistic = self.budget * sum(self.up)
        if n >= 30:
            if statistic >= 1:
                signal = Signal.DRIFT
                self.restart()
            elif self.budget * sum(self.down) >= 1:
                self.restart()
                statistic = 0.0
            elif statistic >= 0.1:
                signal = Signal.WARNING
        self.seen += 1
        if self.seen == 256:
            self.losses = []
        self.losses.append(b)
        return signal, statistic


def bernoulli(rng: random.Random, *segments: tuple[float, int]) -> list[float]:
    return [float(rng.random() < rate) for rate, length in segments for _ in range(length)]


STREAMS: dict[str, Callable[[random.Random], list[float]]] = {
    "rises and falls": lambda rng: bernoulli(rng, (0.05, 600), (0.3, 300), (0.02, 500), (0.9, 100)),
    "never wrong, then always": lambda rng: bernoulli(rng, (0, 400), (1, 40), (0, 300)),
    "always wrong, then never": lambda rng: bernoulli(rng, (1, 400), (0, 400), (1, 50)),
    "continuous": lambda rng: [rng.random() ** 4 * (0.2 if i < 700 else 0.9) for i in range(1200)],
    "all alike": lambda rng: [0.3] * 500,
    "spells": lambda rng: bernoulli(rng, *[(0.05, 150), (0.35, 250)] * 14),
    "ever the same": lambda rng: [float(i // 5 % 7 == 0) for i in range(2_000)],
}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
@pytest.mark.parametrize("budget", [1e-2, 1e-4])
def test_equals_the_literal_formula_event_by_event(stream: Callable[[random.Random], list[float]], budget: float):
    detector, literal = TemperedDetector(budget=budget), Literal(budget)

    for loss in stream(random.Random(7)):
        signal = detector.update(loss)

        expected = literal.update(loss)
        assert signal is expected
        if expected is Signal.DRIFT or literal.evidence:
            assert detector.statistic == pytest.approx(literal.statistic, rel=1e-9)
        if signal is not Signal.DRIFT:
            assert detector.reference_count == len(literal.losses)
            assert detector.reference_mean == pytest.approx(sum(literal.losses) / len(literal.losses), rel=1e-9)


def test_streams_of_this_module_try_all_that_there_is():
    loose, strict = TemperedDetector(budget=1e-2), TemperedDetector(budget=1e-4)

    signals = set()
    for loss in STREAMS["spells"](random.Random(7)):
        signals.add(loose.update(loss))
        strict.update(loss)

    assert signals == set(Signal)
    assert loose._peaks.threshold > 1e2  # raised by its own past peaks
    assert strict._second is not None  # two forecasts


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_on_independent_losses_it_is_the_simple_e_detector(rate: float):
    # Seeds on which no dependence looks significant: 3,000 losses, so that a rise is met by a known reference.
    detector, simple = TemperedDetector(budget=1e-4), Simple(1e-4)
    losses = bernoulli(random.Random(5), (rate, 3_000), (rate + 0.3, 60))

    answers = [(detector.update(loss), detector.statistic) for loss in losses]

    expected = [simple.update(loss) for loss in losses]
    assert [signal for signal, _ in answers] == [signal for signal, _ in expected]
    assert Signal.DRIFT in {signal for signal, _ in answers}
    assert [statistic for _, statistic in answers] == pytest.approx([statistic for _, statistic in expected], rel=1e-9)


def test_right_after_drift_it_shows_the_reference_that_ended_and_later_the_new_one():
    detector = TemperedDetector(budget=1e-4)
    position = 0
    while detector.update(float(position % 5 == 0 or position >= 1000)) is not Signal.DRIFT:
        position += 1

    assert 1000 <= position < 1030
    # From 256 on it has a new reference, and alarmed at the last of these losses.
    ended = (149 + position - 1000) / (position - 255)
    assert detector.statistic >= detector.threshold == 1
    assert detector.alarmed_mean == detector.reference_mean == pytest.approx(ended)
    assert detector.reference_count == position - 255

    detector.update(1.0)
    assert (detector.reference_count, detector.reference_mean, detector.statistic) == (2, 1.0, 0.0)
    detector.reset()
    assert (detector.reference_count, detector.reference_mean) == (0, 0.0)
    assert detector.alarmed_mean == pytest.approx(ended)


def test_a_fall_is_silent_and_the_reference_follows():
    detector = TemperedDetector(budget=1e-4)
    losses = bernoulli(random.Random(1), (0.5, 1000), (0.05, 1000))

    assert {detector.update(loss) for loss in losses} <= {Signal.QUIET, Signal.WARNING}
    assert detector.reference_count < 1000
    assert detector.reference_mean < 0.07


@pytest.mark.parametrize("loss", [nan, inf, -inf, -0.001, 1.001])
def test_impossible_losses_are_refused_and_nothing_changes(loss: float):
    detector = TemperedDetector()
    for good in bernoulli(random.Random(3), (0.2, 100)):
        detector.update(good)
    before = pickle.dumps(detector)

    with pytest.raises(ValueError, match=r"loss must be in \[0, 1\], got"):
        detector.update(loss)

    assert pickle.dumps(detector) == before


@pytest.mark.parametrize("budget", [0.0, -1e-5, 0.51, nan])
def test_impossible_budgets_are_refused(budget: float):
    with pytest.raises(ValueError, match="budget must be in"):
        TemperedDetector(budget=budget)


@given(seed=st.integers(0, 10_000), cut=st.integers(0, 599))
def test_restored_at_any_cut_it_goes_on_bit_for_bit(seed: int, cut: int):
    rng = random.Random(seed)
    losses = [rng.random() ** 3 * (0.3 if i < 300 else 1.0) for i in range(600)]
    whole, first = TemperedDetector(budget=1e-3), TemperedDetector(budget=1e-3)
    expected = [(whole.update(loss), whole.statistic, whole.reference_mean) for loss in losses]

    for loss in losses[:cut]:
        first.update(loss)
    second = pickle.loads(pickle.dumps(first))

    assert [(second.update(loss), second.statistic, second.reference_mean) for loss in losses[cut:]] == expected[cut:]


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2, 0.4])
def test_spends_at_most_its_budget_on_a_stationary_stream(rate: float):
    # Oracle: the theorem. 100 alarms are allowed in 10^5 events; a Poisson count of 100 stays within 120 in 97.7 %.
    detector, rng = TemperedDetector(budget=1e-3), random.Random(11)

    alarms = sum(detector.update(float(rng.random() < rate)) is Signal.DRIFT for _ in range(100_000))

    assert 0 < alarms <= 120


@pytest.mark.parametrize(("before", "after", "delay"), [(0.05, 0.2, 60), (0.2, 0.5, 43)])
def test_median_delay_is_that_of_the_prototype(before: float, after: float, delay: int):
    # Oracle: the prototype's figures, change after 20,000 events, budget 1e-5; here 15 streams, so a third of slack.
    delays = []
    for seed in range(15):
        detector, rng = TemperedDetector(), random.Random(seed)
        for loss in bernoulli(rng, (before, 20_000)):
            detector.update(loss)
        losses = iter(lambda rng=rng: float(rng.random() < after), None)
        delays.append(next(i for i, loss in enumerate(losses, 1) if detector.update(loss) is Signal.DRIFT))

    assert statistics.median(delays) == pytest.approx(delay, rel=1 / 3)


def rows(file: Path, count: int | None = None) -> Iterator[tuple[dict[str, float], int]]:
    """Features and label, which is the last column, in stream order."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        names = next(reader)[:-1]
        for values in islice(reader, count):
            yield dict(zip(names, map(float, values), strict=False)), int(values[-1])


def alarms_of_naive_bayes_made_new(file: Path, make: Callable[[], Detector], count: int | None = None) -> list[int]:
    """Rows at which the detector alarms, where model and detector are replaced at each alarm."""
    model, detector, alarms = naive_bayes.GaussianNB(), make(), []
    for row, (x, y) in enumerate(rows(file, count)):
        if detector.update(float(model.predict_one(x) != y)) is Signal.DRIFT:
            alarms.append(row)
            model, detector = naive_bayes.GaussianNB(), make()
        model.learn_one(x, y)
    return alarms


def test_finds_both_changes_of_the_insects_and_nothing_else(data_dir: Path):
    assert alarms_of_naive_bayes_made_new(data_dir / "insects_abrupt.csv.gz", TemperedDetector) == [
        1775 + 12,
        3550 + 13,
    ]


# The three whose use here differs most: two-sided, as it comes, inverted. How many of the first changes each may miss:
# in the data's README, over all 200,000 rows, they found 66, 66 and 64 of 66 without a false alarm.
RIVER = {"drift.ADWIN": 0, "drift.binary.DDM": 0, "drift.binary.FHDDM": 2}


def found(alarms: list[int]) -> list[int]:
    """Delays of the alarms within 1,000 rows after a change; interchanging_rbf changes at every multiple of 3,000."""
    return [row % 3000 for row in alarms if row >= 3000 and row % 3000 <= 1000]


def test_finds_every_change_of_the_interchanging_gaussians(data_dir: Path):
    alarms = alarms_of_naive_bayes_made_new(data_dir / "interchanging_rbf.csv.gz", TemperedDetector, 30_000)

    assert [row // 3000 for row in alarms] == list(range(1, 10))
    assert len(found(alarms)) == len(alarms)


@pytest.mark.parametrize("use", RIVER)
def test_rivers_detectors_find_the_published_share_of_the_changes(data_dir: Path, use: str):
    alarms = alarms_of_naive_bayes_made_new(
        data_dir / "interchanging_rbf.csv.gz", lambda: RiverDetector(use=use, params={}), 30_000
    )

    assert len(found(alarms)) == len(alarms)
    assert 9 - RIVER[use] <= len(alarms) <= 9

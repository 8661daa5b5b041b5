"""What the newest predictions will turn out to be worth, while most of their labels are still to come."""

from __future__ import annotations

import heapq
import pickle
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from models.answer import NO_ANSWER, Answer
from models.asked import Asked, Lineup
from models.evaluation.late.metric_now import LateMetric
from models.turn import Turn
from schemas.evaluated import MetricNow
from tests import builders

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
TRUE, FALSE = Answer(True, {True: 0.8, False: 0.2}), Answer(False, {True: 0.2, False: 0.8})


def measure(text: str = "", *, task: str = "binary") -> LateMetric:
    return LateMetric(builders.gauge(text, task=task))


def asked(position: int, answer: Answer) -> Asked:
    return Asked(position, {}, {"0-1": answer}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id=str(position))


def turn(position: int, minutes: float) -> Turn:
    return Turn(position, BEGIN + timedelta(minutes=minutes))


class Stream:
    """Answers that are wrong with a chance of ``wrong(i)``, whose labels come after ``delay(i, is_wrong)`` events.

    A ``delay`` of None is a label that never comes.
    """

    def __init__(
        self, late: LateMetric, wrong: Callable[[int], float], delay: Callable[[random.Random, bool], float | None]
    ) -> None:
        self.late = late
        self.losses: list[float | None] = []
        self._wrong, self._delay = wrong, delay
        self._rng = random.Random(5)
        self._due: list[tuple[float, int, bool]] = []

    def run(self, events: int) -> Iterator[int]:
        """One event, and the labels due by then, after the other; the number of events so far."""
        for i in range(len(self.losses), len(self.losses) + events):
            is_wrong = self._rng.random() < self._wrong(i)
            delay = self._delay(self._rng, is_wrong)
            self.losses.append(None if delay is None else float(is_wrong))
            self.late.predicted(asked(i, TRUE), turn(i, i))
            if delay is not None:
                heapq.heappush(self._due, (i + delay, i, not is_wrong))
            while self._due and self._due[0][0] <= i:
                _, position, y = heapq.heappop(self._due)
                self.late.label(asked(position, TRUE), y, TRUE, turn(i, i))
            yield i + 1

    def truth(self, end: int, window: int) -> float:
        """The accuracy that the last ``window`` of ``end`` answers turn out to have."""
        return 1 - fmean(loss for loss in self.losses[end - window : end] if loss is not None)


def looks(stream: Stream, events: int, window: int = 1_000) -> list[tuple[int, MetricNow]]:
    return [(n, stream.late.figures()) for n in stream.run(events) if n % (window // 4) == 0]


def waves(i: int) -> float:
    """The share of wrong answers: 10 % and 30 %, each for 3,000 events."""
    return 0.3 if i // 3_000 % 2 else 0.1


def slow_if_wrong(rng: random.Random, is_wrong: bool) -> float | None:
    return rng.expovariate(1 / (800 if is_wrong else 200)) if rng.random() < 0.95 else None


def off(stream: Stream, pairs: list[tuple[int, float]], window: int = 1_000) -> float:
    return fmean(abs(value - stream.truth(end, window)) for end, value in pairs)


@pytest.fixture(scope="module")
def slow() -> tuple[Stream, list[tuple[int, MetricNow]]]:
    """A stream whose wrong answers get their labels late, looked at every 250 events."""
    stream = Stream(measure(), waves, slow_if_wrong)
    found = looks(stream, 40_000)
    return stream, [look for look in found if look[0] <= 36_000]


def test_it_is_nearer_to_what_comes_than_the_last_labels_are(slow):
    stream, found = slow

    now = off(stream, [(end, figures.estimate.value) for end, figures in found if figures.estimate.value is not None])
    last = off(stream, [(end, figures.last_labelled.value) for end, figures in found if end > 5_000])

    assert now < 0.03
    assert last > 2 * now


def test_its_band_holds_nine_in_ten(slow):
    stream, found = slow
    bands = [(end, figures.estimate) for end, figures in found if figures.estimate.low is not None]

    held = fmean(band.low <= stream.truth(end, 1_000) <= band.high for end, band in bands)

    assert len(bands) > 80
    assert 0.83 <= held <= 0.97


def test_it_knows_how_far_off_it_was(slow):
    stream, found = slow
    last = found[-1][1]
    closed = [(end, figures.estimate.value) for end, figures in found if figures.estimate.value is not None]

    assert last.closed == len(closed) - 12  # the windows of the newest 3,000 predictions are open
    # Labels that come later than that are not known.
    assert last.off_by == pytest.approx(off(stream, closed[:-12]), abs=0.003)
    lasts = [(end, figures.last_labelled.value) for end, figures in found if figures.estimate.value is not None]
    assert last.last_labelled_off_by == pytest.approx(off(stream, lasts[:-12]), abs=0.003)


def test_it_has_no_band_before_twenty_windows_have_closed(slow):
    _, found = slow
    first = next(figures for _, figures in found if figures.estimate.value is not None)
    before = [figures for _, figures in found if figures.closed < 20]

    assert first.estimate.missing == "20 more closed windows"
    assert all(figures.estimate.low is figures.estimate.high is None for figures in before)
    assert next(figures.closed for _, figures in found if figures.estimate.low is not None) == 20


def test_without_old_labels_the_last_labelled_window_stands_alone():
    late = measure("[evaluation]\nwindow_events = 100")
    for i in range(100):
        late.predicted(asked(i, TRUE), turn(i, i))
        late.label(asked(i, TRUE), i % 4 > 0, TRUE, turn(i, i))

    figures = late.figures()

    assert figures.estimate.value is None
    assert figures.estimate.missing == "100 more labels of predictions with 300 newer ones"
    assert (figures.last_labelled.value, figures.last_labelled.n) == (0.75, 100)
    assert (figures.pending, figures.predictions, figures.off_by) == (0.0, 100, None)


def test_while_the_newest_have_hardly_a_label_it_says_so():
    stream = Stream(measure("[evaluation]\nwindow_events = 100"), lambda i: 0.1, lambda rng, is_wrong: 90)
    for _ in stream.run(1_000):
        pass

    figures = stream.late.figures()

    assert figures.estimate.value is None
    assert figures.estimate.missing == "20 more labels of the newest 100 predictions"
    assert figures.pending == pytest.approx(0.9)


def test_where_labels_are_prompt_it_is_the_window_itself():
    stream = Stream(measure("[evaluation]\nwindow_events = 200"), waves, lambda rng, is_wrong: 0)
    found = looks(stream, 6_000, 200)

    estimates = [(end, figures.estimate.value) for end, figures in found if figures.estimate.value is not None]

    assert len(estimates) > 100
    assert off(stream, estimates, 200) == pytest.approx(0, abs=1e-12)
    assert found[-1][1].estimate.low == found[-1][1].estimate.high == pytest.approx(estimates[-1][1])


def test_a_window_without_labels_to_come_is_what_its_labels_are():
    stream = Stream(measure("[evaluation]\nwindow_events = 200"), waves, lambda rng, _: rng.choice([0, None]))
    found = looks(stream, 6_000, 200)

    estimates = [(end, figures.estimate.value) for end, figures in found if figures.estimate.value is not None]

    assert off(stream, estimates, 200) == pytest.approx(0, abs=1e-12)
    assert found[-1][1].pending == pytest.approx(0.5, abs=0.1)


def test_its_state_is_bounded_whatever_comes():
    late = measure("[evaluation]\nwindow_events = 40")
    sizes = []
    for i in range(4_000):
        late.predicted(asked(i, TRUE), turn(i, i))
        if i % 1_000 == 999:
            sizes.append(len(pickle.dumps(late)))

    assert [*late.broken()] == []
    assert sizes[-1] < sizes[0] + 500
    assert len(late._pending) <= 8 * 40 + 10


def test_a_long_window_is_cut():
    late = measure("[evaluation]\nwindow_events = 1000000")
    for i in range(2_100):
        late.predicted(asked(i, TRUE), turn(i, i))

    assert late.figures().predictions == 2_000


def test_a_label_of_a_prediction_long_gone_is_only_the_last_labels():
    late = measure("[evaluation]\nwindow_events = 10")
    for i in range(100):
        late.predicted(asked(i, TRUE), turn(i, i))

    late.label(asked(3, TRUE), False, TRUE, turn(100, 100))

    assert (late.figures().last_labelled.value, late.figures().pending) == (0.0, 1.0)
    assert [*late.broken()] == []


def test_an_event_without_an_answer_is_no_prediction():
    late = measure()
    late.predicted(asked(0, NO_ANSWER), turn(0, 0))
    late.label(asked(0, NO_ANSWER), True, NO_ANSWER, turn(1, 1))

    assert (late.figures().predictions, late.figures().last_labelled.n) == (0, 0)


@pytest.mark.parametrize(
    ("metric", "answer", "y", "name", "value"),
    [
        ("Accuracy", TRUE, True, "Accuracy", 1.0),
        ("LogLoss", TRUE, True, "LogLoss", 0.2231435513142097),
        ("ROCAUC", TRUE, False, "Accuracy", 0.0),
    ],
)
def test_it_is_of_the_leading_metric_where_that_is_a_mean(metric, answer, y, name, value):
    late = measure(f'[evaluation]\nmetric = "{metric}"')
    late.predicted(asked(0, answer), turn(0, 0))
    late.label(asked(0, answer), y, answer, turn(1, 1))

    assert late.figures().metric == name
    assert late.figures().last_labelled.value == pytest.approx(value)


def test_a_regressions_large_errors_may_come_late():
    late = measure('[evaluation]\nmetric = "MAE"\nwindow_events = 400', task="regression")
    rng, due, errors, pairs = random.Random(2), [], [], []
    for i in range(20_000):
        error = rng.expovariate(1.0) * (2.0 if i // 1_500 % 2 else 1.0)
        errors.append(error)
        late.predicted(asked(i, Answer(10.0, None)), turn(i, i))
        heapq.heappush(due, (i + rng.expovariate(1 / (60 * (1 + error))), i))
        while due[0][0] <= i:
            position = heapq.heappop(due)[1]
            served = Answer(10.0, None)
            late.label(asked(position, served), 10.0 + errors[position], served, turn(i, i))
        if i % 100 == 99 and i > 4_000:
            pairs.append((late.figures(), fmean(errors[i - 399 : i + 1])))

    now = fmean(abs(figures.estimate.value - truth) for figures, truth in pairs)
    last = fmean(abs(figures.last_labelled.value - truth) for figures, truth in pairs)

    assert now < 0.6 * last


def rushes(late: LateMetric) -> float:
    """An event a minute by day, and one in ten minutes by night; labels take hours. How far off it is, on average."""
    rng, due, losses, ends, minute = random.Random(4), [], [], [], 0
    for i in range(16_000):
        minute += 1 if minute // 720 % 2 else 10
        y = rng.random() < (0.9 if i // 1_500 % 2 else 0.6)
        losses.append(float(not y))
        while due and due[0][0] <= minute:
            at, position, label = heapq.heappop(due)
            late.label(asked(position, TRUE), label, TRUE, turn(i, at))
        late.predicted(asked(i, TRUE), turn(i, minute))
        heapq.heappush(due, (minute + rng.expovariate(1 / (60 if y else 240)), i, y))
        if i % 100 == 99 and i > 4_000:
            ends.append((i + 1, late.figures().estimate.value))
    return fmean(abs(value - (1 - fmean(losses[end - 400 : end]))) for end, value in ends if value is not None)


def test_ages_are_in_event_time_where_there_is_one():
    windows = "[evaluation]\nwindow_events = 400"
    timed, untimed = measure(windows), measure(windows)
    untimed._timed = False

    assert rushes(timed) < 0.85 * rushes(untimed)


def test_one_event_from_the_far_future_is_forgotten_with_the_next():
    late, sound = (measure("[evaluation]\nwindow_events = 40") for _ in range(2))
    for which in (late, sound):
        for i in range(600):
            strange = which is late and i == 300
            which.predicted(asked(i, TRUE), turn(i, 1e7 if strange else i))
            if i >= 10:
                which.label(asked(i - 10, TRUE), i % 3 > 0, TRUE, turn(i, 0))

    assert late.figures().estimate.value == pytest.approx(sound.figures().estimate.value, abs=0.02)


@pytest.mark.parametrize("cut", [1, 999, 4_321])
def test_it_continues_from_a_copy_as_if_nothing_had_been(cut):
    whole, parts = (Stream(measure("[evaluation]\nwindow_events = 200"), waves, slow_if_wrong) for _ in range(2))

    expected = [stream_figures for _, stream_figures in looks(whole, 6_000, 200)][-1]
    for _ in parts.run(cut):
        pass
    parts.late = pickle.loads(pickle.dumps(parts.late))
    for _ in parts.run(6_000 - cut):
        pass

    assert parts.late.figures() == expected

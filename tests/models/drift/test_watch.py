"""Episodes: opened once, updated, closed once; with detectors that alarm when told."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.drift.signal import Signal
from models.drift.tempered.detector import TemperedDetector
from models.drift.watch import RECOVERY_LABELS, SETTLED_LABELS, ErrorWatch, News
from schemas.records import AlertStatus


@dataclass
class Told:
    """A detector that alarms at the losses it is told, counted from 0 and never reset."""

    alarms: set[int]
    alarmed_mean: float | None = 0.1
    name: str = "told"
    note: str | None = None
    threshold: float = 2.0
    statistic: float = 0.0
    reference_mean: float = 0.0
    reference_count: int = 0
    seen: int = 0
    resets: list[int] = field(default_factory=list)

    def update(self, loss: float) -> Signal:
        alarms = self.seen in self.alarms
        self.seen += 1
        self.statistic = 2.5 if alarms else 0.5
        return Signal.DRIFT if alarms else Signal.QUIET

    def reset(self) -> None:
        self.resets.append(self.seen)


def told(watch: ErrorWatch, losses: list[float], start: int = 0) -> list[tuple[int, News]]:
    """The news by the losses' numbers; the label of loss n stands at position 10 n."""
    return [
        (n, news) for n, loss in enumerate(losses, start=start) for news in watch.update(loss, loss, position=10 * n)
    ]


def story(news: list[tuple[int, News]]) -> list[tuple[int, str, int]]:
    opened = list({id(item.episode): None for _, item in news})
    return [(n, str(item.status), 1 + opened.index(id(item.episode))) for n, item in news]


def test_an_alarm_opens_an_episode_with_all_that_a_person_asks():
    watch = ErrorWatch([Told({3})])

    [(n, news)] = told(watch, [0.0, 0.0, 0.0, 1.0, 1.0])

    assert (n, news.status, news.cause, news.detector) == (3, AlertStatus.OPENED, "the error rose", "told")
    assert (news.statistic, news.threshold) == (2.5, 2.0)
    assert (news.episode.first, news.episode.loss_before) == (0, 0.1)
    # The newest losses fade with 0.9 per label: 0, 0, 0, 1.
    assert news.loss_now == pytest.approx(1 / (1 + 0.9 + 0.81 + 0.729))
    assert watch.open is news.episode


def test_further_alarms_update_the_episode_and_open_no_other():
    watch = ErrorWatch([Told({3, 5}), Told({3}, name="other")])

    news = told(watch, [1.0] * 8)

    assert [(n, str(item.status), item.detector) for n, item in news] == [
        (3, "opened", "told"),
        (3, "updated", "other"),
        (5, "updated", "told"),
    ]
    assert news[-1][1].cause == "the error rose again"


def test_it_closes_once_the_loss_is_back_where_it_was():
    # Losses of 0 from the alarm on: the first moment at which an episode may close is RECOVERY_LABELS later.
    watch = ErrorWatch([Told({3, 200})])

    news = told(watch, [0.0] * 300)

    assert story(news) == [
        (3, "opened", 1),
        (3 + RECOVERY_LABELS, "closed", 1),
        (200, "opened", 2),
        (200 + RECOVERY_LABELS, "closed", 2),
    ]
    assert news[1][1].cause == "the error is back where it was"
    assert watch.open is None


def test_it_is_measured_anew_from_its_newest_alarm():
    watch = ErrorWatch([Told({0, 30})])

    news = told(watch, [1.0] * 31 + [0.0] * 100)

    # Of the losses up to the second alarm none counts: 50 zeros are enough.
    assert story(news) == [(0, "opened", 1), (30, "updated", 1), (30 + RECOVERY_LABELS, "closed", 1)]


def test_a_loss_above_the_old_one_keeps_it_open_until_it_is_normal():
    watch = ErrorWatch([Told({0, 10})])

    news = told(watch, [1.0] * (SETTLED_LABELS + 20))

    # Patience counts from the newest alarm.
    assert story(news) == [(0, "opened", 1), (10, "updated", 1), (10 + SETTLED_LABELS, "closed", 1)]
    assert news[-1][1].cause == "the error stays at its new level"


def test_one_standard_error_is_close_enough():
    # Before: 0.1, so at most 0.1 + sqrt(0.1 * 0.9 / 50) = 0.1424 of the newest losses.
    for loss, closes in ((0.142, True), (0.143, False)):
        watch = ErrorWatch([Told({0})])

        news = told(watch, [loss] * (2 * RECOVERY_LABELS))

        assert len(news) == 1 + closes


def test_an_error_exactly_where_it_was_is_recovered():
    watch = ErrorWatch([Told({0}, alarmed_mean=0.0)])

    assert story(told(watch, [0.0] * 100)) == [(0, "opened", 1), (RECOVERY_LABELS, "closed", 1)]


@pytest.mark.parametrize("replaced", [False, True])
def test_the_newest_error_fades_over_as_many_labels_as_recovery_takes(replaced):
    # The alarm's own error counts for nothing; those after it fade with 1 - 1/50 per label.
    losses = [1.0] * 60 + [0.0] * 400
    keep = 1 - 1 / RECOVERY_LABELS
    normal = 0.1 + sqrt(0.1 * 0.9 / RECOVERY_LABELS)
    newest = [sum(keep ** (n - i) * losses[i] for i in range(n + 1)) / sum(keep**i for i in range(n + 1))
              for n in range(len(losses))]  # fmt: skip
    closes = next(n for n, loss in enumerate(newest) if n + 1 >= RECOVERY_LABELS and loss <= normal)
    watch = ErrorWatch([Told({0})])

    before = told(watch, [1.0] + [0.0] * 20 * replaced)
    if replaced:
        watch.model_replaced()
    news = told(watch, losses, start=1_000)

    assert story(before) == [(0, "opened", 1)]
    assert story(news) == [(1_000 + closes, "closed", 1)]


def test_an_episode_with_one_alarm_settles_after_as_many_labels_as_one_with_two():
    watch = ErrorWatch([Told({0})])

    assert story(told(watch, [1.0] * (SETTLED_LABELS + 20))) == [(0, "opened", 1), (SETTLED_LABELS, "closed", 1)]


def test_a_new_champion_is_measured_from_its_first_loss():
    detector = Told({0})
    watch = ErrorWatch([detector])
    told(watch, [1.0] * 40)

    watch.model_replaced()
    news = told(watch, [0.0] * 60, start=40)

    assert detector.resets == [40]
    assert [n for n, _ in news] == [40 + RECOVERY_LABELS - 1]  # the old champion's losses would have kept it open
    assert news[0][1].loss_now == 0.0


def test_an_episode_begins_where_the_reference_began_that_its_alarm_ended():
    watch = ErrorWatch([Told({5, 100, 200})])
    firsts = [item.episode.first for _, item in told(watch, [0.0] * 80)]
    watch.model_replaced()
    firsts += [item.episode.first for _, item in told(watch, [0.0] * 80, start=80)]

    assert firsts == [0, 0, 800, 800]


def test_the_next_episode_begins_behind_the_alarm_of_the_one_before():
    watch = ErrorWatch([Told({5, 100})])

    opened = [item for _, item in told(watch, [0.0] * 200) if item.status is AlertStatus.OPENED]

    assert [item.episode.first for item in opened] == [0, 60]


@pytest.mark.parametrize(
    ("before", "now", "severity"),
    [
        *((0.0, 0.0, "minor"), (0.0, 0.0999, "minor"), (0.0, 0.1, "major"), (0.25, 0.4999, "major")),
        *((0.25, 0.5, "critical"), (0.3, 0.35, "minor"), (0.5, 0.25, "minor"), (1.0, 0.0, "minor")),
    ],
)
def test_a_share_of_wrong_answers_is_severe_by_how_far_it_rose(before, now, severity):
    [(_, news)] = told(ErrorWatch([Told({0}, alarmed_mean=before)]), [now])

    assert (news.loss_now, news.severity) == (now, severity)


@pytest.mark.parametrize(
    ("now", "severity"), [(1.99, "minor"), (2.01, "major"), (3.99, "major"), (4.01, "critical"), (0.5, "minor")]
)
def test_an_error_in_the_labels_units_is_severe_by_how_many_times_it_grew(now, severity):
    # Of two errors the older counts for 0.9: what the newer has to be for their mean to be ``now``.
    watch = ErrorWatch([Told({1})], numeric=True)

    [(_, news)] = told(watch, [1.0, now * 1.9 - 0.9])

    assert (news.episode.loss_before, news.loss_now) == (1.0, pytest.approx(now))
    assert news.severity == severity


def test_without_an_error_at_all_no_rise_is_severe():
    watch = ErrorWatch([Told({1})], numeric=True)

    [(_, news)] = told(watch, [0.0, 0.0])

    assert news.severity == "minor"


def test_in_the_labels_units_a_reference_begins_anew_at_its_detectors_alarm():
    watch = ErrorWatch([Told({10, 80}, reference_count=10**9)], numeric=True)

    news = told(watch, [3.0] * 10 + [1.0] * 71)

    assert story(news) == [(10, "opened", 1), (10 + RECOVERY_LABELS, "closed", 1), (80, "opened", 2)]
    assert [item.episode.loss_before for _, item in news] == [3.0, 3.0, 1.0]


def test_in_the_labels_units_a_reference_holds_what_another_detector_alarmed_at():
    watch = ErrorWatch(
        [Told({10}, reference_count=10**9), Told({80}, name="other", reference_count=10**9)], numeric=True
    )

    news = told(watch, [3.0] * 10 + [1.0] * 71)

    assert story(news) == [(10, "opened", 1), (10 + RECOVERY_LABELS, "closed", 1), (80, "opened", 2)]
    assert news[2][1].episode.loss_before == (10 * 3.0 + 70 * 1.0) / 80


def test_in_the_labels_units_a_new_champion_has_a_reference_of_its_own():
    watch = ErrorWatch([Told({15}, reference_count=10**9)], numeric=True)
    told(watch, [3.0] * 10)

    watch.model_replaced()
    [(_, news)] = told(watch, [1.0] * 6, start=10)

    assert news.episode.loss_before == 1.0


def test_in_the_labels_units_one_standard_error_is_close_enough():
    # Before: 1, and errors scatter by about their mean, so at most 1 + 1 / sqrt(50) = 1.1414 of the newest.
    for error, closes in ((1.141, True), (1.142, False)):
        watch = ErrorWatch([Told({10}, reference_count=10**9)], numeric=True)

        news = told(watch, [1.0] * 10 + [error] * (2 * RECOVERY_LABELS))

        assert len(news) == 1 + closes


def test_a_detector_that_never_had_a_mean_counts_from_0():
    [(_, news)] = told(ErrorWatch([Told({0}, alarmed_mean=None)]), [1.0])

    assert news.episode.loss_before == 0.0


def test_without_detectors_nothing_is_watched():
    watch = ErrorWatch([])

    assert told(watch, [1.0] * 10) == []


def test_a_refused_loss_leaves_all_as_it_was():
    watch = ErrorWatch([TemperedDetector(budget=0.01)])

    with pytest.raises(ValueError, match="loss must be in"):
        watch.update(float("nan"), 1.0, position=0)
    assert watch.open is None


@given(
    alarms=st.sets(st.integers(0, 400), max_size=8),
    replaced=st.sets(st.integers(0, 400), max_size=4),
    levels=st.lists(st.sampled_from((0.0, 0.3, 1.0)), min_size=4, max_size=4),
)
def test_every_episode_is_opened_once_and_closed_at_most_once(alarms, replaced, levels):
    watch = ErrorWatch([Told(alarms)])
    episode, closed = None, []
    for n in range(400):
        if n in replaced:
            watch.model_replaced()
        for news in watch.update(levels[n // 100], levels[n // 100], position=n):
            if news.status is AlertStatus.OPENED:
                assert episode is None
                assert news.episode not in closed
            else:
                assert news.episode is episode
            episode = None if news.status is AlertStatus.CLOSED else news.episode
            closed += [news.episode] if episode is None else []
        assert watch.open is episode


class Unasked(TemperedDetector):
    """Of it no one asks the statistic, which costs logarithms."""

    @property
    def statistic(self) -> float:
        raise AssertionError("asked for its statistic on a quiet label")


def test_a_warning_is_known_without_working_out_the_statistic():
    watch, detector = ErrorWatch([Unasked(budget=1e-3)]), TemperedDetector(budget=1e-3)
    losses = [float(n % 5 == 0) for n in range(1_000)] + [float(n % 5 < 2) for n in range(400)]
    warned = 0
    for n, loss in enumerate(losses):
        is_alarm = detector.update(loss) is Signal.DRIFT
        if is_alarm:
            break
        watch.update(loss, loss, position=n)
        assert watch.warned is (detector.statistic >= 0.1), n
        warned += watch.warned

    assert is_alarm
    assert 0 < warned < n


def test_an_alarm_is_a_warning_too_and_only_the_first_detector_warns():
    watch = ErrorWatch([Told({3}), Told({1})])

    found = [(watch.update(0.0, 0.0, position=n), watch.warned)[1] for n in range(5)]

    assert found == [False, False, False, True, False]

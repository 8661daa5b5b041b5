"""What a worker tells its log: each published effect once, of dead letters a bounded number of lines, never a value."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

import pytest

from models.learner import Learner
from schemas.alerts import Chance, Moved
from schemas.evaluated import Evaluated, Figure, Verdict, VerdictKind
from schemas.events import LabelledEvent, Reason
from schemas.record_table import KIND_OF, Kind
from schemas.records import AlertStatus, DeadLetter, DriftAlert, Effect, ModelVersion, VersionStep, WindowReport
from schemas.status import Failing, Held
from streams.here.logs import QUIET_S
from streams.partition.fold import STRETCH_S
from streams.partition.news import News, Oddities
from tests import builders, strategies
from tests.streams.delivery.memory import MemoryLedger, Partition
from tests.streams.folding import Core, Row, ticking
from tests.streams.stage import Stage, running, until

SECRET = b"4111-1111"


class Timers:
    """Functions to be called later, which a test calls."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, seconds: float, function: Callable[[], None]) -> Callable[[], None]:
        self.waiting.append((seconds, function))
        return self.waiting.clear

    def ring(self) -> None:
        [(seconds, function)] = self.waiting
        assert seconds == QUIET_S
        self.waiting.clear()
        function()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, "rivergauge.news")

    def taken() -> list[str]:
        found = [f"{record.levelname} {record.getMessage()}" for record in caplog.records]
        caplog.clear()
        return [line for line in found if "partition=" in line]

    return taken


def dead(offset: int, reason: Reason = Reason.NOT_JSON) -> DeadLetter:
    return DeadLetter(offset + 5, None, offset, reason, f"got {SECRET!r}", SECRET, SECRET)


def alert(status: AlertStatus) -> DriftAlert:
    return DriftAlert(
        90, None, "0-1", status, "the error rose", "major", "concept", "e-detector", 1e6, 1e5, 0.1, 0.25, "0-1", 4, 90,
        80, 0.9,
    )  # fmt: skip


def version(step: VersionStep, reason: str) -> ModelVersion:
    return ModelVersion(70, None, "0-2", step, "knn", "0-1", "drift", reason, "ab", None, None, 0, {}, {})


def test_an_alert_tells_what_it_is_about_what_moved_and_what_chance_gives(lines):
    moved = [
        Moved(column=name, what="location", weight=0.2, words=f"{name}: x 1000", before={}, after={}) for name in "abcd"
    ]
    chance = Chance(budget=4e-6, events=150_000, expected=0.6, alarms=1, days=9.0)
    News(3).tell(
        [
            alert(AlertStatus.OPENED)._replace(
                subject="site: a against b",
                moved=tuple(moved),
                expected_share=0.9,
                advice="mend the source",
                chance=chance,
            )
        ]
    )

    [line] = lines()
    assert 'drift=concept subject="site: a against b" severity=major' in line
    assert line.endswith(
        'position=90 moved="a: x 1000; b: x 1000; c: x 1000; and 1 more" '
        'expected="90 % of the rise was to be expected of these events" advice="mend the source" '
        'chance="1 alarm in 150,000 events (9 days), 0.6 expected by chance"'
    )


class Forecast(NamedTuple):
    """A kind of record that nobody has words for."""

    position: int


def test_a_kind_without_words_of_its_own_has_a_line_all_the_same(lines, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(KIND_OF, Forecast, Kind(Forecast, "forecast", "io.rivergauge.forecast.v1", "forecasts"))

    News(3).tell([Forecast(8)])

    assert lines() == ["INFO forecast published partition=3 position=8"]


def test_alerts_versions_and_reports_have_a_line_each(lines):
    figures = {"ROCAUC": None, "labels": 200}
    News(3).tell(
        [
            alert(AlertStatus.OPENED),
            version(VersionStep.PROMOTED, "it won the contest"),
            version(VersionStep.RETIRED, "the model failed: ZeroDivisionError"),
            version(VersionStep.REJECTED, "the contest gave up"),
            WindowReport(
                99,
                None,
                7,
                1,
                99,
                200,
                "0-2",
                {"0-2": figures, "no_change": {"ROCAUC": 0.5}},
                1.0,
                {},
                "Better than no_change.",
                Evaluated(),
            ),
            WindowReport(99, None, 8, 1, 99, 200, "0-2", {"0-2": {"F1": 2 / 3}}, 1.0, {}, None, Evaluated()),
            alert(AlertStatus.CLOSED),
        ]
    )

    assert lines() == [
        'WARNING alert opened partition=3 episode=0-1 drift=concept severity=major cause="the error rose" '
        "detector=e-detector loss_before=0.1 loss_now=0.25 version=0-1 position=90",
        "INFO version promoted partition=3 version=0-2 candidate=knn trigger=drift "
        'reason="it won the contest" position=70',
        "WARNING version retired partition=3 version=0-2 candidate=knn trigger=drift "
        'reason="the model failed: ZeroDivisionError" position=70',
        'INFO version rejected partition=3 version=0-2 candidate=knn trigger=drift reason="the contest gave up" '
        "position=70",
        "INFO held-out window closed partition=3 window=7 labels=200 champion=0-2 ROCAUC=null position=99 "
        'verdict="Better than no_change."',
        "INFO held-out window closed partition=3 window=8 labels=200 champion=0-2 F1=0.6667 position=99",
        'INFO alert closed partition=3 episode=0-1 drift=concept severity=major cause="the error rose" '
        "detector=e-detector loss_before=0.1 loss_now=0.25 version=0-1 position=90",
    ]


def test_of_each_reason_the_first_dead_letter_has_a_line_and_the_others_one_in_ten_seconds(lines):
    timers = Timers()
    news = News(0, timers)

    news.tell([dead(4), dead(5), dead(6, Reason.ORPHAN_LABEL)._replace(of_label=True)])
    news.tell([dead(n) for n in range(7, 1_000)])
    news.tell([dead(1_000, Reason.ORPHAN_LABEL)])

    assert lines() == [
        "WARNING dead letter partition=0 reason=not_json record=event offset=4",
        "WARNING dead letter partition=0 reason=orphan_label record=label offset=6",
    ]
    timers.ring()
    assert lines() == ["WARNING more dead letters partition=0 not_json=994 orphan_label=1"]
    assert timers.waiting == []

    news.tell([dead(2_000)])
    timers.ring()
    assert lines() == ["WARNING more dead letters partition=0 not_json=1"]


def test_what_is_counted_is_told_at_the_end_and_nothing_after_it(lines):
    timers = Timers()
    news = News(0, timers)
    news.tell([dead(4), dead(5)])
    lines()

    news.close()

    assert lines() == ["WARNING more dead letters partition=0 not_json=1"]
    assert timers.waiting == []


def test_an_unknown_field_and_a_failing_version_are_told_once(lines):
    news = News(0)
    failing = {"0-1": Failing(candidate="knn", failures=1, last="ValueError")}

    news.notice(Oddities({"colour": 1}, failing))
    news.notice(Oddities({"colour": 5, "new name": 1}, failing, ["times are in 1970"]))
    news.notice(Oddities({"colour": 5, "new name": 1}, failing, ["times are in 1970"]))

    assert lines() == [
        "WARNING unknown field ignored partition=0 field=colour",
        "WARNING model failing partition=0 version=0-1 candidate=knn failures=1 last=ValueError",
        'WARNING unknown field ignored partition=0 field="new name"',
        'WARNING records may mean something else partition=0 what="times are in 1970"',
    ]


def test_that_models_do_not_learn_is_told_when_it_begins_and_when_it_ends(lines):
    news = News(0)
    held = Held(since=7, why="data_fault: pressure")

    for now in (None, held, held, None, None):
        news.notice(Oddities({}, {}, held=now))

    assert lines() == [
        'WARNING learning held partition=0 why="data_fault: pressure"',
        "INFO learning released partition=0",
    ]


def verdict(kind: VerdictKind) -> Verdict:
    return Verdict(
        kind=kind, words=f"It is {kind}.", metric="F1", baseline=None, lead=None, recent=None, labels=9, coverage=1.0
    )


def test_a_verdict_has_a_line_when_it_is_another_one_looked_at_every_ten_seconds(lines):
    timers = Timers()
    news = News(0, timers)
    kinds = iter([VerdictKind.TOO_EARLY, VerdictKind.BETTER, VerdictKind.BETTER, VerdictKind.WORSE_NOW])
    oddities = Oddities({}, {}, verdict=lambda: verdict(next(kinds)))

    for _ in range(4):
        news.notice(oddities)
        news.notice(oddities)  # too soon to look again
        timers.ring()

    assert lines() == [
        'INFO verdict: better partition=0 words="It is better."',
        'WARNING verdict: worse now partition=0 words="It is worse_now."',
    ]
    news.close()
    assert timers.waiting == []


def test_that_the_service_is_no_different_from_a_baseline_is_told(lines):
    News(0, Timers()).notice(Oddities({}, {}, verdict=lambda: verdict(VerdictKind.NO_DIFFERENT)))

    assert lines() == ['INFO verdict: no different partition=0 words="It is no_different."']


def test_a_verdict_that_a_report_has_told_is_not_told_again(lines):
    news = News(0, Timers())
    report = WindowReport(
        99, None, 8, 1, 99, 200, "0-2", {}, 1.0, {}, "It is worse.", Evaluated(verdict=verdict(VerdictKind.WORSE))
    )

    news.tell([report])
    lines()
    news.notice(Oddities({}, {}, verdict=lambda: verdict(VerdictKind.WORSE)))

    assert lines() == []


def test_the_alert_that_a_baseline_would_serve_better_tells_by_how_much(lines):
    lead = Figure(value=-0.105, n=1_000, low=-0.2, high=-0.01)

    News(3).tell([alert(AlertStatus.OPENED)._replace(drift="performance", subject="no_change", figure=lead)])

    assert "value=-0.105 low=-0.2 high=-0.01 version=0-1" in lines()[0]


def test_no_line_holds_anything_of_a_record(lines):
    gauge = builders.gauge(
        "[evaluation]\nholdout = 0.2\nholdout_window = 10\nwindow_events = 20\n[retraining]\nevery_labels = 20"
        '\npatience_labels = 20\n[drift]\nfalse_alarms = "1 per 100 events"',
        candidates=["naive_bayes", "no_change"],
    )
    values = strategies.stream(gauge, strategies.Plan(seed=1, events=200))
    learner = Learner(gauge)
    effects = builders.flat(builders.fold(learner, builders.decoded(gauge, values)))
    News(0, Timers()).tell([*effects, dead(1, Reason.UNKNOWN_LABEL)])

    written = lines()

    assert {"alert", "version", "held-out", "dead"} <= {line.split()[1] for line in written}
    told = "\n".join(written)
    assert SECRET.decode() not in told
    numbers = [str(event.x["a"]) for event in builders.decoded(gauge, values) if isinstance(event, LabelledEvent)]
    assert [number for number in numbers if number in told] == []
    assert len(written) < 100


class Versions(Core):
    """Also promotes a version at each record."""

    def handle(self, event: object, position: int) -> list[Effect]:
        return [*super().handle(event, position), version(VersionStep.PROMOTED, f"at {position}")]


async def test_an_effect_is_told_when_it_is_published_and_not_when_it_is_learned_again(lines):
    ledger = MemoryLedger(Partition())
    stage = Stage(ledger=ledger, clock=ticking(STRETCH_S), make_core=Versions)
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0, 1, 2)
        await until(lambda: stage.shard.published == 3)
    assert [line.split("reason=")[1].split(" position")[0] for line in lines()] == ['"at 0"', '"at 1"', '"at 2"']

    assert ledger.partition.mark is not None
    ledger.partition.mark = ledger.partition.mark._replace(snapshot=0)
    again = Stage(ledger=MemoryLedger(ledger.partition), clock=ticking(STRETCH_S), make_core=Versions)
    async with running(again):
        await again.taken_over()
        again.deliver(0, 1, 2, 3, start=0)
        await until(lambda: again.shard.published == 4)

    assert [line.split("reason=")[1].split(" position")[0] for line in lines()] == ['"at 3"']


async def test_dead_letters_of_a_slice_are_told_by_the_shard(lines):
    stage = Stage(clock=ticking(STRETCH_S))
    stage.log.rows[0] = Row(0, b"{" + b"x" * 4)
    async with running(stage):
        await stage.taken_over()
        stage.deliver(0)
        await until(lambda: stage.shard.published == 1)
        assert lines() == ["WARNING dead letter partition=0 reason=not_json record=event offset=0"]

    assert lines() == ["WARNING more dead letters partition=0 not_json=2"]

"""Each tile in each of its states: what it shows, or why it shows nothing and when it will.

Oracles: the learner's own status, the effects that were published, and figures made here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic_core import to_json

from models.learner import Learner
from schemas.alerts import DriftKind, Moved
from schemas.events import Reason
from schemas.records import AlertStatus, DeadLetter, Prediction
from schemas.status import Status
from streams.page.board import BELOW, FIRST, tiles
from streams.page.memory import Memory
from streams.page.pictures import Heat
from streams.page.tile import Sources, State, Tile
from streams.view.view import View
from tests import builders
from tests.streams.delivery import test_envelope as golden
from tests.streams.view.test_view import GAUGE, history, view_of, wires
from tests.streams.view.wire import on_the_wire

NOW = 600_000


@pytest.fixture(scope="module")
def ran() -> tuple[Learner, View]:
    """A learner, and the view that its worker has: predictions are not in it."""
    learner, effects = history(0)
    return learner, view_of(wires(0, [effect for effect in effects if not isinstance(effect, Prediction)]))


def sources(view: View, status: Status | None, text: str = GAUGE, **more: Any) -> Sources:
    memory = Memory()
    if status is not None:
        memory.take(status, NOW, NOW)
    return Sources(builders.gauge(text), view, 0, status, memory, NOW)._replace(**more)


def board(given: Sources) -> dict[str, Tile]:
    return {tile.key: tile for tile in tiles(given)}


def test_every_tile_has_a_key_of_its_own_and_words_in_every_situation(ran):
    learner, view = ran
    situations = [
        sources(View(), None),
        sources(View(), None, waiting_for=["restoring partition 0"]),
        sources(View(), Learner(builders.gauge(GAUGE)).status()),
        sources(view, None),
        sources(view, learner.status()),
        sources(view, learner.status(), now_ms=NOW * 10),
        sources(view, learner.status(), waiting_for=["partition 0: at 500 of 900"], lag=400),
        sources(View(), None, "[drift]\nenabled = false\n[evaluation]\nholdout = 0.0"),
    ]
    for given in situations:
        made = tiles(given)
        assert len({tile.key for tile in made}) == len(made) == len(FIRST) + len(BELOW)
        for tile in made:
            assert tile.title
            assert tile.words.endswith("."), tile.words
            if tile.state in (State.EMPTY, State.OFF, State.GONE):
                assert [*tile.tables, *tile.pictures, *tile.evidence, *(tile.plot or ())] == []


def test_before_the_first_event_each_tile_says_what_it_waits_for():
    made = board(sources(View(), Learner(builders.gauge(GAUGE)).status()))

    declared = {key: tile for key, tile in made.items() if key not in ("verdict", "refused", "slices", "fairness")}
    assert {tile.state for tile in declared.values()} == {State.EMPTY}
    assert {made[key].state for key in ("slices", "fairness")} == {State.OFF}
    assert "The first held-out window closes after 100 more labels; none are arriving." in made["metric"].words


def test_while_the_state_is_restored_the_page_says_so():
    made = board(sources(View(), None, waiting_for=["restoring partition 0"]))

    for key in ("verdict", "budget", "contest", "labels"):
        assert made[key].state is State.RESTORING
        assert made[key].words == "The worker is not ready yet (restoring partition 0)."


def test_without_a_worker_the_page_shows_what_the_log_tells(ran):
    _, view = ran

    made = board(sources(view, None))

    assert made["contest"].state is State.GONE
    assert "Partition 0 is not in this process" in made["contest"].words
    assert made["metric"].state is State.READY
    assert made["timeline"].evidence


def test_the_verdict_is_the_learners_and_gets_stale(ran):
    learner, view = ran
    status = learner.status()
    assert status.evaluated.verdict is not None

    fresh = board(sources(view, status))["verdict"]
    stale = board(sources(view, status, now_ms=NOW + 3_600_000))["verdict"]

    assert status.evaluated.verdict.words in fresh.words
    assert "expected by chance" in fresh.words
    assert stale.state is State.STALE
    assert (fresh.head, fresh.tone) == ("Nothing to do.", "good")
    assert stale.head == "No events for 60 minutes."
    assert stale.age_s == 3_600


def test_all_that_tells_how_the_learner_stands_gets_stale_with_it(ran):
    learner, view = ran

    made = board(sources(view, learner.status(), now_ms=NOW + 61_000))

    lasting = {"timeline", "sides", "slices", "fairness"}
    assert {key for key, tile in made.items() if tile.state is not State.STALE} == lasting
    assert {made[key].age_s for key in made.keys() - lasting - {"refused"}} == {61.0}


def test_a_worker_that_is_behind_shows_what_is_so_up_to_there_and_when_it_is_caught_up(ran):
    learner, view = ran
    memory = Memory()
    memory.take(learner.status(), NOW - 10_000)
    memory.take(replace(learner.status(), events=learner.status().events + 1_000), NOW)
    behind = {"waiting_for": ["partition 0: at 500 of 900"], "lag": 400, "memory": memory}

    made = board(sources(view, learner.status(), **behind))

    assert made["verdict"].head == "Not up to date: partition 0: at 500 of 900; 400 more records, about 4 s."
    assert made["errors"].state is State.RESTORING
    assert made["errors"].pictures


def test_records_that_are_refused_now_are_looked_at_first(ran):
    learner, view = ran
    status, memory = learner.status(), Memory()
    memory.take(status, NOW - 10_000)
    memory.take(replace(status, events=status.events + 95, dead_letters={"not_json": 5}), NOW)

    verdict = board(sources(view, status, memory=memory))["verdict"]

    assert (verdict.head, verdict.tone) == ("Needs attention: 5 % of the newest records were refused.", "bad")
    assert verdict.command == "rivergauge dlq list pumps.toml --partition 0"


def test_a_worker_that_falls_behind_says_so(ran):
    learner, view = ran
    status, memory = learner.status(), Memory()
    memory.take(status, NOW - 10_000)
    memory.take(replace(status, events=status.events + 100), NOW)

    verdict = board(sources(view, status, memory=memory, lag=1_000))["verdict"]

    assert verdict.head == "Behind: 1,000 more records, about 2 minutes."


def test_open_alerts_come_first_in_the_verdict(ran):
    learner, _ = ran
    view = view_of([on_the_wire(golden.ALERT._replace(drift=DriftKind.DATA_FAULT))])

    verdict = board(sources(view, learner.status()))["verdict"]

    assert verdict.head == "Needs attention: 1 major alert is open (data fault)."
    assert verdict.command == "rivergauge alerts show pumps.toml 2-1"
    assert verdict.tone == "bad"


def test_an_open_alert_tells_what_is_wrong_and_what_to_do():
    moved = Moved(column="f01", what="location", weight=1.0, words="f01: median 2 -> 0", before={}, after={})
    alert = golden.ALERT._replace(drift=DriftKind.COVARIATE, cause="columns moved", moved=(moved, moved))
    view = view_of([on_the_wire(alert._replace(advice="watch the error; retrain only if it rises"))])

    verdict = board(sources(view, Learner(builders.gauge(GAUGE)).status()))["verdict"]

    assert verdict.advice == (
        "Columns moved (0.1 before, 0.5 now). f01: median 2 -> 0; and 1 more. "
        "Watch the error; retrain only if it rises."
    )


def test_ten_thousand_alerts_are_a_page_of_bounded_size():
    view = View()
    for n in range(10_000):
        status = AlertStatus.OPENED
        view.take(on_the_wire(golden.ALERT._replace(episode=f"2-{n}", status=status, position=n), offset=n))

    made = board(sources(view, Learner(builders.gauge(GAUGE)).status()))

    assert made["timeline"].words.startswith("The newest 40 of 1,000 entries: ")
    assert len(made["timeline"].evidence) == 40
    assert len(to_json([tile.plot for tile in made.values()])) < 20_000


def test_the_metric_shows_windows_versions_and_drifts_where_they_were(ran):
    learner, view = ran
    reports = [*view.reports.curve(0)]

    plot = board(sources(view, learner.status()))["metric"].plot

    assert plot is not None
    assert [point[0] for point in plot["held_out"]] == [sample.position for sample in reports]
    for point, sample in zip(plot["held_out"], reports, strict=True):
        figure = sample.figures[sample.champion]
        assert point[1:4] == [figure.value, figure.low, figure.high]
    champion = learner.status().versions.champion
    assert champion is not None
    assert plot["versions"][-1][1] == champion.version
    assert [mark[0] for mark in plot["drifts"]] == sorted(one.first.position for one in view.episodes.newest_first())


def test_the_contest_is_a_race_to_its_threshold(ran):
    learner, view = ran
    status = learner.status()

    tile = board(sources(view, status))["contest"]

    assert tile.plot is not None
    assert {name for name, _ in tile.plot["bars"]} == set(status.versions.contests)
    assert all(0 <= way < 1 for _, way in tile.plot["bars"])


def test_the_budget_is_the_learners(ran):
    learner, view = ran
    chances = learner.status().watched.chances

    tile = board(sources(view, learner.status()))["budget"]

    assert tile.plot is not None
    assert tile.plot["bars"] == [[name, chance.alarms, chance.expected] for name, chance in chances.items()]


def test_the_figures_below_are_the_learners(ran):
    learner, view = ran
    evaluated = learner.status().evaluated
    assert evaluated.confusion is not None
    assert evaluated.calibration is not None
    assert evaluated.worst

    made = board(sources(view, learner.status()))

    [heat] = made["errors"].pictures
    assert isinstance(heat, Heat)
    shown = {
        label: {guess: n for guess, n in zip(heat.names, counts, strict=True) if n}
        for label, counts in zip(heat.names, heat.counts, strict=True)
    }
    assert shown == evaluated.confusion.window.counts
    assert len(made["calibration"].tables[0].rows) == len(evaluated.calibration.recent.rows)
    assert [row[0] for row in made["worst"].tables[0].rows] == [one.id for one in evaluated.worst]
    assert made["slices"].state is State.OFF
    assert "[slices]" in made["slices"].words


def test_slices_that_are_declared_are_shown():
    text = GAUGE + "[slices.site]\n"
    values = [
        builders.record(n, a=float(n % 5), site="ab"[n % 2], y="bad" if n % 5 > 2 else "good") for n in range(300)
    ]
    learner, _ = builders.run(builders.gauge(text), values)

    tile = board(sources(View(), learner.status(), text))["slices"]

    assert {row[0] for row in tile.tables[0].rows} == {"site = a", "site = b"}


def test_no_feature_value_is_on_the_page():
    letter = DeadLetter(1, None, 1, Reason.UNKNOWN_CATEGORY, "expected one of 'a', got 'SECRET'", b"SECRET", b"SECRET")
    view = view_of([on_the_wire(letter), on_the_wire(letter, partition=1)])

    made = tiles(sources(view, None))

    assert "SECRET" not in repr(made)
    by_reason, newest = made[6].tables
    assert by_reason.rows == (("unknown category", "1"),)
    assert newest.rows == (("1", "unknown category", "event"),)


def test_a_memory_tells_the_pace_and_keeps_the_metric():
    gauge = builders.gauge(GAUGE)
    learner, memory = Learner(gauge), Memory()
    values = [builders.record(n, a=float(n % 5), y="bad" if n % 5 > 2 else "good") for n in range(200)]
    for position, event in enumerate(builders.decoded(gauge, values)):
        memory.take(learner.status(), 100 * position)
        learner.handle(event, position)

    assert memory.events_per_s == pytest.approx(10, rel=0.05)
    assert memory.labels_per_s == pytest.approx(10, rel=0.05)
    assert [*memory.moments][-1].metric == pytest.approx(learner.status().performance.window.value, abs=0.02)


def test_a_memory_without_a_past_knows_no_pace():
    memory = Memory()
    memory.take(Learner(builders.gauge(GAUGE)).status(), 0)

    assert memory.labels_per_s == 0.0


def test_what_was_there_at_the_first_look_is_as_old_as_its_record(ran):
    learner, _ = ran
    memory, more = Memory(), replace(learner.status(), events=learner.status().events + 1)

    memory.take(learner.status(), NOW, newest_ms=1_000)
    assert memory.newest_ms == 1_000
    memory.take(learner.status(), NOW + 1_000, newest_ms=1_000)
    assert memory.newest_ms == 1_000
    memory.take(more, NOW + 2_000, newest_ms=1_500)
    assert memory.newest_ms == NOW + 2_000


def test_an_age_that_nobody_knows_is_none_and_not_now(ran):
    learner, view = ran
    memory = Memory()
    memory.take(learner.status(), NOW)

    at_first, later = (
        board(sources(view, learner.status(), memory=memory, now_ms=NOW + ms))["verdict"] for ms in (0, 100_000)
    )

    assert (at_first.state, at_first.age_s) == (State.READY, None)
    assert (later.state, later.age_s, later.head) == (State.STALE, None, "No events for 2 minutes.")

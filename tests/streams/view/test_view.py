"""The fold of the outputs: the same whatever order the topics come in, once however often a record comes, bounded.

Oracles: the same records folded in another order, a learner's own status, counts made here.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.learner import Learner
from schemas.events import Reason
from schemas.records import AlertStatus, DeadLetter, DriftAlert, Effect, ModelVersion, Prediction, VersionStep
from streams.view import dead_letters, shown
from streams.view.series import Curve, Rate
from streams.view.view import View
from tests import builders
from tests.streams.delivery import test_envelope as golden
from tests.streams.view.wire import Wire, on_the_wire

GAUGE = """
[label]
arrival = "with_event"
[evaluation]
holdout = 0.2
holdout_window = 20
[retraining]
standing = true
"""


def history(partition: int, events: int = 500) -> tuple[Learner, list[Effect]]:
    """What a learner publishes of a stream whose concept turns over halfway."""
    gauge = builders.gauge(GAUGE)
    learner, rng = Learner(gauge, partition=partition), random.Random(partition)
    effects: list[Effect] = []
    for position in range(events):
        a = rng.gauss(0, 1)
        y = "bad" if (a > 0) is (position < events // 2) else "good"
        [event] = builders.decoded(gauge, [builders.record(position, a=a, y=y)])
        effects += learner.handle(event, position)
    effects.append(DeadLetter(events, None, events, Reason.NOT_JSON, "what", None, b"SECRET"))
    return learner, effects


def wires(partition: int, effects: list[Effect]) -> list[Wire]:
    seen: Counter[tuple[type, int]] = Counter()
    found = []
    for offset, effect in enumerate(effects):
        key = type(effect), effect.position
        found.append(on_the_wire(effect, partition=partition, n=seen[key], offset=offset))
        seen[key] += 1
    return found


@pytest.fixture(scope="module")
def told() -> tuple[list[Learner], list[list[Wire]]]:
    learners, logs = zip(*(history(partition) for partition in (0, 1)), strict=True)
    return list(learners), [wires(partition, effects) for partition, effects in enumerate(logs)]


def view_of(records: list[Wire]) -> View:
    view = View()
    for record in records:
        view.take(record)
    return view


def test_a_view_agrees_with_the_learners(told):
    learners, logs = told

    view = view_of([*chain.from_iterable(logs)])

    for partition, learner in enumerate(learners):
        status = learner.status()
        champion = view.versions.champion(partition)
        assert status.versions.champion is not None
        assert champion is not None
        assert champion.name == status.versions.champion.version
        assert view.flows[partition].predictions == status.predictions
        assert [one.name for one in view.episodes.open() if one.partition == partition] == [
            one.episode for one in status.watched.open if not one.quiet
        ]
        newest = view.reports.newest(partition)
        assert newest is not None
        assert view.position(partition) == (0, status.position)
    assert sum(learner.status().alerts for learner in learners) == len(view.episodes.newest_first()) > 0
    assert view.dead_letters.counts == {Reason.NOT_JSON: 2}


@settings(max_examples=10)
@given(seed=st.integers(0, 1_000))
def test_the_order_between_topics_and_partitions_does_not_matter(told, seed):
    _, logs = told
    queues: dict[tuple[str, int], list[Wire]] = {}
    for record in chain.from_iterable(logs):
        if record.topic != builders.gauge().topics.predictions:
            queues.setdefault((record.topic, record.partition), []).append(record)
    straight = view_of([*chain.from_iterable(queues.values())])
    rng, mixed = random.Random(seed), []
    waiting = [list(reversed(queue)) for queue in queues.values()]
    while waiting:
        queue = rng.choice(waiting)
        mixed.append(queue.pop())
        waiting = [one for one in waiting if one]

    assert shown.status(view_of(mixed)) == shown.status(straight)


def test_what_comes_again_counts_once(told):
    _, [log, _] = told

    again = view_of([*log, *log[len(log) // 2 :], *log])

    assert shown.status(again) == shown.status(view_of(log))
    assert again.repeated == len(log) + len(log) - len(log) // 2


def test_an_epoch_that_starts_over_is_folded_after_the_one_before():
    before = [on_the_wire(golden.PREDICTION._replace(position=n)) for n in range(5)]
    after = [on_the_wire(golden.PREDICTION._replace(position=n), epoch=1) for n in range(3)]

    view = view_of([*before, *after, *before])

    assert view.flows[0].predictions == 8
    assert view.position(0) == (1, 2)


def test_somebody_elses_records_are_told_and_change_nothing(told):
    _, [log, _] = told
    foreign = Wire("pumps.alerts", 0, 77, 0, None, b"hello", [])

    view = view_of([*log, *[foreign] * 40])

    assert view.counts["foreign"] == 40
    [*unreadable] = shown.status(view)["unreadable"]
    assert len(unreadable) == 16
    assert unreadable[0]["offset"] == 77
    assert shown.status(view)["partitions"] == shown.status(view_of(log))["partitions"]


def alert(number: int, status: AlertStatus) -> DriftAlert:
    return golden.ALERT._replace(position=number, episode=f"0-{number}", status=status)


def test_of_many_episodes_those_that_are_open_stay():
    view = View()
    view.take(on_the_wire(alert(0, AlertStatus.OPENED)))
    for number in range(1, 3_000):
        view.take(on_the_wire(alert(number, AlertStatus.CLOSED)))

    kept = view.episodes.newest_first()

    assert len(kept) == 1_000
    assert kept[0].name == "0-2999"
    assert kept[-1].name == "0-0"
    assert [one.name for one in view.episodes.open()] == ["0-0"]


def step(number: int, what: VersionStep, version: int) -> ModelVersion:
    return golden.VERSION._replace(position=number, step=what, version=f"0-{version}")


def test_of_many_versions_the_champion_stays():
    view = View()
    view.take(on_the_wire(step(0, VersionStep.PROMOTED, 1)))
    for number in range(2, 3_000):
        view.take(on_the_wire(step(number, VersionStep.REGISTERED, number)))
        view.take(on_the_wire(step(number, VersionStep.REJECTED, number), n=1))

    champion = view.versions.champion(0)

    assert champion is not None
    assert champion.name == "0-1"
    assert len(view.versions.newest_first()) == 1_000


@pytest.mark.parametrize("left", [VersionStep.DEMOTED, VersionStep.ROLLED_BACK, VersionStep.RETIRED])
def test_a_champion_that_left_leads_no_more(left):
    view = view_of([on_the_wire(step(0, VersionStep.PROMOTED, 1)), on_the_wire(step(1, left, 1))])

    assert view.versions.champion(0) is None


def test_who_was_promoted_before_the_other_left_leads():
    steps = [(VersionStep.PROMOTED, 1), (VersionStep.PROMOTED, 2), (VersionStep.RETIRED, 1)]
    view = view_of([on_the_wire(step(n, what, version)) for n, (what, version) in enumerate(steps)])

    champion = view.versions.champion(0)

    assert champion is not None
    assert champion.name == "0-2"


def test_a_frequent_reason_pushes_no_other_out_and_large_records_are_cut():
    view = View()
    rare = DeadLetter(0, None, 0, Reason.TOO_LARGE, "large", b"k" * 9_000, b"v" * 9_000)
    view.take(on_the_wire(rare))
    for number in range(1, 1_000):
        view.take(on_the_wire(DeadLetter(number, None, number, Reason.NOT_JSON, "what", None, b"x", of_label=True)))

    letters = view.dead_letters.newest_first()

    assert view.dead_letters.counts == {Reason.TOO_LARGE: 1, Reason.NOT_JSON: 999}
    assert view.dead_letters.refused_events == 1
    assert len(letters) == dead_letters.MOST + 1
    assert letters[-1].letter.raw == b"v" * dead_letters.MOST_BYTES


def test_no_feature_value_is_shown_unless_asked_for():
    letter = DeadLetter(0, None, 0, Reason.NOT_JSON, "what", b"\xff", b"SECRET")
    view = view_of([on_the_wire(letter)])
    [kept] = view.dead_letters.newest_first()

    assert "SECRET" not in repr(shown.dead_letter(kept)) + repr(shown.status(view))
    assert shown.dead_letter(kept, raw=True)["value"] == "SECRET"
    assert shown.dead_letter(kept, raw=True)["key"] == "base64:/w=="


@given(st.integers(1, 3_000), st.sampled_from([2, 8, 512]))
def test_a_curve_is_even_bounded_and_ends_with_the_newest(count, most):
    curve = Curve[int](most)
    for number in range(count):
        curve.append(number)

    points = [*curve]

    assert len(points) <= most + 1
    assert points[0] == 0
    assert points[-1] == count - 1
    gaps = {later - earlier for earlier, later in pairwise(points[:-1])}
    assert len(gaps) <= 1


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200), st.sampled_from([2, 5, 256]))
def test_a_rate_counts_everything_in_bounded_stretches_of_one_width(times, most):
    rate = Rate(most)
    for at in times:
        rate.add(at)

    buckets = [*rate]

    assert sum(bucket.n for bucket in buckets) == len(times)
    assert len(buckets) <= most
    assert len({bucket.width for bucket in buckets}) == 1
    newest = max(times)
    assert buckets[-1].begin <= newest < buckets[-1].begin + buckets[-1].width


def prediction(position: int, version: str) -> Prediction:
    return golden.PREDICTION._replace(position=position, version=version)


def test_answers_are_counted_by_version_in_bounded_memory():
    view = View()
    for number in range(600):
        view.take(on_the_wire(prediction(2 * number, f"0-{number}")))
        view.take(on_the_wire(prediction(2 * number + 1, "0-often")))

    flow = view.flows[0]

    assert flow.predictions == 1_200
    assert flow.by_version["0-often"] == 600
    assert len(flow.by_version) == 256

"""Very many labels of one class in one moment are held back, and nothing else is."""

from __future__ import annotations

import pickle
import random
from datetime import UTC, datetime, timedelta

from models.learner import Learner
from models.retraining.policy.burst import LONGEST, Bursts
from schemas.gauge import Burst
from tests import builders

RULE = Burst(labels=100, seconds=1, share=0.9)
START = datetime(2024, 1, 1, tzinfo=UTC)


def history(labels: list[tuple[bool, float | None]], rule: Burst = RULE) -> list[bool]:
    """Whether a burst is on after each label, given with its second."""
    bursts, found = Bursts(), []
    for y, second in labels:
        bursts.label(y, None if second is None else START + timedelta(seconds=second), rule)
        assert [*bursts.broken()] == []
        found.append(bursts.is_on)
    return found


def mixed(n: int, second: float | None = None, share: float = 0.5) -> list[tuple[bool, float | None]]:
    rng = random.Random(n)
    return [(rng.random() < share, k if second is None else second) for k in range(n)]


def test_a_burst_is_on_from_the_share_on_until_enough_other_labels_have_come():
    found = history(mixed(300) + [(False, 999.5)] * 150 + mixed(30, 1_000.0))

    assert [n for n, on in enumerate(found) if on] == [*range(300 + 89, 450 + 10)]


def test_one_class_over_many_moments_is_none():
    assert not any(history(mixed(300) + [(False, 300.0 + k) for k in range(300)]))


def test_one_moment_of_mixed_classes_is_none():
    assert not any(history(mixed(300) + mixed(500, 999.0)))


def test_labels_without_a_time_are_none():
    assert not any(history(mixed(300) + [(False, None)] * 300))


def test_where_the_class_is_what_labels_are_it_is_none():
    assert not any(history(mixed(2_000, share=0.02) + [(False, 9_999.0)] * 300))


def test_a_burst_that_live_labels_come_between_is_found():
    burst = [(False, 999.0) if k % 20 else (True, 1_000.0 + k) for k in range(200)]

    assert any(history(mixed(300) + burst))


def test_a_world_that_became_one_class_is_held_for_ten_times_the_labels_at_most():
    found = history([(y, 0.0) for y, _ in mixed(5_000)] + [(False, 0.0)] * 5_000)

    on = [n for n, is_on in enumerate(found) if is_on]
    assert len(on) == LONGEST * RULE.labels
    assert on == [*range(on[0], on[0] + len(on))]


def test_bursts_that_follow_each_other_closely_are_held_as_one():
    days = [(False, 86_400.0 * (k // 150)) for k in range(6_000)]

    found = history(mixed(5_000, -86_400.0) + days, Burst(labels=100, seconds=86_400, share=0.9))

    assert sum(found) == LONGEST * 100


def test_bursts_far_from_each_other_are_each_held_whole():
    burst = [(False, 999.0)] * 800
    found = history(mixed(300) + burst + mixed(2_000) + burst)

    assert sum(found) == sum(history(mixed(300) + burst + mixed(2_000))) + sum(found[-800:])
    assert sum(found[-800:]) > 700


def test_after_a_burst_that_was_taken_for_usual_another_is_found():
    found = history(mixed(300) + [(False, 999.0)] * 3_000 + mixed(3_000) + [(False, 9_999.0)] * 300)

    assert not any(found[1_500:6_300])
    assert found[-1]


GAUGE = builders.gauge(
    "[evaluation]\nholdout = 0\n[drift]\nenabled = false\n"
    "[retraining]\nburst = { labels = 100, seconds = 1, share = 0.9 }"
)


def rows() -> list[bytes]:
    def at(k: int) -> str:
        return (START + timedelta(seconds=k if k < 300 else 300)).isoformat()

    return [builders.record(k, at(k), a=k % 3, y="bad" if k % 3 and k < 300 else "good") for k in range(600)]


def test_no_model_learns_a_burst_and_all_of_it_is_scored():
    learner, effects = builders.run(GAUGE, rows())

    status = learner.status()
    assert (status.predictions, status.labels, len(builders.dead_letters(effects))) == (600, 600, 0)
    assert status.versions.policy.held_labels == 600 - 300 - 89
    assert learner.panel.champion.learned_labels == 389
    assert status.versions.policy.held is not None
    assert status.versions.policy.held.why == "burst: labels of one class in one moment"


def test_restored_within_a_burst_it_is_held_on():
    inputs = builders.decoded(GAUGE, rows())
    for cut in (350, 389, 390, 450):
        stopped = Learner(GAUGE)
        builders.fold(stopped, inputs[:cut])
        restored: Learner = pickle.loads(pickle.dumps(stopped))
        builders.fold(restored, inputs[cut:])
        restored.check()

        assert restored.status().versions.policy.held_labels == 211


def test_another_rule_begins_anew():
    learner, _ = builders.run(GAUGE, rows())

    learner.adopt(builders.gauge("[evaluation]\nholdout = 0\n[drift]\nenabled = false"))

    assert not learner.panel.policy.holds

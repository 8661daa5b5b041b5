"""A snapshot's learner under the gauge that runs here: what another file made is adopted, the same way each time."""

from __future__ import annotations

import pytest

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Effect, ModelVersion, VersionStep
from streams.here.failures import StateRefusedError
from streams.snapshots.adoption import adopted
from streams.snapshots.format import Verified, encode, verify
from streams.snapshots.origin import Origin
from streams.snapshots.payload.pickler import dump
from tests import builders

KEY = bytes(range(32))
HALF, ALL = 60, 120
GAUGE = builders.gauge('[label]\narrival = "with_event"')
RACE = builders.gauge('[label]\narrival = "with_event"', candidates=("naive_bayes", "hoeffding_tree"))
DEAR = builders.gauge('[label]\narrival = "with_event"\n[evaluation]\nwindow_events = 77')
VALUES = [builders.record(n, a=float(n % 5), y="bad" if n % 5 > 2 else "good") for n in range(ALL)]


def learned(gauge: Gauge = GAUGE) -> Learner:
    learner = Learner(gauge)
    builders.fold(learner, builders.decoded(gauge, VALUES[:HALF]))
    return learner


def kept(learner: Learner) -> Verified:
    """Its snapshot."""
    about = Origin(learner.gauge, {}, "b", "c").about(learner, partition=0, partitions=1, epoch=0, last=None)
    return verify(encode(about, dump(learner), KEY), KEY)


def rest(learner: Learner) -> list[Effect]:
    effects = builders.fold(learner, builders.decoded(learner.gauge, VALUES[HALF:]), start=HALF)
    return [effect for group in effects for effect in group]


def test_what_this_gauge_file_made_is_as_it_was():
    assert rest(adopted(kept(learned()), GAUGE)) == rest(learned())


def test_what_another_made_continues_as_the_learner_that_adopts_it_and_does_so_after_every_restore():
    twin = learned()
    twin.adopt(RACE)

    verified = kept(learned())
    effects = [rest(adopted(verified, RACE)) for _ in range(2)]

    assert effects[0] == effects[1] == rest(twin)
    registered = [e for e in effects[0] if isinstance(e, ModelVersion) and e.step is VersionStep.REGISTERED]
    assert [(e.position, e.candidate) for e in registered] == [(HALF, "hoeffding_tree")]


def test_a_snapshot_that_is_taken_before_the_next_record_still_has_the_change_before_it():
    once = adopted(kept(learned()), RACE)

    again = adopted(kept(once), RACE)

    assert again.gauge is RACE
    assert rest(again) == rest(adopted(kept(learned()), RACE))


def test_a_change_that_the_state_cannot_follow_is_refused():
    with pytest.raises(StateRefusedError, match=r"cannot follow .* evaluation\.window_events: .* rivergauge reset"):
        adopted(kept(learned()), DEAR)

"""States in files: what begins with them, what refuses them, and what an accepted policy does to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import ModelVersion
from streams.here.failures import StateRefusedError
from streams.snapshots import origin, saved
from streams.snapshots.adoption import adopted
from streams.snapshots.failures import SnapshotRefusedError
from streams.snapshots.format import encode
from streams.snapshots.payload.pickler import dump
from streams.snapshots.saved import Saved
from tests import builders

KEY = {"RIVERGAUGE_SNAPSHOT_KEY": "11" * 32}
WITH_LABELS = '[label]\narrival = "with_event"\n[retraining]\non_drift = false'


def values(count: int) -> list[bytes]:
    return [builders.record(n, a=n % 5, y="bad" if n % 5 > 2 else "good") for n in range(count)]


@pytest.fixture
def gauge() -> Gauge:
    return builders.gauge(WITH_LABELS, candidates=["naive_bayes", "hoeffding_tree"])


@pytest.fixture
def learner(gauge: Gauge) -> Learner:
    return builders.run(gauge, values(60))[0]


def test_a_learner_begins_with_the_models_that_were_saved(gauge: Gauge, learner: Learner, tmp_path: Path):
    saved.write(learner, tmp_path / "state", KEY)
    warm = Learner(gauge)
    warm.inherit(Saved.read(tmp_path / "state", gauge, KEY).learner())
    events = builders.decoded(gauge, values(61)[60:])

    first = builders.fold(warm, events)[0]
    going_on = builders.fold(learner, events, start=60)[0]

    versions = [effect for effect in first if isinstance(effect, ModelVersion)]
    assert [(v.version, v.parent, v.candidate) for v in versions[:2]] == [
        ("0-1", "saved:0-1", "naive_bayes"),
        ("0-2", "saved:0-2", "hoeffding_tree"),
    ]
    assert first[-1].probabilities == going_on[-1].probabilities
    assert warm.counts.labels == 1  # metrics are about this log


def test_each_partition_gets_a_state_of_its_own(gauge: Gauge, learner: Learner, tmp_path: Path):
    saved.write(learner, tmp_path / "state", KEY)
    state = Saved.read(tmp_path / "state", gauge, KEY)

    assert state.learner().panel.champion.model is not state.learner().panel.champion.model


def test_it_carries_the_gauge_file_that_it_was_made_with(gauge: Gauge, learner: Learner, tmp_path: Path):
    saved.write(learner, tmp_path / "state", KEY)

    header = Saved.read(tmp_path / "state", gauge, KEY).verified.header

    assert Gauge.model_validate_json(header.gauge_file) == gauge
    assert "commit_interval_ms" not in header.gauge_file, "a default is not what the file says"


def test_another_build_reads_it_as_long_as_the_shape_is_the_same(
    gauge: Gauge, learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "state"
    monkeypatch.setattr(origin, "this_build", lambda: "an older one")
    saved.write(learner, path, KEY)
    monkeypatch.undo()

    assert Saved.read(path, gauge, KEY).learner().next_offset == 60

    header = Saved.read(path, gauge, KEY).verified.header
    other = dump(learner)._replace(shape={"models.learner:Learner": ["next_offset"]})
    path.write_bytes(encode(header.about(), other, bytes.fromhex(KEY["RIVERGAUGE_SNAPSHOT_KEY"])))
    with pytest.raises(SnapshotRefusedError, match="state of another shape"):
        Saved.read(path, gauge, KEY)


def test_a_damaged_or_foreign_state_is_refused(gauge: Gauge, learner: Learner, tmp_path: Path):
    path = tmp_path / "state"
    saved.write(learner, path, KEY)
    good = path.read_bytes()

    with pytest.raises(SnapshotRefusedError, match="key"):
        Saved.read(path, gauge, {"RIVERGAUGE_SNAPSHOT_KEY": "22" * 32})
    with pytest.raises(StateRefusedError, match=r"another gauge file: .* save anew with rivergauge backtest"):
        Saved.read(path, builders.gauge(WITH_LABELS), KEY)
    path.write_bytes(good[:-40] + b"x" + good[-39:])
    with pytest.raises(SnapshotRefusedError):
        Saved.read(path, gauge, KEY)


def test_a_policy_that_may_be_accepted_is_obeyed_by_a_restored_learner(gauge: Gauge, learner: Learner, tmp_path: Path):
    saved.write(learner, tmp_path / "state", KEY)
    verified = Saved.read(tmp_path / "state", gauge, KEY).verified
    sooner = Gauge.model_validate({**gauge.model_dump(), "retraining": {"on_drift": False, "every_labels": 70}})

    def versions(policy: Gauge) -> list[str]:
        restored = adopted(verified, policy)
        effects = builders.fold(restored, builders.decoded(gauge, values(120)[60:]), start=60)
        return [e.trigger for es in effects for e in es if isinstance(e, ModelVersion) and e.step == "on_trial"]

    assert versions(gauge) == []
    assert versions(sooner) == ["labels"]


def test_a_learner_that_has_begun_inherits_nothing(gauge: Gauge, learner: Learner):
    with pytest.raises(ValueError, match="a learner at 0 inherits from one that has begun, got 60, 60"):
        learner.inherit(learner)

"""The shape of a state: what its header tells of it, and that a state of another shape is refused before it is read."""

from __future__ import annotations

import pytest

from models.learner import Learner
from models.shape import attributes_of
from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.format import Payload, Shape, encode, verify
from streams.snapshots.payload.interpreter import Interpreter
from streams.snapshots.payload.pickler import dump
from streams.snapshots.payload.unpickler import load
from tests import builders
from tests.streams.snapshots.test_format import ABOUT

KEY = b"k" * 32
GAUGE = builders.gauge(candidates=["hoeffding_tree"])
ABOUT_IT = ABOUT.model_copy(update={"gauge_digest": GAUGE.digest, "position": 40})


def learned() -> Learner:
    learner, _ = builders.run(GAUGE, [builders.record(n, a=float(n % 5)) for n in range(40)])
    return learner


PAYLOAD = dump(learned())


def refused(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> SnapshotRefusedError:
    def read(interpreter: Interpreter) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(Interpreter, "read", read)
    verified = verify(encode(ABOUT_IT, Payload(PAYLOAD.parts, shape), KEY), KEY)
    with pytest.raises(SnapshotRefusedError) as raised:
        load(verified, GAUGE)
    assert raised.value.reason is Refusal.SHAPE
    return raised.value


def test_a_snapshot_tells_the_attributes_of_every_class_of_ours_and_rivers_in_it():
    shape = PAYLOAD.shape

    assert shape["models.learner:Learner"] == [*attributes_of(Learner)]
    assert {name.split(".")[0] for name in shape} <= {"models", "river", "schemas"}
    assert "river.tree.splitter.gaussian_splitter:GaussianSplitter" in shape, "what a model holds"
    assert load(verify(encode(ABOUT_IT, PAYLOAD, KEY), KEY), GAUGE).next_offset == 40


def test_a_state_of_another_shape_is_refused_before_it_is_read_and_the_classes_are_named(monkeypatch):
    learner = [name for name in PAYLOAD.shape["models.learner:Learner"] if name != "counts"]
    then = {**PAYLOAD.shape, "models.learner:Learner": learner, "river.stats.mean:Mean": ["_mean", "_old", "n"]}

    words = str(refused(then, monkeypatch))

    assert "state of another shape: expected objects as this build makes them" in words
    assert "models.learner.Learner without counts" in words
    assert "river.stats.mean.Mean with _old" in words
    assert f"run the build that made it ({ABOUT.build}), or start over with rivergauge reset" in words


@pytest.mark.parametrize("name", ["models.learner:Gone", "os:system", "river.stats.mean:", "nonsense", "copy:deepcopy"])
def test_a_class_that_is_not_in_the_table_is_refused_and_not_looked_up(name, monkeypatch):
    assert f"got '{name}', which is not known here" in str(refused({name: ["n"]}, monkeypatch))


def test_fields_of_a_named_tuple_in_another_order_are_another_shape(monkeypatch):
    assert "in another order" in str(refused({"models.answer:Answer": ["raw", "probabilities", "y_pred"]}, monkeypatch))

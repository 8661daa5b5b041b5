"""The second wall: signed bytes that still reach nothing but a learner."""

from __future__ import annotations

import os
import pickletools
from typing import Any

import pytest

from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.format import About, Verified, encode, verify
from streams.snapshots.payload import names
from streams.snapshots.payload.unpickler import load
from tests import builders
from tests.streams.snapshots.payloads import dumped, of

KEY = b"k" * 32
GAUGE = builders.gauge()


def signed(payload: bytes, position: int = 0, digest: str = GAUGE.digest) -> Verified:
    about = About(
        gauge="pumps",
        gauge_digest=digest,
        gauge_file="{}",
        topic="pumps",
        partition=0,
        partitions=8,
        champion=None,
        start="",
        epoch=0,
        position=position,
        last=None,
        libraries={"river": "0.0"},
        build="b",
        cpu="c",
    )
    return verify(encode(about, of(payload), KEY), KEY)


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def named(module: str, name: str) -> bytes:
    """Opcodes that put what ``name`` of ``module`` means on the stack."""
    return text(module) + text(name) + b"\x93"


def call(function: bytes, *args: bytes) -> bytes:
    return function + b"(" + b"".join(args) + b"tR"


def payload(body: bytes) -> bytes:
    return b"\x80\x05" + body + b"."


def refused(body: bytes) -> SnapshotRefusedError:
    whole = payload(body)
    assert list(pickletools.genops(whole)), "the test's own payload is no pickle"
    with pytest.raises(SnapshotRefusedError) as raised:
        load(signed(whole), GAUGE)
    return raised.value


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("nt", "system"),
        ("subprocess", "Popen"),
        ("builtins", "eval"),
        ("builtins", "exec"),
        ("builtins", "getattr"),
        ("builtins", "open"),
        ("builtins", "__import__"),
        ("builtins", "object"),
        ("__builtin__", "eval"),
        ("importlib", "import_module"),
        ("operator", "attrgetter"),
        ("functools", "reduce"),
        ("pickle", "loads"),
        ("river.datasets.base", "os.getcwd"),
        ("river.datasets.base", "pathlib.Path"),
        ("river.datasets", "Phishing"),
        ("river.stream", "iter_csv"),
        ("river.compose", "FuncTransformer"),
        ("river.compose.func", "FuncTransformer"),
        ("river.tree.hoeffding_tree", "io.open"),
        ("river", "tree"),
        ("models.candidates", "entry_points"),
        ("models.learner", "Learner.__init__.__globals__"),
        ("models.learner", "Learner.handle"),
        ("schemas.gauge", "Gauge"),
        ("streams.snapshots.keys", "os.system"),
        ("copy", "copy"),
        ("numpy", "load"),
        ("numpy", "ndarray"),
        ("numpy.random._pickle", "np.load"),
    ],
)
def test_a_name_outside_the_table_is_refused_and_not_looked_up(module, name):
    error = refused(call(named(module, name), text("x")))

    assert error.reason is Refusal.NAME
    assert f"got {module}.{name}" in str(error)


def test_a_river_module_does_reach_os():
    # Why there is no rule for prefixes.
    from river.datasets import base

    assert base.os is os


def test_an_old_protocols_way_to_name_things_is_refused_too():
    with pytest.raises(SnapshotRefusedError, match="another protocol"):
        load(signed(b"cos\nsystem\n(S'true'\ntR."), GAUGE)
    with pytest.raises(SnapshotRefusedError, match="opcode b'c'"):
        load(signed(b"\x80\x05cos\nsystem\n(S'true'\ntR."), GAUGE)


def test_a_reference_to_something_outside_is_refused():
    with pytest.raises(SnapshotRefusedError, match="opcode b'P'"):
        load(signed(b"\x80\x05Psomething\n."), GAUGE)


@pytest.mark.parametrize("method", ["mro", "__init__", "__reduce_ex__", "_calc_tau_1", "learn_one"])
def test_no_method_is_bound_but_those_listed(method):
    body = call(
        named("streams.snapshots.payload.references", "bound_method"),
        named("river.naive_bayes.gaussian", "GaussianNB"),
        text(method),
    )

    error = refused(body)

    assert error.reason is Refusal.NAME
    assert f"the method river.naive_bayes.gaussian.GaussianNB.{method}" in str(error)


@pytest.mark.parametrize("part", ["model_config", "__class__", "topics.input", "name"])
def test_of_the_gauge_only_its_sections_can_be_had(part):
    error = refused(call(named("streams.snapshots.payload.references", "gauge_part"), text(part)))

    assert error.reason is Refusal.STATE


@pytest.mark.parametrize("kind", ["O", "O8", "V8", "U4", "S8"])
def test_numpy_makes_no_types_but_numbers(kind):
    assert f"numpy.dtype '{kind}'" in str(refused(call(named("numpy", "dtype"), text(kind))))


def test_a_state_that_rust_refuses_is_a_refusal_and_not_the_end_of_the_worker():
    body = named("river._river_rust.drift", "AdaptiveWindowing") + b")\x81" + b"C\x04junk" + b"b"

    error = refused(body)

    assert error.reason is Refusal.STATE
    assert "expected one that loads with river 0.0" in str(error)


def test_what_is_no_learner_is_refused():
    assert "expected a learner at 0, got a dict" in str(refused(b"}"))


def test_a_learner_at_another_position_than_the_header_says_is_refused():
    learner, _ = builders.run(GAUGE, [builders.record(1, a=1.0)])

    with pytest.raises(SnapshotRefusedError, match="expected a learner at 7, got a learner at 1"):
        load(signed(dumped(learner), position=7), GAUGE)


def test_a_state_of_another_gauge_file_is_refused():
    learner, _ = builders.run(GAUGE, [builders.record(1, a=1.0)])
    edited = builders.gauge("[evaluation]\nwindow_events = 50")
    verified = signed(dumped(learner), position=1)

    with pytest.raises(SnapshotRefusedError, match="rivergauge accept") as raised:
        load(verified, edited)

    assert raised.value.reason is Refusal.GAUGE


def test_a_memory_error_passes_through(monkeypatch):
    def exhausted(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("streams.snapshots.payload.permits.Permits.named", exhausted)

    with pytest.raises(MemoryError):
        load(signed(payload(named("models.learner", "Learner"))), GAUGE)


def test_the_table_names_nothing_that_calls_what_it_is_told_by_name():
    reaching = {"eval", "exec", "compile", "getattr", "setattr", "open", "__import__", "attrgetter", "methodcaller"}

    assert {name for _, name in names.NAMES} & reaching == set()
    assert {module.split(".")[0] for module, _ in names.NAMES} == {
        *("builtins", "collections", "copy", "datetime", "functools", "random", "statistics"),
        *("numpy", "models", "river", "schemas", "streams"),
    }

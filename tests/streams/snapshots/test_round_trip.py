"""A learner that was written, verified and loaded goes on bit by bit, here and in another process."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from river.tree.nodes.branch import NumericBinaryBranch

from models import candidates
from models.learner import Learner
from schemas.events import Input
from schemas.gauge import Gauge
from streams.here.libraries import libraries
from streams.here.machine import cpu_kind, this_build, this_cpu
from streams.snapshots.failures import Refusal, SnapshotRefusedError, SnapshotUnpicklableError
from streams.snapshots.fingerprint import fingerprint
from streams.snapshots.format import About, encode, verify
from streams.snapshots.payload import pickler
from streams.snapshots.payload.pickler import dump
from streams.snapshots.payload.unpickler import load
from tests import builders, strategies
from tests.streams.snapshots.census import RESTLESS, SMALL
from tests.streams.snapshots.payloads import dumped

ROOT = Path(__file__).parents[3]
KEY = b"k" * 32
CUT = 130

SEVERAL = ["no_change", "hoeffding_adaptive_tree", "naive_bayes", "knn"]
PANELS = {
    "one": builders.gauge(RESTLESS, candidates=["naive_bayes"]),
    "weights": builders.gauge(RESTLESS, candidates=["logistic_regression", "passive_aggressive", "alma"]),
    "several": builders.gauge(RESTLESS, task="multiclass", candidates=SEVERAL),
    "numbers": builders.gauge(RESTLESS, task="regression", candidates=["linear_regression", "hoeffding_tree", "mean"]),
    "forests": builders.gauge(
        RESTLESS,
        candidates=[
            {"recipe": name, "params": SMALL[name]} for name in ("adaptive_random_forest", "leveraging_bagging", "amf")
        ],
    ),
    "detectors": builders.gauge(
        RESTLESS.replace("[drift]", '[drift]\ndetectors = [{ use = "drift.ADWIN" }, { use = "drift.KSWIN" }]')
    ),
}


def inputs_of(gauge: Gauge, seed: int = 5) -> list[Input]:
    return builders.decoded(gauge, strategies.stream(gauge, strategies.Plan(seed=seed, events=260, flips=(80, 160))))


def snapshot(learner: Learner) -> bytes:
    gauge = learner.gauge
    about = About(
        gauge=gauge.name,
        gauge_digest=gauge.digest,
        gauge_file="{}",
        topic=gauge.topics.input,
        partition=int(learner.names.prefix),
        partitions=8,
        champion=None,
        start="",
        epoch=0,
        position=learner.next_offset,
        last=fingerprint(learner.next_offset - 1, b"key", b"value") if learner.next_offset else None,
        libraries=libraries(),
        build=this_build(),
        cpu=this_cpu(),
    )
    return encode(about, dump(learner), KEY)


def restored(blob: bytes, gauge: Gauge) -> Learner:
    return load(verify(blob, KEY), gauge)


def figures(learner: Learner) -> Any:
    board = learner.board
    series = {**board.candidates, **board.baselines, "": board.served}
    return {name: (s.n, s.figures(), s.window_figures(), s.faded_error()) for name, s in series.items()}


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("cut", [0, 1, CUT])
def test_restored_it_goes_on_as_if_never_stopped(panel, cut):
    gauge = PANELS[panel]
    inputs = inputs_of(gauge)
    never_stopped = Learner(gauge)
    expected = builders.fold(never_stopped, inputs)
    stopped = Learner(gauge)
    builders.fold(stopped, inputs[:cut])

    learner = restored(snapshot(stopped), gauge)
    effects = builders.fold(learner, inputs[cut:])

    assert effects == expected[cut:]
    assert learner.status() == never_stopped.status()
    assert figures(learner) == figures(never_stopped)


def test_writing_a_snapshot_changes_nothing_and_a_snapshot_of_a_snapshot_is_as_good():
    gauge = PANELS["several"]
    inputs = inputs_of(gauge)
    stopped = Learner(gauge)
    builders.fold(stopped, inputs[:CUT])

    again = restored(snapshot(restored(snapshot(stopped), gauge)), gauge)

    assert builders.fold(again, inputs[CUT:]) == builders.fold(stopped, inputs[CUT:])


GO_ON = """
import pickle, sys
from streams.snapshots.format import verify
from streams.snapshots.payload.unpickler import load
resumed = []
for blob, gauge, inputs, key in pickle.load(sys.stdin.buffer):
    learner = load(verify(blob, key), gauge)
    resumed.append([learner.handle(e, p) for p, e in enumerate(inputs, start=learner.next_offset)])
pickle.dump(resumed, sys.stdout.buffer)
"""


def test_restored_in_another_process_it_goes_on_as_if_never_stopped():
    saved, expected = [], []
    for gauge in PANELS.values():
        inputs = inputs_of(gauge)
        stopped = Learner(gauge)
        builders.fold(stopped, inputs[:CUT])
        saved.append((snapshot(stopped), gauge, inputs[CUT:], KEY))
        expected.append(builders.fold(stopped, inputs[CUT:]))

    process = subprocess.run(
        [sys.executable, "-c", GO_ON],
        input=pickle.dumps(saved, 5),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONHASHSEED": "4021"},
    )

    assert pickle.loads(process.stdout) == expected


# -- the gauge --------------------------------------------------------------------------------------------------------


def test_the_gauge_is_not_written_and_a_restored_learner_has_the_workers():
    gauge = PANELS["one"]
    learner = Learner(gauge)
    builders.fold(learner, inputs_of(gauge)[:CUT])
    twin = Gauge.model_validate(gauge.model_dump())

    payload = dumped(learner)
    other = restored(snapshot(learner), twin)

    assert b"Gauge" not in payload
    assert other.gauge is twin
    assert other.panel._registry._gauge is twin
    assert other.panel.policy._policy is twin.retraining


# -- what cannot be written -------------------------------------------------------------------------------------------


def trained(n: int = 40, *, candidates: Any = ("hoeffding_tree",), text: str = "") -> Learner:
    gauge = builders.gauge(text, candidates=candidates)
    learner = Learner(gauge)
    builders.fold(learner, inputs_of(gauge)[:n])
    return learner


def deepened(learner: Learner, levels: int) -> Any:
    """Its tree, with so many splits above the root it had."""
    model = learner.panel.champion.model
    for level in range(levels):
        children = (model._new_leaf(), model._root)
        model._root = NumericBinaryBranch({True: 1.0}, "a", 0.1, level, *children)
    return model


def test_a_tree_far_deeper_than_pythons_limit_comes_back_whole():
    learner = trained()
    model = deepened(learner, 20_000)
    limit, stack = sys.getrecursionlimit(), threading.stack_size()

    model = restored(snapshot(learner), learner.gauge).panel.champion.model

    depth, node = 0, model._root
    while hasattr(node, "children"):
        depth, node = depth + 1, node.children[1]
    assert depth >= 20_000
    assert (sys.getrecursionlimit(), threading.stack_size()) == (limit, stack)
    assert "deep-snapshot" not in {thread.name for thread in threading.enumerate()}


def test_a_tree_that_is_deeper_still_is_refused_and_nothing_breaks(monkeypatch):
    monkeypatch.setattr(pickler, "DEEP_RECURSION", 3_000)
    learner = trained()
    deepened(learner, 2_000)

    with pytest.raises(SnapshotUnpicklableError, match="nested too deep to be pickled"):
        dump(learner)

    assert sys.getrecursionlimit() < 3_000


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (lambda: None, r"holds tests\.streams.*<lambda>"),
        (print, r"holds builtins\.print"),
        (threading.Lock(), "cannot be pickled: TypeError: cannot pickle '_thread.lock' object"),
        (builders.gauge, r"holds tests\.builders\.gauge"),
        (builders.BrokenError(), r"holds tests\.builders\.BrokenError"),
        (Path("x"), r"holds pathlib\.PosixPath"),
        ({}.get, r"holds "),
        (trained, r"holds tests\.streams\.snapshots\.test_round_trip\.trained"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(thing, words):
    learner = trained()
    learner.dead_letters.counts["extra"] = thing  # type: ignore[index]

    with pytest.raises(SnapshotUnpicklableError, match=words):
        dump(learner)


@pytest.mark.parametrize("lacking", [True, False])
def test_an_object_that_has_not_its_classs_attributes_is_not_written(lacking):
    learner = trained()
    if lacking:
        del learner.board._served
    else:
        learner.board.more = 1  # type: ignore[attr-defined]

    words = r"a models\.evaluation\.board\.Board .*" + (r"that it does \(_served\)" if lacking else r"to self \(more\)")
    with pytest.raises(SnapshotUnpicklableError, match=words):
        dump(learner)


def test_a_method_of_a_model_is_not_written_unless_it_is_listed():
    learner = trained()
    learner.dead_letters.counts["extra"] = learner.panel.champion.model.learn_one  # type: ignore[index]

    with pytest.raises(SnapshotUnpicklableError, match=r"the method models\.recipes\.steady\.Tree\.learn_one"):
        dump(learner)


def test_another_gauges_section_is_not_written():
    learner = trained()
    learner.dead_letters.counts["extra"] = builders.gauge("[retraining]\nevery_labels = 5").retraining  # type: ignore[index]

    with pytest.raises(SnapshotUnpicklableError, match=r"holds schemas\.gauge\.retraining\.Retraining"):
        dump(learner)


# -- models of a user's own -------------------------------------------------------------------------------------------

PACKAGE = """
from river import dummy

class Node:
    def __init__(self):
        self.n = 0

class Mine(dummy.PriorClassifier):
    def __init__(self):
        super().__init__()
        self.node = Node()
    def learn_one(self, x, y):
        super().learn_one(x, y)
        self.node.n += 1

def vouched(gauge, seed):
    return Mine()
vouched.snapshot_classes = (Mine, Node)

def half(gauge, seed):
    return Mine()
half.snapshot_classes = [Mine]

def silent(gauge, seed):
    return Mine()

def wrong(gauge, seed):
    return Mine()
wrong.snapshot_classes = (Mine, print)
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A user's package with models of its own, installed."""
    (tmp_path / "vouching_models.py").write_text(PACKAGE)
    metadata = tmp_path / "vouching_models-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: vouching-models\nVersion: 1.0\n")
    names = ("vouched", "half", "silent", "wrong")
    points = "\n".join(f"{name} = vouching_models:{name}" for name in names)
    (metadata / "entry_points.txt").write_text(f"[rivergauge.models]\n{points}\n")
    monkeypatch.syspath_prepend(tmp_path)
    candidates.installed.cache_clear()
    yield
    candidates.installed.cache_clear()


def theirs(name: str) -> Learner:
    return trained(candidates=[{"name": "theirs", "entry_point": name}])


@pytest.mark.usefixtures("installed")
def test_a_model_that_vouches_for_its_classes_comes_back():
    learner = theirs("vouched")

    again = restored(snapshot(learner), learner.gauge)

    assert again.panel.champion.model.node.n == learner.panel.champion.model.node.n > 0
    assert type(again.panel.champion.model) is type(learner.panel.champion.model)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("silent", r"entry point 'silent' .* names no snapshot_classes, so its state could not be restored"),
        ("half", r"the state holds vouching_models\.Node; it is not among .* snapshot_classes of its entry point"),
        ("wrong", "must be classes defined at the top of a module, got .*print"),
    ],
)
def test_a_model_that_does_not_is_refused(name, words):
    with pytest.raises(SnapshotUnpicklableError, match=words):
        dump(theirs(name))


@pytest.mark.usefixtures("installed")
def test_a_users_classes_are_admitted_for_that_users_gauge_only():
    learner = theirs("vouched")
    verified, stranger = verify(snapshot(learner), KEY), PANELS["one"]
    header = verified.header.model_copy(update={"gauge_digest": stranger.digest})

    with pytest.raises(SnapshotRefusedError, match=r"got vouching_models\.Mine") as raised:
        load(replace(verified, header=header), stranger)

    assert raised.value.reason is Refusal.NAME


# -- where it was made ------------------------------------------------------------------------------------------------


def test_a_build_is_the_version_and_a_digest_of_what_decides_a_state(monkeypatch, tmp_path):
    build = this_build()
    copy = tmp_path / "models"
    copy.mkdir()
    (copy / "__init__.py").write_text("")
    monkeypatch.setattr("models.__file__", str(copy / "__init__.py"))

    other = this_build.__wrapped__()

    assert other != build
    assert other.partition("+")[0] == build.partition("+")[0]


def test_cpus_differ_by_what_their_sums_depend_on_only():
    info = "processor : 0\nmodel name : Whatever\nflags : fpu sse4_2 ht avx2 fma\n\nprocessor : 1\nflags : fpu\n"

    assert cpu_kind("x86_64", "glibc 2.36", info) == "x86_64; glibc 2.36; sse4_2 fma avx2"
    assert cpu_kind("x86_64", "glibc 2.36", info.replace("Whatever", "Other").replace("ht", "")) == cpu_kind(
        "x86_64", "glibc 2.36", info
    )
    assert cpu_kind("x86_64", "glibc 2.36", info.replace("fma", "")) != cpu_kind("x86_64", "glibc 2.36", info)
    assert cpu_kind("aarch64", "", "Features : fp asimd sve\n") == "aarch64; asimd sve"
    assert cpu_kind("arm64", "", "") == "arm64"


def test_members_of_enums_are_written_alike_by_every_python(monkeypatch: pytest.MonkeyPatch):
    # Python 3.11.0 to 3.11.3 (Debian 12) would look a member up in its class by getattr, which no snapshot may name.
    gauge = PANELS["one"]
    learner = Learner(gauge)
    builders.fold(learner, inputs_of(gauge))
    usual = dump(learner)

    monkeypatch.setattr("enum.Enum.__reduce_ex__", lambda member, protocol: (getattr, (type(member), member.name)))

    assert dump(learner) == usual

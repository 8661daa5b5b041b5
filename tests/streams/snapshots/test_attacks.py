"""What somebody who has the key could write, of admitted names alone: refused before it has changed anything."""

from __future__ import annotations

import itertools
import pickle
import pickletools
from collections import defaultdict, deque
from contextlib import suppress
from functools import partial, reduce
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from models.learner import Learner
from models.shape import attributes_of
from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.payload import names
from streams.snapshots.payload.admitted import admitted_by
from streams.snapshots.payload.interpreter import Interpreter
from streams.snapshots.payload.permits import Permits
from streams.snapshots.payload.unpickler import load
from tests import builders
from tests.streams.snapshots.payload.test_unpickler import GAUGE, call, named, payload, signed, text
from tests.streams.snapshots.payloads import dumped

BUILD, APPEND, SETITEM, ADD, MEMOIZE, POP = b"b", b"a", b"s", b"\x90", b"\x94", b"0"


def item(key: bytes, value: bytes) -> bytes:
    return b"}" + key + value + SETITEM


def slots(name: str, value: bytes) -> bytes:
    """The state that sets an attribute by ``setattr``."""
    return b"N" + item(text(name), value) + b"\x86"


def instance(module: str, name: str, *args: bytes) -> bytes:
    return named(module, name) + b"(" + b"".join(args) + b"t\x81"


def get(n: int) -> bytes:
    return b"h" + bytes([n])


NB = named("river.naive_bayes.gaussian", "GaussianNB")
LEARNER = named("models.learner", "Learner")
DEEPCOPY = named("copy", "deepcopy")
COUNTERS = named("models.recipes.bayes", "_counters")
PART = named("streams.snapshots.payload.references", "gauge_part")
BOUND = named("streams.snapshots.payload.references", "bound_method")
DTYPE = named("numpy", "dtype")
PARTIAL = named("functools", "partial")
MEAN = instance("river.stats.mean", "Mean")
WINDOW = instance("river.utils.sorted_window", "SortedWindow")
PARTLY = call(PARTIAL, DEEPCOPY)
ONE, TWO, YES = b"K\x01", b"K\x02", b"\x88"

WORDS = call(
    named("numpy._core.numeric", "_frombuffer"),
    b"\x96" + (624 * 4).to_bytes(8, "little") + b"\1" * 624 * 4,
    call(DTYPE, text("u4")),
    b"M\x70\x02\x85",  # (624,)
    text("C"),
)


def twister(pos: int, key: bytes = WORDS) -> bytes:
    """A generator of random numbers that reads its next word at ``pos``."""
    made = call(named("numpy.random._pickle", "__bit_generator_ctor"), named("numpy.random._mt19937", "MT19937"))
    words = b"}(" + text("key") + key + text("pos") + b"J" + pos.to_bytes(4, "little", signed=True) + b"u"
    state = b"}(" + text("bit_generator") + text("MT19937") + text("state") + words + b"u"
    return made + b"(" + state + b"Nt" + BUILD


def doubled(times: int) -> bytes:
    """A tuple of itself twice, and so on: small, and its words never end."""
    return b")\x94" + b"".join(b"h" + bytes([n]) + b"\x86\x94" for n in range(times))


HUGE_WINDOW = b"J\xff\xff\xff\x7f"

FORGED = {
    "a class attribute": NB + slots("pwned", YES) + BUILD,
    "a method of a class": LEARNER + slots("handle", DEEPCOPY) + BUILD,
    "a class attribute from the memo": NB + MEMOIZE + POP + get(0) + slots("pwned", YES) + BUILD,
    "a __setstate__ for a class": named("river.stats.mean", "Mean") + slots("__setstate__", DEEPCOPY) + BUILD,
    "what a dotted name means": named("river.tree.splitter.ebst_splitter", "EBSTNode")
    + slots("_update_estimator_univariate", DEEPCOPY)
    + BUILD,
    "a class of Python's": named("collections", "Counter") + slots("update", DEEPCOPY) + BUILD,
    "a function's attributes": DEEPCOPY + item(text("pwned"), YES) + BUILD,
    "a function's defaults": COUNTERS + slots("__defaults__", ONE + b"\x85") + BUILD,
    "the worker's gauge": call(PART, text("")) + item(text("name"), text("other")) + BUILD,
    "the worker's gauge by slots": call(PART, text("")) + slots("__dict__", b"}") + BUILD,
    "a section of the gauge": call(PART, text("server")) + item(text("host"), text("0.0.0.0")) + BUILD,
    "an item of the gauge": call(PART, text("")) + text("name") + text("other") + SETITEM,
    "a bound method": call(BOUND, named("river.multiclass.occ", "OutputCodeClassifier"), text("_next_code"))
    + item(text("pwned"), YES)
    + BUILD,
    "an enumeration": named("schemas.events", "Reason") + slots("pwned", YES) + BUILD,
    "a member of an enumeration": call(named("schemas.events", "Reason"), text("not_json"))
    + item(text("_value_"), text("x"))
    + BUILD,
    "the class of an instance": MEAN + slots("__class__", NB) + BUILD,
    "the __dict__ of an instance": MEAN + slots("__dict__", b"}") + BUILD,
    "the class among the attributes": MEAN + item(text("__class__"), NB) + BUILD,
    "a hidden method": MEAN + item(text("update"), PARTLY) + BUILD,
    "a hidden method by slots": MEAN + slots("update", PARTLY) + BUILD,
    "a splitter that is no class": instance("river.tree.nodes.htc_nodes", "LeafNaiveBayesAdaptive")
    + item(text("new_nominal_splitter"), PARTLY)
    + BUILD,
    "a slot that is not declared": instance("river.neighbors.ann.nn_vertex", "Vertex") + slots("farewell", ONE) + BUILD,
    "an attribute that is no text": MEAN + item(ONE, TWO) + BUILD,
    "a state that is no dict": MEAN + b"(" + ONE + b"t" + BUILD,
    "a second state": MEAN + item(text("n"), ONE) + BUILD + item(text("n"), TWO) + BUILD,
    "a state for a plain dict": b"}" + item(text("n"), ONE) + BUILD,
    "a constructor": call(NB),
    "a constructor with arguments": call(named("river.compose.pipeline", "Pipeline"), text("x")),
    "a call of deepcopy": call(DEEPCOPY, MEAN),
    "a call of a function": call(COUNTERS),
    "a call of a partial": call(PARTLY, MEAN),
    "a call of an instance": call(instance("river.optim.initializers", "Zeros")),
    "a call of a bound method": call(call(BOUND, NB, text("_calc_tau_0"))),
    "a call of what text says": call(text("os.system"), text("true")),
    "a call with a list of arguments": named("random", "Random") + b"]R",
    "an int made": instance("builtins", "int", ONE),
    "a dict made": instance("builtins", "dict"),
    "a partial made": instance("functools", "partial", DEEPCOPY),
    "an instance with arguments": instance("river.stats.mean", "Mean", ONE),
    "an instance with keywords": named("river.stats.mean", "Mean") + b")}\x92",
    "a new enumeration": call(named("schemas.events", "Reason"), text("New"), text("A B")),
    "an enumeration's member made": instance("schemas.events", "Reason", text("not_json")),
    "an instance of an instance": MEAN + b")\x81",
    "an append to what has append": WINDOW + ONE + APPEND,
    "an append to what was given one": MEAN + item(text("append"), PARTLY) + BUILD + ONE + APPEND,
    "an append to a class": named("collections", "deque") + ONE + APPEND,
    "members for what was given add": MEAN + item(text("add"), PARTLY) + BUILD + b"(" + ONE + ADD,
    "members for sorted codes": call(named("models.recipes.steady", "SortedCodes"), b"]") + b"(" + ONE + ADD,
    "an item of what has __setitem__": WINDOW + ONE + TWO + SETITEM,
    "an item of a class": NB + ONE + TWO + SETITEM,
    "a key without a value": b"}(" + ONE + b"u",
    "a key that runs code": b"}" + instance("statistics", "NormalDist") + ONE + SETITEM,
    "a key that runs code in a tuple": b"}" + instance("statistics", "NormalDist") + b"\x85" + ONE + SETITEM,
    "a key of endless tuples": b"}" + b")" + b"\x94h\x00\x86" * 200 + ONE + SETITEM,
    "a member that runs code": b"\x8f(" + instance("statistics", "NormalDist") + ADD,
    "a frozen member that runs code": b"(" + instance("statistics", "NormalDist") + b"\x91",
    "another function in a partial": PARTLY + b"(" + NB + b")}Nt" + BUILD,
    "attributes of a partial": PARTLY + b"(" + DEEPCOPY + b")}" + item(text("pwned"), YES) + b"t" + BUILD,
    "another byte order for everybody": call(DTYPE, text("f8"), b"\x89", YES)
    + b"("
    + b"K\x03"
    + text(">")
    + b"NNN" * 1
    + b"J\xff\xff\xff\xff" * 2
    + b"K\x00t"
    + BUILD,
    "any class as a bit generator": call(named("numpy.random._pickle", "__bit_generator_ctor"), NB),
    "a bit generator by name": call(named("numpy.random._pickle", "__bit_generator_ctor"), text("PCG64")),
    "a constructor for random state": call(
        named("numpy.random._pickle", "__randomstate_ctor"), text("MT19937"), DEEPCOPY
    ),
    "numbers from an object": call(named("numpy._core.multiarray", "scalar"), call(DTYPE, text("f8")), MEAN),
    "an array of another's memory": call(
        named("numpy._core.numeric", "_frombuffer"), MEAN, call(DTYPE, text("f8")), b")", text("C")
    ),
    "a generator's state of objects": call(named("random", "Random")) + b"(K\x03(" + MEAN + b"tNt" + BUILD,
    "an old generator's state": call(named("random", "Random")) + b"(K\x02(" + MEAN + b"tNt" + BUILD,
    "a size for Rust beyond all memory": instance(
        "river._river_rust.stats", "RsRollingQuantile", b"G" + b"\x3f" + b"\0" * 7, b"\x8a\x07" + b"\xff" * 6 + b"\x01"
    ),
    "a window for Rust that ends the process": instance("river._river_rust.stats", "RsRollingROCAUC", YES, HUGE_WINDOW),
    "random numbers from beyond their memory": twister(2**31 - 1),
    "random numbers from before their memory": twister(-1),
    "random numbers from too few words": twister(
        0,
        call(
            named("numpy._core.numeric", "_frombuffer"), b"C\x04abcd", call(DTYPE, text("u4")), ONE + b"\x85", text("C")
        ),
    ),
    "an object for Rust": instance("river._river_rust.stats", "RsEWMean", MEAN),
    "a Rust state that is no bytes": instance("river._river_rust.stats", "RsPeakToPeak") + MEAN + BUILD,
    "a default that can only be called here": call(named("collections", "defaultdict"), PART),
    "a name that is no text": b"C\x02os" + text("system") + b"\x93",
    "a name without a module": text("system") + b"\x93",
    "two states": b"NN",
    "a mark that is left": b"(N",
    "a length beyond the end": b"\x8e" + b"\xff" * 8,
    "a text beyond the end": b"X\xff\xff\xff\x7fabc",
}
"""By what is attacked: the opcodes."""


def attributes(thing: Any) -> dict[str, Any]:
    return dict(vars(thing))


def everything() -> dict[str, Any]:
    """What attacks reach for: all classes and functions of the table, and the gauge."""
    found = {}
    for module, name in names.NAMES:
        thing = reduce(getattr, name.split("."), import_module(module))
        if hasattr(thing, "__dict__") and not isinstance(thing, np.dtype):
            found[f"{module}.{name}"] = attributes(thing)
            if hasattr(thing, "__defaults__"):
                found[f"{module}.{name}()"] = (thing.__defaults__, thing.__kwdefaults__, thing.__code__)
    found["gauge"] = GAUGE.model_dump()
    found["f8"] = np.dtype("f8").byteorder
    return found


@pytest.mark.parametrize("attack", FORGED)
def test_an_attack_with_admitted_names_is_refused_and_changes_nothing(attack):
    body = FORGED[attack]
    before = everything()

    with pytest.raises(SnapshotRefusedError) as raised:
        load(signed(payload(body)), GAUGE)

    assert raised.value.reason in (Refusal.FORGED, Refusal.NAME), raised.value
    assert everything() == before


LACKING = {
    "no state": b"",
    "an empty state": b"}" + BUILD,
    "some of its attributes": item(text("gauge"), call(PART, text(""))) + BUILD,
}
"""By what is wrong with it: what is given to an instance of the learner's class."""


@pytest.mark.parametrize("wrong", LACKING)
def test_a_learner_without_its_attributes_is_refused(wrong):
    with pytest.raises(SnapshotRefusedError, match=r"Learner without .*") as raised:
        load(signed(payload(instance("models.learner", "Learner") + LACKING[wrong])), GAUGE)

    assert raised.value.reason is Refusal.FORGED


def test_an_object_deep_in_a_state_that_lacks_or_adds_an_attribute_is_refused():
    learner, _ = builders.run(GAUGE, [builders.record(1, a=1.0)])
    whole = dumped(learner)
    assert whole.count(b"\x8c\x07_served") == 1

    with pytest.raises(SnapshotRefusedError, match="an attribute '_swerve', which no Board has") as raised:
        load(signed(whole.replace(b"\x8c\x07_served", b"\x8c\x07_swerve"), position=1), GAUGE)

    assert raised.value.reason is Refusal.FORGED


@pytest.mark.parametrize(
    ("module", "name", "state", "words"),
    [
        ("river.stats.mean", "Mean", item(text("n"), ONE), "a Mean without _mean"),
        ("river.drift.adwin", "ADWIN", item(text("delta"), ONE), "a ADWIN without .*_helper"),
        ("river.stats.mean", "Mean", item(text("_m3"), ONE), "an attribute '_m3', which no Mean has"),
    ],
)
def test_an_object_of_rivers_that_lacks_or_adds_an_attribute_is_refused(module, name, state, words):
    with pytest.raises(SnapshotRefusedError, match=words) as raised:
        load(signed(payload(instance(module, name) + state + BUILD)), GAUGE)

    assert raised.value.reason is Refusal.FORGED


LEARNER_STATE = {
    "a gauge of its own": ("gauge", b"}"),
    "a position whose words never end": ("next_offset", doubled(60)),
    "a position too long for words": ("next_offset", b"\x8b" + (4000).to_bytes(4, "little") + b"\x7f" * 4000),
    "a position whose words fail": ("next_offset", instance("river.compose.pipeline", "Pipeline")),
}
"""By what is wrong with it: an attribute of the learner, and its value. All others are there."""


@pytest.mark.parametrize("wrong", LEARNER_STATE)
def test_what_only_looks_like_a_learner_is_refused_and_not_asked_for_its_words(wrong):
    name, value = LEARNER_STATE[wrong]
    whole = dict.fromkeys(attributes_of(Learner), b"N") | {"gauge": call(PART, text("")), name: value}
    state = b"}(" + b"".join(text(other) + is_now for other, is_now in whole.items()) + b"u" + BUILD

    with pytest.raises(
        SnapshotRefusedError, match=r"expected a learner at 0, got a learner|Pipeline without"
    ) as raised:
        load(signed(payload(instance("models.learner", "Learner") + state)), GAUGE)

    assert raised.value.reason in (Refusal.STATE, Refusal.FORGED)


def test_a_generator_goes_on_from_every_word_that_it_can_have_reached():
    for pos in (0, 1, 623, 624):
        bits = Interpreter(payload(twister(pos)), Permits(GAUGE, admitted_by(GAUGE))).read()
        assert bits.state["state"]["pos"] == pos


def test_a_refusal_has_little_of_what_a_payload_would_have_it_log():
    name = b"\x8c\x03\xed\xa0\x80" + b"X" + (10**6).to_bytes(4, "little") + b"\n" * 10**6 + b"\x93"

    with pytest.raises(SnapshotRefusedError) as raised:
        load(signed(payload(name)), GAUGE)

    assert len(str(raised.value)) < 1_000
    assert str(raised.value).isascii()
    assert "\n" not in str(raised.value)


KNOWN = b"J\x8a\x94Khj.\x95(01N\x88\x89MG\x8b\x8cX\x8dCB\x8e\x96)]}\x8f\x85\x86\x87t\x91aesu\x90\x93R\x81\x92b"


@pytest.mark.parametrize("code", [op.code for op in pickletools.opcodes if op.code.encode("latin-1") not in KNOWN])
def test_an_opcode_that_our_pickler_does_not_write_is_refused(code):
    with pytest.raises(SnapshotRefusedError, match="opcode b") as raised:
        load(signed(payload(b"N" + code.encode("latin-1") + b"0\n0\n0\n0\n")), GAUGE)

    assert raised.value.reason is Refusal.FORGED


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_state_that_is_cut_is_refused(cut):
    learner, _ = builders.run(GAUGE, [builders.record(1, a=1.0)])

    with pytest.raises(SnapshotRefusedError):
        load(signed(dumped(learner)[:cut], position=1), GAUGE)


@pytest.mark.parametrize("n", [b"h\x05", b"j\xff\xff\xff\x7f"])
def test_what_was_never_remembered_cannot_be_had(n):
    with pytest.raises(SnapshotRefusedError):
        load(signed(payload(n)), GAUGE)


def test_whatever_an_attacker_changes_in_a_state_is_refused_or_makes_only_a_learner():
    # Every opcode of a real state replaced by one of BUILD, REDUCE and SETITEM, in turn.
    learner, _ = builders.run(GAUGE, [builders.record(1, a=1.0)])
    whole = dumped(learner)
    before = everything()

    for (_op, _argument, at), code in zip(pickletools.genops(whole), itertools.cycle(b"bRs"), strict=False):
        with suppress(SnapshotRefusedError):
            load(signed(whole[:at] + bytes([code]) + whole[at + 1 :], position=1), GAUGE)

    assert everything() == before


def test_every_class_of_the_table_that_wants_its_state_in_a_way_of_its_own_has_one_written_for_it():
    # The way is looked at before a class comes here: `Attributes`, or a function of permits.py.
    wanting = set()
    for module, name in names.NAMES:
        thing = reduce(getattr, name.split("."), import_module(module))
        if isinstance(thing, type) and hasattr(thing, "__setstate__") and thing is not np.dtype:
            permits = Permits(GAUGE, admitted_by(GAUGE))
            permits.named(module, name)
            if thing not in permits.states:
                wanting.add(f"{module}.{name}")

    assert wanting == {"numpy.random._mt19937.MT19937"}  # it is made, and gets its state, by a function


def test_no_class_of_the_table_does_anything_when_it_goes():
    going = [
        name
        for module, name in names.NAMES
        if hasattr(reduce(getattr, name.split("."), import_module(module)), "__del__")
    ]

    assert going == []


def test_containers_and_defaults_come_back():
    factory = partial(defaultdict, int)
    made: Any = [defaultdict(factory, {1: 2}), deque([1, 2], 5), {"k": {1.5, None}}, frozenset({(1, "a")}), 2**2100]

    again = Interpreter(pickle.dumps(made, 5), Permits(GAUGE, admitted_by(GAUGE))).read()

    assert again[1:] == made[1:]
    assert again[1].maxlen == 5
    assert again[0] == {1: 2}
    assert again[0]["new"] == {}

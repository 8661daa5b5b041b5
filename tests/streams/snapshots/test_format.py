"""The file format: golden bytes, the order of the checks, and that nothing damaged gets past them."""

from __future__ import annotations

import os
import pickle
from collections import Counter
from typing import Any

import pytest

from streams.snapshots import format as snapshot_format
from streams.snapshots.failures import Refusal, SnapshotRefusedError, SnapshotUnpicklableError
from streams.snapshots.fingerprint import Fingerprint, fingerprint
from streams.snapshots.format import LARGEST_HEADER, About, Payload, encode, key_name, read_header, verify
from streams.snapshots.identity import Identity
from streams.snapshots.payload.unpickler import load
from tests import builders
from tests.streams.snapshots.damage import KINDS, Source, damages
from tests.streams.snapshots.payloads import of

KEY = bytes(range(32))
GAUGE = builders.gauge()
ABOUT = About(
    gauge="pumps",
    gauge_digest=GAUGE.digest,
    gauge_file='{"name":"pumps"}',
    topic="pumps.readings",
    partition=2,
    partitions=8,
    champion=None,
    start="",
    epoch=1,
    position=4_182,
    last=Fingerprint(offset=4_181, digest="00112233445566778899aabbccddeeff"),
    libraries={"python": "3.11.7", "river": "0.26.1"},
    build="0.1.0+0123456789abcdef",
    cpu="x86_64; glibc 2.36; fma avx2",
)

GOLDEN_ABOUT = ABOUT.model_copy(update={"gauge_digest": "0f1e2d3c4b5a6978"})
GOLDEN_PAYLOAD = Payload({"learner": b"payl", "labels": b"oad"}, {"models.learner:Learner": ["board", "gauge"]})
GOLDEN = (
    b"\x89RGS\r\n\x1a\n"
    b"\x00\x00\x00\x01"
    b"\x00\x00\x02\xa3"
    b'{"gauge":"pumps","gauge_digest":"0f1e2d3c4b5a6978",'
    b'"gauge_file":"{\\"name\\":\\"pumps\\"}","topic":"pumps.readings","partition":2,'
    b'"partitions":8,"epoch":1,"position":4182,"last":{"offset":4181,"digest":"00112233445566778899aabbccddeeff"},'
    b'"champion":null,"start":"","libraries":{"python":"3.11.7","river":"0.26.1"},"build":"0.1.0+0123456789abcdef",'
    b'"cpu":"x86_64; glibc 2.36; fma avx2","key":"db708c18ab8886b4",'
    b'"shape":{"models.learner:Learner":["board","gauge"]},"parts":['
    b'{"name":"learner","size":4,"sha256":"d673dfc4cc127f43247c3d688ccc3562093b659928a3ea175cb74f8ab1cd58b2"},'
    b'{"name":"labels","size":3,"sha256":"35b3c43886d9302f6865e033d509eb53aae015d9ca3bda2ba3fccc271811fdcd"}]}'
    b"payload"
)


def refusal(blob: bytes, key: bytes = KEY) -> SnapshotRefusedError:
    with pytest.raises(SnapshotRefusedError) as raised:
        verify(blob, key)
    return raised.value


class Trap:
    """Unpickled, it makes a directory."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (self.path,)


# -- the bytes --------------------------------------------------------------------------------------------------------


def test_the_bytes_of_format_1_stay_as_they_are():
    blob = encode(GOLDEN_ABOUT, GOLDEN_PAYLOAD, KEY)

    assert blob[:-32] == GOLDEN
    assert blob[-32:].hex() == "5d8c19ef9ca6076cf83502c8078a38ab16668d4a4d60f858da51d1e46c0c853d"


def test_what_was_written_is_read_back():
    verified = verify(encode(ABOUT, of(b"payload"), KEY), KEY)

    assert bytes(verified.parts["learner"]) == b"payload"
    assert About.model_validate(verified.header.model_dump(include=set(About.model_fields))) == ABOUT
    assert verified.header.identity == Identity(
        gauge="pumps", topic="pumps.readings", partition=2, epoch=1, position=4_182
    )


def test_a_header_can_be_read_without_the_key():
    assert read_header(encode(ABOUT, of(b"payload"), KEY)).position == 4_182


def test_a_gauge_file_that_no_header_can_hold_is_refused_when_it_is_written():
    whole = ABOUT.model_copy(update={"gauge_file": "x" * (LARGEST_HEADER - 1_000)})
    assert verify(encode(whole, of(b""), KEY), KEY).header.about() == whole

    with pytest.raises(SnapshotUnpicklableError, match=r"at most 16,777,216 bytes, got .* gauge file is too long"):
        encode(ABOUT.model_copy(update={"gauge_file": "x" * LARGEST_HEADER}), of(b""), KEY)


def test_a_state_at_0_has_no_last_record():
    about = ABOUT.model_copy(update={"position": 0, "last": None})

    assert verify(encode(about, of(b""), KEY), KEY).header.last is None


def test_a_key_has_a_name_that_is_not_the_key():
    assert key_name(KEY) != key_name(KEY[::-1])
    assert KEY.hex()[:16] != key_name(KEY)


@pytest.mark.parametrize(
    "other", [(42, b"k", b"v"), (41, None, b"v"), (41, b"", b"v"), (41, b"kv", b""), (41, b"k", None)]
)
def test_every_part_of_a_record_is_in_its_fingerprint(other):
    assert fingerprint(*other) != fingerprint(41, b"k", b"v")


# -- what is wrong, in the order in which it is looked for ------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "reason", "words"),
    [
        (lambda b: b"PK\x03\x04" + b, Refusal.FOREIGN, "no snapshot of Rivergauge: expected a file that begins with"),
        (lambda b: b"", Refusal.FOREIGN, "take it out of the store"),
        (lambda b: b.replace(b"\r\n", b"\n", 1), Refusal.FOREIGN, "got b'\\x89RGS\\n"),
        (lambda b: b[:8] + b"\0\0\0\2" + b[12:], Refusal.FORMAT, "expected 1, the one that this version reads, got 2"),
        (lambda b: b[:10], Refusal.LENGTH, "expected at least 16 bytes, got 10"),
        (lambda b: b[:-1], Refusal.LENGTH, "use the one before it"),
        (lambda b: b + b"\0", Refusal.LENGTH, "snapshot length: expected"),
        (lambda b: b[:12] + b"\xff\xff\xff\xff" + b[16:], Refusal.LENGTH, "snapshot header: expected at most"),
        (lambda b: b.replace(b'"epoch":1', b'"epoch":x'), Refusal.LENGTH, "expected the fields of format 1"),
        (lambda b: b.replace(b'"epoch":1', b'"epoqh":1'), Refusal.LENGTH, "epoch: Field required"),
        (lambda b: b[:-39] + b"Payload" + b[-32:], Refusal.CHECKSUM, "snapshot checksum: expected 239f59ed"),
        (lambda b: b.replace(b'"epoch":1', b'"epoch":2'), Refusal.SIGNATURE, "header or signature were changed"),
        (lambda b: b[:-1] + bytes([b[-1] ^ 1]), Refusal.SIGNATURE, "expected one made with our key"),
    ],
)
def test_what_is_wrong_is_said(damage, reason, words):
    error = refusal(damage(encode(ABOUT, of(b"payload"), KEY)))

    assert error.reason is reason
    assert words in str(error)


def test_another_key_is_told_from_damage():
    error = refusal(encode(ABOUT, of(b"payload"), b"x" * 32))

    assert error.reason is Refusal.KEY
    assert f"expected one signed with our key {key_name(KEY)}, got one signed with {key_name(b'x' * 32)}" in str(error)


def test_a_signature_by_another_key_under_our_keys_name_is_refused(monkeypatch):
    monkeypatch.setattr(snapshot_format, "key_name", lambda key: "0" * 16)

    assert refusal(encode(ABOUT, of(b"payload"), b"x" * 32)).reason is Refusal.SIGNATURE


@pytest.mark.parametrize("worse", [1, 2, 3, 4, 5])
def test_of_several_faults_the_first_in_order_is_said(worse):
    faults = [
        (Refusal.SIGNATURE, lambda b: b[:-1] + bytes([b[-1] ^ 1])),
        (Refusal.KEY, lambda b: b.replace(key_name(KEY).encode(), b"0" * 16)),
        (Refusal.CHECKSUM, lambda b: b[:-39] + b"Payload" + b[-32:]),
        (Refusal.LENGTH, lambda b: b + b"\0"),
        (Refusal.FORMAT, lambda b: b[:8] + b"\0\0\0\2" + b[12:]),
    ]
    blob = encode(ABOUT, of(b"payload"), KEY)
    for _reason, fault in faults[:worse]:
        blob = fault(blob)

    assert refusal(blob).reason is faults[worse - 1][0]


# -- damage -----------------------------------------------------------------------------------------------------------


def test_300_damaged_snapshots_are_refused_before_anything_is_unpickled(tmp_path):
    trap = tmp_path / "was unpickled"
    payload = pickle.dumps([Trap(str(trap)), b"x" * 5_000], 5)
    source = Source(ABOUT, payload, KEY)
    reasons: Counter[str] = Counter()
    kinds: Counter[str] = Counter()

    for _seed, kind, blob in damages(source, range(300)):
        with pytest.raises(SnapshotRefusedError) as raised:
            load(verify(blob, KEY), GAUGE)
        reasons[raised.value.reason] += 1
        kinds[kind] += 1

    assert not trap.exists()
    assert kinds.keys() == KINDS.keys()
    # What is no regular file, its store refuses.
    assert reasons.keys() == {*list(Refusal)[1 : list(Refusal).index(Refusal.SIGNATURE) + 1]}
    # The trap is a live one, and right bytes get as far as the unpickler, which does not know os.mkdir either.
    with pytest.raises(SnapshotRefusedError, match=r"names what it may not: .* got posix\.mkdir"):
        load(verify(source.blob, KEY), GAUGE)
    assert not trap.exists()
    pickle.loads(payload)
    assert trap.exists()

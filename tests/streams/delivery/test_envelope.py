"""Effects to records: golden bytes. A change of what is written here is a change of the public schema.

Oracles: CloudEvents 1.0.2, Kafka protocol binding, binary mode (attribute names, content-type); Kafka Connect's
``DeadLetterQueueReporter`` (header names); hashlib (SHA-256).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from schemas.evaluated import Evaluated
from schemas.events import Reason
from schemas.record_table import KIND_OF
from schemas.records import (
    AlertStatus,
    DeadLetter,
    DriftAlert,
    ModelVersion,
    Prediction,
    VersionStep,
    WindowReport,
)
from streams.delivery.envelope import OVERHEAD_BYTES, Envelope, Output, rfc3339
from tests import builders

TIME = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
STAMP = 1_700_000_000_123

PREDICTION = Prediction(
    position=41,
    id="pump-7",
    time=TIME,
    key=b"north",
    y_pred="bad",
    probabilities={"good": 0.25, "bad": 0.75},
    version="2-7",
    held_out=False,
)
ALERT = DriftAlert(
    position=41,
    time=TIME,
    episode="2-1",
    status=AlertStatus.OPENED,
    cause="error_rose",
    severity="major",
    drift="concept",
    detector="betting",
    statistic=12.5,
    threshold=11.5,
    loss_before=0.1,
    loss_now=0.5,
    version="2-7",
    first=3,
    last=40,
    labels=30,
    coverage=0.75,
)
VERSION = ModelVersion(
    position=41,
    time=None,
    version="2-7",
    step=VersionStep.PROMOTED,
    candidate="naive_bayes",
    parent="2-6",
    trigger="drift",
    reason="better by 0.1",
    gauge_digest="0123456789abcdef",
    learned_first=3,
    learned_last=None,
    learned_labels=30,
    libraries={"river": "0.26.1"},
    figures={"Accuracy": 0.9, "lead": None},
)
REPORT = WindowReport(
    position=41,
    time=TIME,
    window=2,
    first=3,
    last=40,
    labels=30,
    champion="2-7",
    models={"2-7": {"Accuracy": 0.9}},
    coverage=0.75,
    figures={},
    verdict=None,
    service=Evaluated(),
)
DEAD_LETTER = DeadLetter(
    position=41, time=None, source=39, reason=Reason.NOT_JSON, detail="expected value", key=b"k", raw=b"\xff{"
)


def envelope(max_message_bytes: int = 1_048_588) -> Envelope:
    return Envelope(builders.gauge(), 2, max_message_bytes)


def headers(output: Output) -> dict[str, bytes]:
    assert len(dict(output.headers)) == len(output.headers)
    return dict(output.headers)


def common(kind: str, n: int = 0) -> list[tuple[str, bytes]]:
    return [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_type", f"io.rivergauge.{kind}.v1".encode()),
        ("ce_source", b"/rivergauge/pumps"),
        ("ce_id", f"pumps:2:41:{kind}:{n}".encode()),
    ]


CE_TIME = ("ce_time", b"2026-01-02T03:04:05.678901Z")

GOLDEN = {
    Prediction: (
        PREDICTION,
        "pumps.predictions",
        b"north",
        b'{"position":41,"id":"pump-7","y_pred":"bad","probabilities":{"good":0.25,"bad":0.75},"version":"2-7",'
        b'"held_out":false}',
        [*common("prediction"), ("ce_subject", b"pump-7"), CE_TIME],
    ),
    DriftAlert: (
        ALERT,
        "pumps.alerts",
        None,
        b'{"position":41,"episode":"2-1","status":"opened","cause":"error_rose","severity":"major","drift":"concept",'
        b'"detector":"betting","statistic":12.5,"threshold":11.5,"loss_before":0.1,"loss_now":0.5,"version":"2-7",'
        b'"first":3,"last":40,"labels":30,"coverage":0.75,"subject":null,"figure":null,"chance":null,"moved":null,"expected_share":null,"advice":null,"severity_by":null}',
        [*common("alert"), CE_TIME],
    ),
    ModelVersion: (
        VERSION,
        "pumps.versions",
        None,
        b'{"position":41,"version":"2-7","step":"promoted","candidate":"naive_bayes","parent":"2-6","trigger":"drift",'
        b'"reason":"better by 0.1","gauge_digest":"0123456789abcdef","learned_first":3,"learned_last":null,'
        b'"learned_labels":30,"libraries":{"river":"0.26.1"},"figures":{"Accuracy":0.9,"lead":null}}',
        common("version"),
    ),
    WindowReport: (
        REPORT,
        "pumps.reports",
        None,
        b'{"position":41,"window":2,"first":3,"last":40,"labels":30,"champion":"2-7",'
        b'"models":{"2-7":{"Accuracy":0.9}},"coverage":0.75,'
        b'"figures":{},"verdict":null,"service":{"verdict":null,'
        b'"fairness":null,"slices":null,"metric_now":null,"uncertainty":null,"confusion":null,'
        b'"residuals":null,"worst":null,"decision":null,"calibration":null},"confusion":null,"residuals":null}',
        [*common("report"), CE_TIME],
    ),
    DeadLetter: (
        DEAD_LETTER,
        "pumps.dead_letters",
        b"k",
        b"\xff{",
        [
            *common("dead_letter")[1:],
            ("ce_reason", b"not_json"),
            ("rivergauge_record", b"event"),
            ("__connect.errors.topic", b"pumps"),
            ("__connect.errors.partition", b"2"),
            ("__connect.errors.connector.name", b"pumps"),
            ("__connect.errors.task.id", b"2"),
            ("__connect.errors.offset", b"39"),
            ("__connect.errors.stage", b"VALUE_CONVERTER"),
            ("__connect.errors.class.name", b"rivergauge"),
            ("__connect.errors.exception.class.name", b"rivergauge.not_json"),
            ("__connect.errors.exception.message", b"expected value"),
        ],
    ),
}


def test_every_kind_has_golden_bytes():
    assert GOLDEN.keys() == KIND_OF.keys()


@pytest.mark.parametrize("record", GOLDEN)
def test_record_is_golden(record: type):
    effect, topic, key, value, expected = GOLDEN[record]

    output = envelope().seal(effect, 41, 0, STAMP)

    assert output.topic == topic
    assert output.key == key
    assert output.value == value
    assert output.headers == expected
    assert output.timestamp == STAMP


def test_n_counts_effects_of_one_kind_at_one_position():
    ids = [headers(envelope().seal(VERSION, 41, n, STAMP))["ce_id"] for n in (0, 1, 2)]

    assert ids == [b"pumps:2:41:version:0", b"pumps:2:41:version:1", b"pumps:2:41:version:2"]


def test_the_id_names_the_record_that_was_handled_not_the_one_refused():
    output = envelope().seal(DEAD_LETTER, 41, 0, STAMP)

    assert headers(output)["ce_id"] == b"pumps:2:41:dead_letter:0"
    assert headers(output)["__connect.errors.offset"] == b"39"


def test_an_event_without_time_has_no_ce_time():
    output = envelope().seal(PREDICTION._replace(time=None), 41, 0, STAMP)

    assert "ce_time" not in headers(output)


@pytest.mark.parametrize("reason", [Reason.DUPLICATE_ID, Reason.DUPLICATE_LABEL, Reason.ORPHAN_LABEL])
def test_what_only_the_state_can_tell_is_found_in_the_task(reason: Reason):
    output = envelope().seal(DEAD_LETTER._replace(reason=reason), 41, 0, STAMP)

    assert headers(output)["__connect.errors.stage"] == b"TASK_PUT"


def test_a_tombstone_stays_a_tombstone():
    output = envelope().seal(DEAD_LETTER._replace(raw=None, key=None), 41, 0, STAMP)

    assert (output.key, output.value) == (None, None)


def test_an_oversize_dead_letter_carries_prefix_length_and_digest():
    raw = bytes(range(256)) * 40
    limit = OVERHEAD_BYTES + 1_000

    output = envelope(limit).seal(DEAD_LETTER._replace(raw=raw, key=b"k"), 41, 0, STAMP)

    assert output.value == raw[:999]
    assert output.key == b"k"
    assert headers(output)["rivergauge_value_length"] == b"10240"
    assert headers(output)["rivergauge_value_sha256"] == hashlib.sha256(raw).hexdigest().encode()


def test_a_dead_letter_that_just_fits_is_whole():
    raw = b"x" * 999

    output = envelope(OVERHEAD_BYTES + 1_000).seal(DEAD_LETTER._replace(raw=raw, key=b"k"), 41, 0, STAMP)

    assert output.value == raw
    assert "rivergauge_value_length" not in headers(output)


def test_an_oversize_key_is_cut_as_well():
    key = b"k" * 2_000

    output = envelope(OVERHEAD_BYTES + 1_000).seal(DEAD_LETTER._replace(key=key), 41, 0, STAMP)

    assert (output.key, output.value) == (key[:1_000], b"")
    assert headers(output)["rivergauge_key_length"] == b"2000"


def test_a_prediction_does_not_carry_a_key_the_topic_would_refuse():
    output = envelope(OVERHEAD_BYTES + 1_000).seal(PREDICTION._replace(key=b"k" * 2_000), 41, 0, STAMP)

    assert output.key is None


def test_headers_of_the_longest_dead_letter_fit_the_room_kept_for_them():
    gauge = builders.gauge('[topics]\ninput = "' + "t" * 180 + '"').model_copy(update={"name": "g" * 200})
    effect = DEAD_LETTER._replace(detail="é" * 100_000, raw=b"x" * 3_000, key=b"k" * 3_000)

    output = Envelope(gauge, 2**31 - 1, OVERHEAD_BYTES + 1_000).seal(effect, 2**63 - 1, 10**6, STAMP)

    framing = 100 + 20 * len(output.headers)  # batch header; lengths and deltas as varints
    assert sum(len(name) + len(value) for name, value in output.headers) + framing <= OVERHEAD_BYTES


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), b"2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC), b"2026-01-02T03:04:05.000060Z"),
        (datetime(2026, 1, 2, 3, 4, 5), b"2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), b"2026-01-02T01:04:05Z"),
        (datetime(1, 1, 1, tzinfo=UTC), b"0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(time: datetime, text: bytes):
    assert rfc3339(time) == text
    if time.tzinfo is not None:
        assert datetime.fromisoformat(text.decode()) == time


@pytest.mark.parametrize(
    ("reason", "of_label", "record"),
    [
        (Reason.NOT_JSON, False, b"event"),
        (Reason.ORPHAN_LABEL, True, b"label"),
        (Reason.COMMAND_REFUSED, False, b"command"),
    ],
)
def test_a_dead_letter_says_what_was_refused(reason, of_label, record):
    letter = DeadLetter(41, None, 39, reason, "no event", b"k", b"{}", of_label)

    assert ("rivergauge_record", record) in envelope().seal(letter, 41, 0, None).headers

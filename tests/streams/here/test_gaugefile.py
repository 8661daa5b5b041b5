"""What the environment may say instead of the gauge file: where and how, never what."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.gauge import GaugeError
from streams.here.gaugefile import OVERRIDES, load

GAUGE = """
name = "pumps"
task = "regression"
[connection]
security = "sasl_tls"
sasl_username = "me"
[label]
field = "y"
[features]
a = "number"
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in OVERRIDES:
        monkeypatch.delenv(variable, raising=False)
    made = tmp_path / "gauge.toml"
    made.write_text(GAUGE)
    return made


def test_delivery_and_the_snapshots_directory_can_be_named_by_the_environment(path, monkeypatch):
    plain = load(path)
    monkeypatch.setenv("RIVERGAUGE_DELIVERY", "at-least-once")
    monkeypatch.setenv("RIVERGAUGE_SNAPSHOTS_DIRECTORY", "/mnt/state")

    gauge = load(path)

    assert (plain.delivery, plain.snapshots.directory) == ("exactly-once", None)
    assert (gauge.delivery, gauge.snapshots.directory) == ("at-least-once", "/mnt/state")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RIVERGAUGE_BOOTSTRAP_SERVERS", "kafka:9092"),
        ("RIVERGAUGE_SASL_USERNAME", "somebody"),
        ("RIVERGAUGE_SERVER_HOST", "::1"),
        ("RIVERGAUGE_SERVER_PORT", "1"),
        ("RIVERGAUGE_SNAPSHOTS_DIRECTORY", "/mnt/state"),
        ("RIVERGAUGE_DELIVERY", "at-least-once"),
    ],
)
def test_the_environment_changes_the_gauge_and_not_its_meaning(path, monkeypatch, variable, value):
    plain = load(path)
    monkeypatch.setenv(variable, value)

    gauge = load(path)

    assert gauge != plain
    assert gauge.digest == plain.digest


def test_every_override_is_tried_above():
    [mark] = test_the_environment_changes_the_gauge_and_not_its_meaning.pytestmark

    assert {variable for variable, _ in mark.args[1]} == OVERRIDES.keys()


def test_what_the_environment_says_wrongly_is_said_with_the_variable(path, monkeypatch):
    monkeypatch.setenv("RIVERGAUGE_DELIVERY", "twice")

    with pytest.raises(GaugeError, match=r"environment variable RIVERGAUGE_DELIVERY: .*at-least-once.*got 'twice'"):
        load(path)
    monkeypatch.setenv("RIVERGAUGE_DELIVERY", "")
    assert load(path).delivery == "exactly-once"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GAUGE.encode(),
        GAUGE.replace("\n", "\r\n").encode(),
        GAUGE.replace("\n", "\r").encode(),
    ],
)
def test_a_byte_order_mark_and_any_line_ends_may_stand_in_the_file(path, content):
    plain = load(path)
    path.write_bytes(content)

    assert load(path) == plain


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (GAUGE.encode("utf-16"), "no UTF-8 text, but UTF-16 or a binary file; save it as UTF-8"),
        (GAUGE.encode("utf-16-le"), "no UTF-8 text, but UTF-16"),
        (b"\xfe\xff" + GAUGE.encode("utf-16-be"), "no UTF-8 text, but UTF-16"),
        (GAUGE.encode("utf-32"), "no UTF-8 text, but UTF-16"),
        (GAUGE.encode() + b"\0", "a binary file"),
        ((GAUGE + "# caf\xe9").encode("latin-1"), r"line 11 holds byte 0xe9, which is no UTF-8 \(Latin-1\?\)"),
        (b"#" * 4_000_001, "larger than 4,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_utf8_text_is_told_in_one_sentence(path, content, what):
    path.write_bytes(content)

    with pytest.raises(GaugeError, match=what) as caught:
        load(path)

    assert [where for where, _ in caught.value.problems] == [str(path)]


def test_a_file_without_end_is_answered():
    with pytest.raises(GaugeError, match="larger than"):
        load(Path("/dev/zero"))

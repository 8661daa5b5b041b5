"""The table of output records: it has all of them, and nothing else lists them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from schemas.gauge.topics import Topics
from schemas.record_table import KINDS, Kind
from schemas.records import Effect
from streams.delivery import envelope
from streams.delivery.envelope import Envelope
from tests import builders

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "schemas" / "record_table.py"


class Forecast(NamedTuple):
    """A kind of record that does not exist."""

    position: int
    time: datetime | None
    place: bytes

    def body(self) -> bytes:
        return b"{}"


def test_each_effect_of_the_core_has_its_row_and_no_two_share_anything():
    assert tuple(kind.record for kind in KINDS) == get_args(Effect)
    assert all(len(set(column)) == len(KINDS) for column in list(zip(*KINDS, strict=True))[:4])


def test_ids_types_and_topics_are_these():
    assert [(kind.name, kind.ce_type, kind.topic) for kind in KINDS] == [
        ("prediction", "io.rivergauge.prediction.v1", "predictions"),
        ("alert", "io.rivergauge.alert.v1", "alerts"),
        ("version", "io.rivergauge.version.v1", "versions"),
        ("report", "io.rivergauge.report.v1", "reports"),
        ("dead_letter", "io.rivergauge.dead_letter.v1", "dead_letters"),
    ]


def test_the_gauge_file_has_a_topic_for_each_row_named_after_the_input():
    topics = builders.gauge('[topics]\ninput = "river"').topics

    assert topics.outputs == tuple(f"river.{kind.topic}" for kind in KINDS)
    assert {kind.topic for kind in KINDS} <= Topics.model_fields.keys()


def test_a_new_row_is_all_that_sealing_a_new_kind_needs(monkeypatch: pytest.MonkeyPatch):
    row = Kind(Forecast, "forecast", "io.rivergauge.forecast.v3", "reports", content_type="text/plain", key="place")
    monkeypatch.setattr(envelope, "KINDS", (*KINDS, row))

    output = Envelope(builders.gauge(), 2, 10**6).seal(Forecast(7, None, b"weir"), 9, 1, 5)

    assert output == (
        "pumps.reports",
        b"weir",
        b"{}",
        [
            ("content-type", b"text/plain"),
            ("ce_specversion", b"1.0"),
            ("ce_type", b"io.rivergauge.forecast.v3"),
            ("ce_source", b"/rivergauge/pumps"),
            ("ce_id", b"pumps:2:9:forecast:1"),
        ],
        5,
    )


def test_the_docs_table_is_the_tables():
    text = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `\.(\w+)` \| `(io\.[\w.]+)` \| ([^|]+) \|", text, re.MULTILINE)

    assert [row[:2] for row in rows] == [(kind.topic, kind.ce_type) for kind in KINDS]
    assert [row[2] != "none" for row in rows] == [kind.key is not None for kind in KINDS]


def listed(source: str) -> set[str]:
    """The topics and types of the table that a source names: as attributes of topics, or as text.

    Topics as text count only where they stand in a row, for keys of counters and of JSON may have the same names.
    """
    words = {kind.topic for kind in KINDS} | {kind.ce_type for kind in KINDS}
    found: Counter[str] = Counter()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("topics"):
            found[node.attr] += 1
        elif isinstance(node, ast.Tuple | ast.List | ast.Set):
            found.update(item.value for item in node.elts if isinstance(item, ast.Constant))
        elif isinstance(node, ast.Constant) and str(node.value).startswith("io."):
            found[node.value] += 1
    return words & found.keys()


def test_no_other_file_names_all_kinds():
    files = [path for package in ("schemas", "models", "streams", "faults") for path in (ROOT / package).rglob("*.py")]

    lists = {
        path.relative_to(ROOT).as_posix(): names
        for path in files
        if path != TABLE and len(names := listed(path.read_text(encoding="utf-8"))) >= len(KINDS)
    }

    assert lists == {}
    assert len(listed(TABLE.read_text(encoding="utf-8"))) == len(KINDS)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("kept = {topics.alerts: 1, gauge.topics.versions: 2}", {"alerts", "versions"}),
        ('for kind in ("reports", "alerts"): pass', {"reports", "alerts"}),
        ('{"alerts": self.alerts, "versions": result.versions}', set()),
        ('CE_TYPE = "io.rivergauge.alert.v1"', {"io.rivergauge.alert.v1"}),
    ],
)
def test_the_search_for_lists_sees_them(source: str, names: set[str]):
    assert listed(source) == names

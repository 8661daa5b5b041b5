"""Parquet files: read where pyarrow is installed, and a sentence where it is not."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from models.door.decoder import Decoder
from schemas.events import LabelledEvent
from schemas.gauge import parse
from streams.data.datafile import DataFileError, count_rows, rows
from streams.data.replay import records
from streams.data.survey.draft import Wanted, draft
from streams.data.survey.table import look
from streams.data.survey.text import text_of


def test_without_pyarrow_there_is_a_sentence_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "pumps.parquet"
    path.write_bytes(b"PAR1")

    for read in (lambda: list(rows(path)), lambda: count_rows(path)):
        with pytest.raises(DataFileError, match=r"pip install 'rivergauge\[parquet\]'"):
            read()


def test_a_parquet_file_is_neither_packed_nor_has_it_a_delimiter(tmp_path):
    for name, delimiter, words in (("p.parquet.gz", None, "packed inside"), ("p.parquet", ";", "is for CSV files")):
        (tmp_path / name).touch()
        with pytest.raises(DataFileError, match=words):
            rows(tmp_path / name, delimiter)


@pytest.fixture
def pumps(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    n = 2_500
    first = 1_714_550_400_000_000_001
    flows = [None if k % 7 == 0 else float("nan") if k % 7 == 1 else k % 13 / 2 for k in range(n)]
    table = pyarrow.table(
        {
            "at": pyarrow.array([first + k * 10**9 for k in range(n)], pyarrow.timestamp("ns", tz="UTC")),
            "flow": pyarrow.array(flows),
            "price": pyarrow.array([Decimal(k % 50) / 4 for k in range(n)], pyarrow.decimal128(10, 2)),
            "site": pyarrow.array(["nsh"[k % 3] for k in range(n)]).dictionary_encode(),
            "pump": pyarrow.array([{"open": k % 5 == 0, "age": None} for k in range(n)]),
            "failed": pyarrow.array([k % 4 == 0 for k in range(n)]),
        }
    )
    path = tmp_path / "pumps.parquet"
    parquet.write_table(table, path)
    return path


def test_a_parquet_row_is_the_json_line_that_it_would_be(pumps):
    read = list(map(json.loads, rows(pumps)))

    assert count_rows(pumps) == len(read) == 2_500
    assert datetime.fromisoformat(read[2].pop("at")) == datetime(2024, 5, 1, 8, 0, 2, tzinfo=UTC)
    assert read[2] == {"flow": 1.0, "price": 0.5, "site": "h", "pump": {"open": False}, "failed": False}
    assert "flow" not in read[0]
    assert "flow" not in read[1]


def test_a_gauge_file_is_suggested_for_a_parquet_file_and_takes_its_rows(pumps):
    gauge = parse(text_of(draft(look(pumps, "failed"), Wanted("pumps")), "pumps.parquet"))

    types = {name: feature.type for name, feature in gauge.features.items()}
    assert types == {"flow": "number", "price": "number", "site": "category", "pump.open": "boolean"}
    assert (gauge.record.time, gauge.features["flow"].optional) == ("at", True)
    decoder = Decoder(gauge)
    assert {type(decoder.decode(record)) for record in records(rows(pumps), gauge)} == {LabelledEvent}


def test_a_damaged_file_is_named(pumps):
    pumps.write_bytes(pumps.read_bytes()[:500])

    with pytest.raises(DataFileError, match="cannot be read as Parquet"):
        list(rows(pumps))

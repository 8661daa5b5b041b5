import gzip
import json
import re
from pathlib import Path

import pytest

from streams import datafile
from streams.datafile import DataFileError, count_rows, find_example, rows

CSV = "a,b\n1,x\n,\n3,y\n"
CSV_ROWS = [{"a": "1", "b": "x"}, {"a": "", "b": ""}, {"a": "3", "b": "y"}]
LINES = b'{"a": 1}\n{"a":  2.50}\n'


def write(directory: Path, name: str, content: str | bytes, *, zipped: bool = False) -> Path:
    path = directory / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if zipped else data)
    return path


@pytest.mark.parametrize(
    ("name", "zipped"), [("d.csv", False), ("d.csv.gz", True), ("d.CSV", False), ("d.csv", True), ("d.csv.gz", False)]
)
def test_csv_is_read_in_order_and_gzip_is_told_by_the_first_bytes_not_the_name(tmp_path, name, zipped):
    path = write(tmp_path, name, CSV, zipped=zipped)

    assert list(rows(path)) == CSV_ROWS
    assert count_rows(path) == 3


@pytest.mark.parametrize(("name", "zipped"), [("d.jsonl", False), ("d.jsonl.gz", True), ("d.ndjson", False)])
def test_json_lines_come_byte_for_byte(tmp_path, name, zipped):
    path = write(tmp_path, name, LINES, zipped=zipped)

    assert list(rows(path)) == [b'{"a": 1}', b'{"a":  2.50}']
    assert count_rows(path) == 2


def test_json_lines_are_not_judged(tmp_path):
    path = write(tmp_path, "d.jsonl", b'{"a": NaN}\nnot json\n\xff\xfe\n')

    assert list(rows(path)) == [b'{"a": NaN}', b"not json", b"\xff\xfe"]


@pytest.mark.parametrize("name", ["d.csv", "d.jsonl"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n"])
def test_line_ends_blank_lines_and_a_byte_order_mark_are_no_part_of_a_row(tmp_path, name, end):
    lines = ["a,b", "1,x", "", "3,y"] if name == "d.csv" else ['{"a":1}', "", '{"a":3}']
    path = write(tmp_path, name, "\ufeff" + "\r\n".join(lines) + end)

    expected = [{"a": "1", "b": "x"}, {"a": "3", "b": "y"}] if name == "d.csv" else [b'{"a":1}', b'{"a":3}']
    assert list(rows(path)) == expected
    assert count_rows(path) == 2


def test_quoted_cells_may_hold_commas_and_line_ends_and_are_counted_right(tmp_path):
    path = write(tmp_path, "d.csv", 'a,b\n1,"x, ""y""\n\nz"\n2,w\n')

    assert list(rows(path)) == [{"a": "1", "b": 'x, "y"\n\nz'}, {"a": "2", "b": "w"}]
    assert count_rows(path) == 2


def test_a_header_without_rows_gives_no_rows(tmp_path):
    path = write(tmp_path, "d.csv", "a,b\n")

    assert list(rows(path)) == []
    assert count_rows(path) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: expected a header with the names of the columns, got nothing"),
        ("\n1,2\n", "line 1: expected a header with the names of the columns, got nothing"),
        ("1,-2.5e3\n3,4\n", "got only numbers; write a first line with the names"),
        ("a,b,a\n1,2,3\n", "got 'a' twice"),
        ("a,b\n1,2\n3\n", "line 3: expected 2 cells as in the header, got 1"),
        ('a,b\n"1\n",2\n3,4,5\n', "line 4: expected 2 cells as in the header, got 3"),
        ('a,b\n1,"2\n', "not CSV: unexpected end of data"),
        (b"a,b\n1,\xe9\n", "expected UTF-8, got byte 0xe9"),
        (gzip.compress(CSV.encode() * 99)[:-12], "damaged or cut short"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path, content, message):
    path = write(tmp_path, "d.csv", content)

    with pytest.raises(DataFileError, match=re.escape(message)) as caught:
        list(rows(path))

    assert str(caught.value).startswith(str(path))


def test_rows_before_a_ragged_one_are_still_given(tmp_path):
    given = rows(write(tmp_path, "d.csv", "a,b\n1,2\n3\n"))

    assert next(given) == {"a": "1", "b": "2"}
    with pytest.raises(DataFileError):
        next(given)


@pytest.mark.parametrize("ask", [rows, count_rows])
def test_a_missing_file_is_refused_at_once_and_the_nearest_name_given(tmp_path, ask):
    write(tmp_path, "flights.csv.gz", CSV, zipped=True)

    with pytest.raises(DataFileError, match=r"no such file; did you mean 'flights\.csv\.gz'\?"):
        ask(tmp_path / "flight.csv.gz")


@pytest.mark.parametrize("ask", [rows, count_rows])
def test_an_unknown_ending_is_refused_at_once(tmp_path, ask):
    with pytest.raises(DataFileError, match=r"expected a name ending in \.csv, \.jsonl, \.ndjson .* got 'd\.parquet'"):
        ask(write(tmp_path, "d.parquet", b"PAR1"))


def test_counting_equals_reading_on_a_generated_file(tmp_path):
    lines = "".join(json.dumps({"n": n}) + ("\n\n" if n % 3 else "\n") for n in range(1_000))
    path = write(tmp_path, "d.jsonl.gz", lines, zipped=True)

    assert count_rows(path) == sum(1 for _ in rows(path)) == 1_000


def test_examples_are_found_by_name():
    directory = find_example("insects")

    assert (directory / "gauge.toml").is_file()
    assert (directory / "insects.csv.gz").is_file()


def test_an_example_of_the_installed_package_comes_first(tmp_path, monkeypatch):
    installed = tmp_path / "examples" / "insects"
    installed.mkdir(parents=True)
    (installed / "gauge.toml").touch()
    monkeypatch.setattr(datafile.importlib.resources, "files", lambda _: tmp_path)

    assert find_example("insects") == installed


@pytest.mark.parametrize("name", ["insect", "../examples/insects", ""])
def test_an_unknown_example_is_refused_with_the_list_of_known_ones(name):
    with pytest.raises(DataFileError, match=r"expected one of: flights, insects"):
        find_example(name)

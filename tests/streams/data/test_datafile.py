import bz2
import gzip
import json
import lzma
import os
import re
from pathlib import Path

import pytest

from streams.data import datafile
from streams.data.csvfile import Broken, delimiter_named
from streams.data.datafile import DataFileError, count_rows, find_example, rows

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


@pytest.mark.parametrize("name", ["PAR1", "BZh", "SQLite", "ARROW1", "PK", "sep=a"])
def test_a_header_may_begin_as_other_files_do(tmp_path, name):
    assert list(rows(write(tmp_path, "d.csv", f"{name},b\n1,2\n"))) == [{name: "1", "b": "2"}]


def test_a_pipe_is_refused_for_it_would_be_read_twice(tmp_path):
    os.mkfifo(tmp_path / "d.csv")

    with pytest.raises(DataFileError, match="expected a file, got a pipe"):
        rows(tmp_path / "d.csv")


def test_a_header_without_rows_gives_no_rows(tmp_path):
    path = write(tmp_path, "d.csv", "a,b\n")

    assert list(rows(path)) == []
    assert count_rows(path) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: expected a header with the names of the columns, got nothing"),
        ("\n\n", "line 1: expected a header with the names of the columns, got nothing"),
        (",,\n1,2,3\n", "line 1: expected a header with the names of the columns, got nothing"),
        ("\n1,2\n", "line 2: expected a header with the names of the columns, got only numbers"),
        ("1,-2.5e3\n3,4\n", "got only numbers; write a first line with the names"),
        ("a,b,a\n1,2,3\n", "got 'a' twice"),
        ('a,b\n1,2\n1,"2\n3,4\n', "line 3: a quote is opened in this row and not closed"),
        (b"a,b\n1,2\n1,\xe9\n", "line 3: expected UTF-8, got byte 0xe9; if it is Latin-1, convert it: iconv"),
        ("a,b\n1,2\n".encode("utf-16"), "expected UTF-8, got UTF-16; convert it: iconv -f UTF-16 -t UTF-8 d.csv"),
        ("a,b\n1,2\n".encode("utf-16-le"), "expected UTF-8, got UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-be"), "expected UTF-8, got UTF-16"),
        ('"a" "b"\n1 2\n', "got no CSV (',' expected after '\"'); if something else separates the cells, name it with"),
        ('{"a":1,"b":2}\n', "got no CSV (',' expected after '\"'); if it has JSON lines, name it .jsonl"),
        ("a;b|c\n1;2|3\n", "the delimiter may be semicolon or pipe: name it with --delimiter"),
        (b"PK\x03\x04rest", "it is a ZIP file (or a spreadsheet, which is one)"),
        (b"\x28\xb5\x2f\xfdrest", "it is packed with Zstandard: unpack it"),
        (b"PAR1\x15\x04rest", "it is a Parquet file"),
        (bz2.compress(CSV.encode() * 99)[:-12], "damaged or cut short"),
        (lzma.compress(CSV.encode() * 99)[:-12], "damaged or cut short"),
        (gzip.compress(CSV.encode() * 99, mtime=0)[:-12], "damaged or cut short"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path, content, message):
    path = write(tmp_path, "d.csv", content)

    with pytest.raises(DataFileError, match=re.escape(message)) as caught:
        list(rows(path))

    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("3", "expected 2 cells as in the header, got 1"),
        ("3,4,5", "expected 2 cells as in the header, got 3"),
        ('"3"x,4', "not CSV: ',' expected after '\"'"),
        ('"3\n",4,"5"', "expected 2 cells as in the header, got 3"),
    ],
)
def test_a_row_that_is_none_is_given_as_it_stands_with_its_line_and_the_others_are_read(tmp_path, row, what):
    path = write(tmp_path, "d.csv", f'a,b\n"1\n",2\n{row}\n6,7\n')

    given = list(rows(path))

    assert given == [{"a": "1\n", "b": "2"}, Broken(row.encode(), what, ["a", "b"]), {"a": "6", "b": "7"}]


def test_each_row_says_on_which_line_it_begins(tmp_path):
    path = write(tmp_path, "d.csv", '\na,b\n"1\n\n",2\n\n3\n4,5\n')
    given = rows(path)

    assert [given.line for _ in given] == [3, 7, 8]
    lines = rows(write(tmp_path, "d.jsonl", "{}\n\n{}\n"))
    assert [lines.line for _ in lines] == [1, 3]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
@pytest.mark.parametrize("name", ["d.csv", "d.tsv", "d.csv.gz"])
@pytest.mark.parametrize("head", ["", "\ufeff", "\n", "sep={}\n", "\ufeffsep={}\r\n"])
def test_the_delimiter_is_seen_in_the_header(tmp_path, delimiter, name, head):
    rows_ = ["a,b,c", '1,"x,;|\t",', '2,"y\n""z""",3']
    text = head.format(delimiter) + "\n".join(rows_).replace(",", delimiter).replace(f"x{delimiter};|", "x,;|") + "\n"

    path = write(tmp_path, name, text)

    assert list(rows(path)) == [{"a": "1", "b": "x,;|\t", "c": ""}, {"a": "2", "b": 'y\n"z"', "c": "3"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b;c\n1,5;2,5;3\n", {"a": "1,5", "b": "2,5", "c": "3"}),  # decimal commas
        ("a;b, in m;c\n1,5;2,5;3\n", {"a": "1,5", "b, in m": "2,5", "c": "3"}),  # a comma in a name
        ("a,b;c,d\n1,2,3\n", {"a": "1", "b;c": "2", "d": "3"}),
        ("a\n1;2\n", {"a": "1;2"}),  # one column
    ],
)
def test_of_several_delimiters_the_one_that_cuts_all_rows_alike_is_taken(tmp_path, text, expected):
    assert next(rows(write(tmp_path, "d.csv", text))) == expected


@pytest.mark.parametrize(
    ("given", "character"), [("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), (";", ";"), ("Pipe", "|")]
)
def test_a_delimiter_has_a_name_or_is_a_character(given, character):
    assert delimiter_named(given) == character


@pytest.mark.parametrize("given", ["", "ab", '"', "\n", "tabs"])
def test_what_separates_nothing_is_refused(given):
    with pytest.raises(ValueError, match="expected one character, or one of comma, semicolon, tab, pipe, space, got"):
        delimiter_named(given)


def test_a_delimiter_that_is_named_is_taken_and_json_lines_have_none(tmp_path):
    assert next(rows(write(tmp_path, "d.csv", "a b,c\n1  2,3\n"), " ")) == {"a": "1", "b,c": "2,3"}
    with pytest.raises(DataFileError, match="a delimiter is for CSV files"):
        rows(write(tmp_path, "d.jsonl", "{}"), ",")


def test_blanks_beside_names_and_before_cells_are_no_part_of_them(tmp_path):
    path = write(tmp_path, "d.csv", 'a , b, "c, d"\n1, 2, "x, y"\n')

    assert list(rows(path)) == [{"a": "1", "b": "2", "c, d": "x, y"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b,,\n1,2,,\n3,4\n5,6,,,,\n7,8,note,\n", [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8")]),
        ("a,,b,\n1,x,2,\n3,,4\n", [("1", "2"), ("3", "4")]),
        (",a,b\n0,1,2\n", [("1", "2")]),
        ("a,b\n1,2,\n3,4, \n", [("1", "2"), ("3", "4")]),
        ("a,b\n1,2\n   \n3,4\n", [("1", "2"), ("3", "4")]),
    ],
)
def test_columns_without_a_name_and_empty_cells_beyond_the_header_are_left_out(tmp_path, text, expected):
    given = list(rows(write(tmp_path, "d.csv", text)))

    assert [(row["a"], row["b"]) for row in given] == expected


def test_a_cell_may_be_a_megabyte(tmp_path):
    path = write(tmp_path, "d.csv", f"a,log\n1,{'x' * 1_000_000}\n2,y\n")

    assert [row["a"] for row in rows(path)] == ["1", "2"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz"])
def test_a_packed_file_is_told_by_its_first_bytes(tmp_path, pack, ending):
    path = write(tmp_path, f"d.csv{ending}", pack(CSV.encode()))

    assert list(rows(path)) == CSV_ROWS
    assert count_rows(path) == 3


@pytest.mark.parametrize(
    "text", ['[{"a": 1},\n{"a": 2}]', "[\n{}\n]", '{\n  "a": 1\n}', '\n[ {"a": 1} ]', '\ufeff[{"a": 1}]']
)
@pytest.mark.parametrize("name", ["d.json", "d.jsonl"])
def test_a_file_that_is_one_json_document_is_refused_with_the_way_to_lines(tmp_path, name, text):
    with pytest.raises(DataFileError, match=r"expected one JSON object a line, got an? .*jq -c ('\.\[\]'|\.) d\.json"):
        list(rows(write(tmp_path, name, text)))


def test_lines_that_are_arrays_are_left_for_intake(tmp_path):
    assert list(rows(write(tmp_path, "d.jsonl", "[1, 2]\n[]\n"))) == [b"[1, 2]", b"[]"]


@pytest.mark.parametrize("ask", [rows, count_rows])
def test_a_missing_file_is_refused_at_once_and_the_nearest_name_given(tmp_path, ask):
    write(tmp_path, "flights.csv.gz", CSV, zipped=True)

    with pytest.raises(DataFileError, match=r"no such file; did you mean 'flights\.csv\.gz'\?"):
        ask(tmp_path / "flight.csv.gz")


@pytest.mark.parametrize("ask", [rows, count_rows])
def test_an_unknown_ending_is_refused_at_once(tmp_path, ask):
    with pytest.raises(
        DataFileError, match=r"expected a name ending in \.csv, .*\.jsonl, .* or \.parquet, got 'd\.xlsx'"
    ):
        ask(write(tmp_path, "d.xlsx", b"PK"))


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

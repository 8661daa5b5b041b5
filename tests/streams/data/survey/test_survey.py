"""What a data file is taken for, and that the gauge file it suggests takes every row."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.check import problems
from models.door.decoder import Decoder
from schemas.events import Rejected
from schemas.gauge import Arrival, Task, parse
from streams.data.backtest import backtest
from streams.data.datafile import DataFileError, rows
from streams.data.replay import records
from streams.data.survey.draft import Wanted, draft
from streams.data.survey.kinds import words_of
from streams.data.survey.table import look
from streams.data.survey.text import text_of


def suggested(path, label="y", **wanted):
    found = draft(look(path, label), Wanted("pumps", **wanted))
    return found, parse(text_of(found, path.name))


def table(tmp_path, header, lines, name="pumps.csv"):
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def lines(tmp_path, objects):
    path = tmp_path / "pumps.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")
    return path


def refused(path, gauge):
    decoder = Decoder(gauge)
    read = [decoder.decode(record) for record in records(rows(path), gauge)]
    return [one.detail for one in read if isinstance(one, Rejected)]


def why_left(found):
    return {one.column.name: one.why for one in found.left}


def test_cells_are_numbers_truths_and_categories_and_may_be_missing(tmp_path):
    path = table(
        tmp_path,
        "flow,site,open,code,age,y",
        [
            f"{n / 7},{'nsh'[n % 3]},{'TRUE' if n % 2 else 'false'},00{n % 7},{n if n % 5 else 'NA'},{n % 2}"
            for n in range(60)
        ],
    )

    found, gauge = suggested(path)

    types = {name: feature.type for name, feature in gauge.features.items()}
    assert types == {"flow": "number", "site": "category", "code": "category", "age": "number"}
    assert gauge.features["age"].optional
    assert not gauge.features["flow"].optional
    assert gauge.record.missing == ["NA"]
    assert (gauge.task, gauge.label.positive, gauge.label.negative) == (Task.BINARY, 1, 0)
    assert "the label in other words" in why_left(found)["open"]
    assert refused(path, gauge) == []


@pytest.mark.parametrize(
    ("labels", "task", "classes"),
    [
        (["yes", "no", "no"], "binary", ("no", "yes")),
        (["b", "a", "a"], "binary", ("a", "b")),
        (["True", "false", "false"], "binary", (False, True)),
        (["1.0", "0.0", "0.0"], "binary", (0, 1)),
        (["01", "02", "03"], "multiclass", ("01", "02", "03")),
        (["3", "1", "2"], "multiclass", (1, 2, 3)),
        (["1.5", "2", "-1e3"], "regression", ()),
        (["1.5", "2", "?"], "regression", ()),
        (["none", "bee", "fly"], "multiclass", ("bee", "fly", "none")),
        (["?", "bee", "fly"], "binary", ("bee", "fly")),
    ],
)
def test_the_label_says_what_the_task_is(labels, task, classes, tmp_path):
    path = table(tmp_path, "x,y", [f"{n * n % 17 + 0.5},{labels[n % 3]}" for n in range(90)])

    _, gauge = suggested(path)

    assert (gauge.task, gauge.classes) == (task, classes)
    assert [type(value) for value in gauge.classes] == [type(value) for value in classes]
    assert refused(path, gauge) == []


def test_of_two_classes_the_rarer_is_positive_unless_one_is_named_so(tmp_path):
    rare = table(tmp_path, "x,y", [f"{n % 7}.5,{'up' if n % 3 else 'down'}" for n in range(60)])
    named = table(tmp_path, "x,y", [f"{n % 7}.5,{'yes' if n % 3 else 'no'}" for n in range(60)], "named.csv")

    assert suggested(rare)[1].label.positive == "down"
    assert suggested(named)[1].label.positive == "yes"


def test_what_leaks_or_teaches_nothing_is_left_out_with_the_reason(tmp_path):
    header = "row,note,same,copy,words,when,flow,y"
    body = [
        f"{n},note {n * 7919} x,1,{n % 2},{'ok' if n % 2 else 'failed'},2024-0{1 + n % 9}-11,{n * 7 % 13}.5,{n % 2}"
        for n in range(100)
    ]

    found, gauge = suggested(table(tmp_path, header, body))

    why = why_left(found)
    assert list(gauge.features) == ["flow"]
    assert gauge.record.time is None
    assert "counts up" in why["row"]
    assert "value of its own" in why["note"]
    assert "in every row" in why["same"]
    assert why["copy"] == "it is a copy of the label"
    assert "in other words" in why["words"]
    assert "no feature" in why["when"]


def test_time_id_and_when_the_label_is_known_are_found(tmp_path):
    body = [
        f"p{n * 31},2024-01-{1 + n // 24:02}T{n % 24:02}:00:00Z,{n % 5}.5,"
        + (f"2024-02-{1 + n // 24:02}T{n % 24:02}:00:00Z,{n},{n % 2}" if n % 9 else ",,")
        for n in range(100)
    ]

    found, gauge = suggested(table(tmp_path, "reading_id,taken,flow,closed,cost,y", body))

    assert (gauge.record.id, gauge.record.time) == ("reading_id", "taken")
    assert (gauge.label.arrival, gauge.label.time) == (Arrival.LATER, "closed")
    assert "exactly where the label is" in why_left(found)["cost"]


@pytest.mark.parametrize(
    ("first", "step", "form"), [(1_714_550_400, 1, "unix_seconds"), (1_714_550_400_000, 7, "unix_milliseconds")]
)
def test_a_unix_time_is_told_by_its_name_and_its_range(first, step, form, tmp_path):
    path = table(tmp_path, "ts,flow,y", [f"{first + n * step},{n % 5}.5,{n % 2}" for n in range(40)])

    _, gauge = suggested(path)

    assert (gauge.record.time, gauge.record.time_format) == ("ts", form)
    assert refused(path, gauge) == []


def test_a_place_in_json_is_a_path_and_a_dot_in_a_name_is_none(tmp_path):
    path = lines(
        tmp_path,
        [
            {"at": {"flow": n % 5 / 2, "open": n % 3 == 0}, "a.b": n % 7, "tags": ["x"], "n": {"y": "ab"[n % 2]}}
            for n in range(60)
        ],
    )

    found, gauge = suggested(path, "n.y")

    assert {name: feature.type for name, feature in gauge.features.items()} == {
        "at.flow": "number",
        "at.open": "boolean",
        "a.b": "number",
    }
    assert gauge.features["a.b"].field == ["a.b"]
    assert "lists" in why_left(found)["tags"]
    assert refused(path, gauge) == []


def test_labels_in_records_of_their_own_come_later(tmp_path):
    events = [{"pump_id": f"p{n}", "at": f"2024-03-{1 + n:02}", "flow": n % 7 / 2} for n in range(20)]
    labels = [{"pump_id": f"p{n}", "at": f"2024-03-{1 + n:02}", "y": n % 2} for n in range(15)]
    path = lines(tmp_path, [*events, *labels])

    _, gauge = suggested(path, time="at")
    result = backtest(gauge, path)

    assert (gauge.record.id, gauge.label.arrival, gauge.label.time) == ("pump_id", Arrival.LATER, None)
    assert {name: feature.optional for name, feature in gauge.features.items()} == {"flow": False}
    assert (result.refusals.total, result.learner.counts.events, result.learner.counts.labels) == (0, 20, 15)


def test_a_class_is_no_marker_and_a_marker_no_value(tmp_path):
    path = table(
        tmp_path, "a,b,y", [f"{'none' if n % 3 else n},{'?xz'[n % 3]},{'none' if n % 2 else 'bee'}" for n in range(60)]
    )

    _, gauge = suggested(path)

    assert gauge.record.missing == ["?"]
    assert gauge.features["a"].type == "category"
    assert gauge.features["b"].optional
    assert refused(path, gauge) == []


def test_few_values_that_are_met_often_are_listed_and_others_are_open(tmp_path):
    path = table(tmp_path, "site,town,y", [f"{'nsh'[n % 3]},{'x' if n else 'once'},{n % 2}" for n in range(1_200)])

    _, gauge = suggested(path)

    assert gauge.features["site"].values == ["h", "n", "s"]
    assert gauge.features["town"].values is None


def test_what_is_suggested_for_protected_columns_can_be_used_as_it_stands(tmp_path):
    path = table(
        tmp_path, "sex,age,age_days,y", [f"{'fm'[n % 2]},{20 + n % 50},{n % 31}.5,{n % 3 % 2}" for n in range(90)]
    )
    found, gauge = suggested(path)
    text = text_of(found, "pumps.csv")
    head, block = text.split("\n# sex, age:")
    block = block[block.index("# [slices") :]

    declared = parse(head + "\n" + "\n".join(line.removeprefix("# ") for line in block.splitlines()))

    assert gauge.slices == {}
    assert declared.fairness.protected == ["sex", "age"]
    assert declared.slices["age"].bins == [30, 50]


@pytest.mark.parametrize(
    ("header", "body", "label", "wanted", "words"),
    [
        ("flow,failed", ["1,0", "2,1"], "faild", {}, "did you mean 'failed'?"),
        ("x,y", ["1,0", "2,0"], "y", {}, "is '0' in every row (2 rows looked at)"),
        ("x,y", ["1,", "2,"], "y", {}, "is empty in every row (2 rows looked at)"),
        ("x,y", [], "y", {}, "got no row"),
        ("y", ["1", "0"], "y", {}, "no column is left"),
        ("x,y", ["1,a", "2,b", "3,c"], "y", {"task": Task.BINARY}, "needs two classes"),
        ("x,y", ["1,a", "2,b", "3,a"], "y", {"task": Task.REGRESSION}, "needs numbers"),
        ("x,y", [f"{n},w{n}" for n in range(40)], "y", {}, "too many for classes"),
        ("x,y", ["1,a", "2,b"], "y", {"time": "x"}, "expected times"),
        ("x,y", ["1,a", "2,b"], "y", {"id": "z"}, "--id names 'z'"),
        ("x,z,y", ["1,,a", "2,b,b"], "y", {"id": "z"}, "1 of 2 rows do not have"),
    ],
)
def test_what_suggests_no_gauge_is_refused_with_what_to_do(header, body, label, wanted, words, tmp_path):
    path = table(tmp_path, header, body)

    with pytest.raises(DataFileError) as error:
        suggested(path, label, **wanted)

    assert words in str(error.value)


def test_a_packed_file_is_looked_at_as_it_is(tmp_path):
    path = tmp_path / "pumps.csv.gz"
    path.write_bytes(gzip.compress(b"x,y\n1.5,a\n2.5,b\n"))

    assert suggested(path)[1].classes == ("a", "b")


def test_words_of_a_name():
    assert [words_of(name) for name in ("customerID", "TX_FRAUD", "humid", "zip-code2")] == [
        ["customer", "id"],
        ["tx", "fraud"],
        ["humid"],
        ["zip", "code", "2"],
    ]


CELLS = st.one_of(
    st.sampled_from(["", "NA", "?", "none", "0", "1", "true", "FALSE", "007", "1e999", "-", "nan", "a,b", 'say "x"']),
    st.floats(width=32).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.dates().map(str),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=6),
)
NUMBERS = st.one_of(st.floats(-1e6, 1e6).map(str), st.sampled_from(["", "NA"]))
TRUTHS = st.sampled_from(["true", "false", ""])
WORDS = st.sampled_from(["north", "south", "", "?", "harbour"])


@st.composite
def csv_columns(draw):
    kinds = draw(st.lists(st.sampled_from([CELLS, NUMBERS, TRUTHS, WORDS]), min_size=1, max_size=4))
    n = draw(st.integers(4, 25))
    return [draw(st.lists(kind, min_size=n, max_size=n)) for kind in kinds]


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"'


@settings(max_examples=100)
@given(csv_columns(), st.sampled_from(["text", "whole", "number"]))
def test_whatever_the_cells_are_no_row_is_refused(tmp_path_factory, columns, label):
    path = tmp_path_factory.mktemp("t") / "pumps.csv"
    answers = {"text": ["b", "a", "NA"], "whole": ["1", "0", ""], "number": ["1.5", "2.25", "-3e2"]}[label]
    columns = [
        *columns,
        [f"{n % 7}.5" for n in range(len(columns[0]))],
        [answers[n % 3] for n in range(len(columns[0]))],
    ]
    header = [*(f"c{n}" for n in range(len(columns) - 1)), "y"]
    path.write_text("".join(",".join(map(quoted, row)) + "\n" for row in (header, *zip(*columns, strict=True))))

    _, gauge = suggested(path)

    assert refused(path, gauge) == []


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(),
    st.sampled_from(["", "NA", "?", "1", "2024-05-01", "north", "x" * 300]),
    st.just([1]),
    st.fixed_dictionaries({}, optional={"k": st.one_of(st.none(), st.booleans(), st.integers(0, 3))}),
)
OBJECTS = st.fixed_dictionaries(
    {"x": st.sampled_from([0.5, 1.5, 2.5])}, optional=dict.fromkeys(("a", "b", "a.k", "c d"), VALUES)
)


@settings(max_examples=100)
@given(st.lists(OBJECTS, min_size=4, max_size=20))
def test_whatever_the_json_is_no_row_is_refused(tmp_path_factory, objects):
    path = lines(
        tmp_path_factory.mktemp("t"),
        [{**one, "x": n % 3 + 0.5, "y": "ab"[n % 2]} for n, one in enumerate(objects)],
    )

    _, gauge = suggested(path)

    assert refused(path, gauge) == []


def test_what_is_suggested_passes_the_check(tmp_path):
    path = table(tmp_path, "x,site,y", [f"{n % 7}.5,{'nsh'[n % 3]},{'abc'[n % 3 % 2]}" for n in range(60)])

    assert problems(suggested(path)[1]) == []


def with_commas(tmp_path):
    """A file as a German spreadsheet writes it: ``level`` has few values, ``flow`` one in each row, ``place`` words."""
    rows_ = [f"{n % 3},5;{n},{n * 7 % 90:02};{n};{('a,b', 'x,1')[n // 2 % 2]};{n // 5 % 2}" for n in range(80)]
    return table(tmp_path, "level;flow;count;place;y", rows_)


def test_numbers_with_a_comma_are_taken_for_text_and_told_of(tmp_path):
    path = with_commas(tmp_path)

    found, gauge = suggested(path)

    assert list(found.doubts) == ["level", "flow"]
    assert gauge.features["level"].type == "category"
    assert found.doubts["level"].startswith("numbers with a comma, as 0,5, are read as text: write them with a decimal")
    assert f'level = "category" # {found.doubts["level"]}' in text_of(found, path.name)
    assert why_left(found)["flow"] == found.doubts["flow"]


def test_a_label_of_numbers_with_a_comma_is_told_of(tmp_path):
    path = with_commas(tmp_path)

    found, _ = suggested(path, label="level")

    assert found.doubts["level"] == found.answer.why
    for label, task in (("level", Task.REGRESSION), ("flow", None)):
        with pytest.raises(DataFileError, match=r"numbers with a comma, as 0,[0-9]+, are read as text"):
            suggested(path, label=label, task=task)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("f73", "'f73_mean'"), ("F47_Mean", "'f47_mean'"), ("F0", "'f00_mean' or 'f01_mean' or 'f02_mean'")],
)
def test_a_label_that_is_not_there_is_looked_for_among_all_columns(tmp_path, name, meant):
    columns = [f"f{n:02}_mean" for n in range(80)]
    path = table(tmp_path, ",".join(columns), [",".join("1" for _ in columns)])

    with pytest.raises(DataFileError, match=f"which no row has; did you mean .*{meant}") as refused:
        look(path, name)

    assert "and 60 more" in str(refused.value)

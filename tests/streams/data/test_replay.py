import json
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import base, evaluate, metrics, stream

from models.door.decoder import Decoder
from models.door.event_time import EventTime
from schemas.events import EventReceived, LabelReceived, Reason, Rejected
from schemas.gauge import parse
from streams.data.datafile import DataFileError
from streams.data.replay import records
from tests.builders import Arrived

START = datetime(2024, 1, 1, tzinfo=UTC)


def gauge_of(label='field = "y"\npositive = 1\nnegative = 0', record="", features='x = "number"', task="binary"):
    return parse(f'name = "g"\ntask = "{task}"\n[record]\n{record}\n[label]\n{label}\n[features]\n{features}\n')


def later(label="", record='id = "id"\ntime = "t"', features='x = "number"'):
    return gauge_of(f'field = "y"\npositive = 1\nnegative = 0\narrival = "later"\n{label}', record, features)


def values(rows, gauge, **kwargs):
    return [json.loads(record.value) for record in records(rows, gauge, **kwargs)]


def at(minutes):
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


class TestCells:
    def test_cells_become_json_by_the_types_of_the_gauge(self):
        gauge = gauge_of(
            record='id = "n"\ntime = "when"\nkey = "site"',
            features='p = "number"\nq = "number"\nsite = "category"\nopen = "boolean"',
        )
        row = {"n": "7", "when": "2024-01-01 00:00:00", "site": "12", "p": "3", "q": "-2.50", "open": "True", "y": "1"}

        [record] = records([row], gauge)

        expected = {"n": "7", "when": "2024-01-01 00:00:00", "site": "12", "p": 3, "q": -2.5, "open": True, "y": 1}
        assert json.loads(record.value) == expected
        assert type(json.loads(record.value)["open"]) is bool
        assert (record.key, record.is_label, record.row, record.due) == (b"12", False, 0, None)
        assert (record.topic, record.partition, record.headers) == (gauge.topics.input, 0, ())

    @pytest.mark.parametrize("cell", ["abc", "nan", "inf", "-Infinity", "1e999", "1_000", "1 000", "1,5", "0x10", "١"])
    def test_a_cell_that_is_no_number_stays_text_for_intake_to_refuse(self, cell):
        gauge = gauge_of()

        [record] = records([{"x": cell, "y": "1"}], gauge)

        assert json.loads(record.value)["x"] == cell
        assert Decoder(gauge).decode(record).reason is Reason.WRONG_TYPE

    @pytest.mark.parametrize("cell", ["yes", "2", "t", "1.5"])
    def test_a_cell_that_is_no_boolean_stays_text(self, cell):
        assert values([{"x": cell, "y": "1"}], gauge_of(features='x = "boolean"')) == [{"x": cell, "y": 1}]

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_numbers_survive_to_the_last_bit(self, number):
        [record] = records([{"x": repr(number), "y": "1"}], gauge_of())

        back = float(json.loads(record.value)["x"])
        assert back.hex() == number.hex()

    @pytest.mark.parametrize("cell", ["+5", "05", ".5", "5.", "-0", "123456789012345678", "1E-3"])
    def test_numbers_that_json_writes_otherwise_are_numbers(self, cell):
        [record] = records([{"x": cell, "y": "1"}], gauge_of())

        back = json.loads(record.value)["x"]
        assert not isinstance(back, str)
        assert math.copysign(1, back) == math.copysign(1, float(cell))
        assert float(back) == float(cell)

    @pytest.mark.parametrize("blank", [" ", "\t", "  ", "\u00a0"])
    def test_blanks_beside_a_cell_are_no_part_of_it(self, blank):
        gauge = gauge_of(record='id = "id"\ntime = "t"', features='x = "number"\nb = "boolean"\nc = "category"')
        row = {"id": "a", "t": at(0), "x": "1.5", "b": "true", "c": "north", "y": "1"}
        padded = {name: f"{blank}{cell}{blank}" for name, cell in row.items()}

        assert values([padded], gauge) == values([row], gauge)

    def test_a_cell_of_blanks_is_an_empty_one(self):
        assert values([{"x": " ", "y": "\t"}], gauge_of(features='x = { type = "number", optional = true }')) == [{}]

    @pytest.mark.parametrize(("cell", "truth"), [("1.0", True), ("0.0", False), ("FALSE", False)])
    def test_a_boolean_beside_empty_cells_is_read_as_pandas_writes_it(self, cell, truth):
        assert values([{"x": cell, "y": "1"}], gauge_of(features='x = "boolean"')) == [{"x": truth, "y": 1}]

    def test_a_cell_that_the_gauge_calls_missing_is_absent_wherever_it_stands(self):
        gauge = later('time = "known"', 'id = "id"\ntime = "t"\nmissing = ["NA", "?"]')
        rows = [{"id": "a", "t": at(0), "x": " NA ", "y": "?", "known": "NA"}]
        rows.append({"id": "?", "t": at(0), "x": "na", "y": "NA", "known": at(1)})

        assert values(rows, gauge) == [{"id": "a", "t": at(0)}, {"t": at(0), "x": "na"}]

    def test_a_text_that_the_gauge_calls_missing_is_no_late_label(self):
        gauge = later(record='id = "id"\ntime = "t"\nmissing = ["NA"]')
        line = json.dumps({"id": "a", "t": at(0), "x": 1, "y": "NA"}).encode()

        [event] = records([line], gauge)

        assert isinstance(Decoder(gauge).decode(event), EventReceived)

    def test_an_empty_cell_is_an_absent_field_and_an_empty_label_none(self):
        assert values([{"x": "", "y": ""}], gauge_of(features='x = { type = "number", optional = true }')) == [{}]

    def test_columns_that_the_gauge_does_not_map_are_left_out(self):
        gauge = gauge_of()

        [record] = records([{"z": "9", "x": "1", "y": "0", "": "index"}], gauge)

        assert not isinstance(Decoder(gauge).decode(record), Rejected)

    @pytest.mark.parametrize(
        ("declared", "cell", "expected"),
        [
            ("[1, 2]", "2", 2),
            ("[1, 2]", "2.0", 2),  # pandas, beside empty cells
            ("[1, 2]", "3", "3"),
            ("[1, 2]", "02.5", "02.5"),
            ('["1", "2"]', "2", "2"),
            ('["up", "down"]', "UP", "UP"),
            ("[true, false]", "TRUE", True),
            ("[true, false]", "0", False),
            ("[true, false]", "no", "no"),
            ('[true, "1"]', "1", "1"),
        ],
    )
    def test_a_label_is_the_class_it_names_or_stays_text(self, declared, cell, expected):
        gauge = gauge_of(f'field = "y"\nclasses = {declared}', task="multiclass")

        [value] = values([{"x": "1", "y": cell}], gauge)

        assert value["y"] == expected
        assert type(value["y"]) is type(expected)

    def test_a_regression_label_is_a_number(self):
        gauge = gauge_of('field = "y"', task="regression")

        assert values([{"x": "1", "y": "-3.25"}, {"x": "1", "y": "?"}], gauge) == [
            {"x": 1, "y": -3.25},
            {"x": 1, "y": "?"},
        ]

    @pytest.mark.parametrize("header", ["meta.site.name", "name"])
    def test_a_nested_path_is_read_from_its_own_column_or_its_last_part_and_written_nested(self, header):
        gauge = gauge_of(
            record='key = "meta.site.name"\nid = "meta.id"', features='x = { type = "number", field = "v.x" }'
        )

        [record] = records([{header: "north", "v.x": "1", "y": "1", "id": "a"}], gauge)

        expected = {"v": {"x": 1}, "meta": {"id": "a", "site": {"name": "north"}}, "y": 1}
        assert json.loads(record.value) == expected
        assert record.key == b"north"

    def test_a_path_given_as_a_list_may_have_dots_in_its_keys(self):
        gauge = gauge_of(features='x = { type = "number", field = ["a.b", "c"] }')

        assert values([{"a.b.c": "1", "y": "1"}], gauge) == [{"a.b": {"c": 1}, "y": 1}]

    def test_a_column_that_is_id_and_feature_is_written_once(self):
        gauge = gauge_of(record='id = "x"')

        [record] = records([{"x": "5", "y": "1"}], gauge)

        assert record.value == b'{"x":5,"y":1}'
        assert Decoder(gauge).decode(record).id == "5"

    @pytest.mark.parametrize(
        ("unit", "time"), [("milli", "1700000000123"), ("micro", "1700000000123457"), ("nano", "1700000000123456999")]
    )
    def test_unix_times_are_written_as_numbers_digit_by_digit(self, unit, time):
        gauge = gauge_of(record=f'time = "t"\ntime_format = "unix_{unit}seconds"')

        assert values([{"t": time, "x": "1", "y": "1"}], gauge)[0]["t"] == int(time)

    def test_a_column_of_an_optional_feature_may_be_missing_with_a_warning(self):
        gauge = gauge_of(features='x = "number"\nflow = { type = "number", optional = true }')
        warnings = []

        assert values([{"x": "1", "flo": "2", "y": "1"}], gauge, warn=warnings.append) == [{"x": 1, "y": 1}]
        assert warnings == [
            "the data have no column 'flow' (features.flow, optional): it is missing in every record; "
            "did you mean 'flo'?"
        ]

    def test_a_column_that_is_another_feature_is_not_offered(self):
        gauge = gauge_of(features='flow1 = "number"\nflow2 = { type = "number", optional = true }')
        warnings = []

        list(records([{"flow1": "1", "y": "1"}], gauge, warn=warnings.append))

        assert [warning.endswith("in every record") for warning in warnings] == [True]

    def test_a_file_without_the_column_of_any_feature_is_refused(self):
        gauge = gauge_of(features='flow = { type = "number", optional = true }')

        with pytest.raises(DataFileError, match=r"'flow' \(features.flow\)"):
            list(records([{"id": "1", "y": "1"}], gauge))

    def test_missing_columns_are_all_named_with_the_nearest(self):
        gauge = later('time = "known_at"', features='pressure = "number"\nsite = "category"')

        with pytest.raises(DataFileError) as caught:
            list(records([{"presure": "1", "zone": "a", "t": at(0), "y": "1"}], gauge))

        message = str(caught.value)
        assert "'pressure' (features.pressure); did you mean 'presure'?" in message
        assert "'site' (features.site) (columns:" not in message
        assert "'known_at' (label.time)" in message
        assert "'id'" not in message  # an id may be missing
        assert "columns: presure, zone, t, y" in message

    @pytest.mark.parametrize(
        ("header", "hint"),
        [
            ("X", "'x' (features.x); did you mean 'X'?"),
            ("x y", "if something else separates the cells, name it with --delimiter"),
            ("# made on a day", "a comment before the header must go"),
        ],
    )
    def test_a_header_that_is_none_of_ours_says_what_it_may_be(self, header, hint):
        with pytest.raises(DataFileError) as caught:
            list(records([{header: "1"}], gauge_of()))

        assert hint in str(caught.value)

    @pytest.mark.parametrize("cell", ["1,5", "1,234.5", "-0,5"])
    def test_a_number_with_a_comma_is_refused_with_a_hint(self, cell):
        [record] = records([{"x": cell, "y": "1"}], gauge_of())

        assert "; a number has a decimal point, and no comma" in Decoder(gauge_of()).decode(record).detail


class TestIds:
    def test_without_an_id_column_the_row_number_is_the_id_of_event_and_label(self):
        got = list(records([{"x": "1", "y": "1", "t": at(n)} for n in range(2)], later()))

        assert [(json.loads(r.value)["id"], r.key, r.is_label, r.row) for r in got] == [
            ("0", b"0", False, 0),
            ("0", b"0", True, 0),
            ("1", b"1", False, 1),
            ("1", b"1", True, 1),
        ]

    def test_a_key_that_is_the_missing_id_is_the_row_number_too(self):
        [record] = records([{"x": "1", "y": "1"}], gauge_of(record='id = "id"\nkey = "id"'))

        assert record.key == b"0"

    def test_no_id_is_written_where_the_gauge_maps_none(self):
        assert values([{"x": "1", "y": "1", "id": "a"}], gauge_of()) == [{"x": 1, "y": 1}]

    def test_an_empty_cell_in_an_id_column_is_left_for_intake(self):
        gauge = gauge_of(record='id = "id"')

        [_, record] = records([{"x": "1", "y": "1", "id": "a"}, {"x": "1", "y": "1", "id": ""}], gauge)

        assert Decoder(gauge).decode(record).reason is Reason.BAD_ID

    def test_json_objects_are_numbered_if_the_first_one_has_no_id(self):
        gauge = gauge_of(record='id = "m.id"')

        assert values([b'{"x":1}', b'{"x":2,"m":{"id":"a"}}', b'{"x":3,"m":{}}'], gauge) == [
            {"x": 1, "m": {"id": "0"}},
            {"x": 2, "m": {"id": "a"}},
            {"x": 3, "m": {"id": "2"}},
        ]

    def test_json_objects_are_not_numbered_if_the_first_one_has_an_id(self):
        got = records([b"no json", b'{"id":"a"}', b'{"x":1}'], gauge_of(record='id = "id"'))

        assert [record.value for record in got] == [b"no json", b'{"id":"a"}', b'{"x":1}']


class TestJsonLines:
    @given(st.lists(st.binary(min_size=1), min_size=1))
    def test_bytes_pass_untouched_where_nothing_is_mapped(self, lines):
        assert [record.value for record in records(lines, gauge_of())] == lines

    LINES = (b'{"id" : "a", "x": 1.0, "y": 1}', b'{"id":7,"x":1e5}', b"[1]", b"{", b'{"id":"c","x":NaN,"x":2}', b"\xff")

    def test_bytes_pass_untouched_where_ids_are_there_and_labels_come_along(self):
        got = list(records(self.LINES, gauge_of(record='id = "id"\nkey = "id"')))

        assert [record.value for record in got] == list(self.LINES)
        assert [record.key for record in got] == [b"a", b"7", None, None, b"c", None]

    def test_an_event_without_a_label_passes_untouched_where_labels_come_later(self):
        lines = [b'{"id": "a", "x": 1.0, "t": "2024-01-01"}', b"[1]", b"{"]

        assert [record.value for record in records(lines, later())] == lines

    def test_a_late_label_and_its_time_leave_the_event_for_a_record_of_their_own(self):
        line = {"id": 5, "x": 0.1, "t": at(0), "y": 1, "known": {"at": at(3)}, "other": [1]}

        event, label = records([json.dumps(line).encode()], later('time = "known.at"'))

        assert json.loads(event.value) == {"id": 5, "x": 0.1, "t": at(0), "known": {}, "other": [1]}
        assert json.loads(label.value) == {"id": 5, "y": 1, "t": at(3)}
        assert event.key == label.key == b"5"
        assert label.due == START + timedelta(minutes=3)

    def test_a_null_label_is_no_label(self):
        [event] = records([b'{"id":"a","x":1,"t":"2024-01-01T00:00:00Z","y":null}'], later())

        assert "y" not in json.loads(event.value)

    def test_a_line_that_is_a_label_record_already_keeps_its_bytes_and_place(self):
        lines = [
            json.dumps({"id": "a", "x": 1, "t": at(0)}).encode(),
            json.dumps({"id": "b", "x": 1, "t": at(1)}).encode(),
            json.dumps({"id": "a", "y": 1}).encode(),
        ]

        got = list(records(lines, later("delay_s = 60")))

        assert [record.value for record in got] == lines
        assert [record.is_label for record in got] == [False, False, True]

    @given(
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(min_value=-(10**30), max_value=10**30),
        st.text(st.characters(exclude_categories=["Cs"])),
    )
    def test_what_is_written_anew_says_the_same(self, number, whole, text):
        line = {"x": number, "n": whole, text: [text, None, True, {}]}

        [value] = values([json.dumps(line).encode()], gauge_of(record='id = ["the id"]'))

        assert value == {**line, "the id": "0"}


class TestLateLabels:
    def test_labels_come_before_the_first_event_that_is_not_earlier(self):
        rows = [{"id": "a", "x": "1", "t": at(0), "y": "1"}, {"id": "b", "x": "1", "t": at(5), "y": ""}]
        rows.append({"id": "c", "x": "1", "t": at(10), "y": "0"})

        got = list(records(rows, later("delay_s = 300")))

        assert [(r.row, r.is_label) for r in got] == [(0, False), (0, True), (1, False), (2, False), (2, True)]
        assert json.loads(got[1].value) == {"id": "a", "y": 1, "t": at(5)}
        assert got[1].due == START + timedelta(minutes=5)

    def test_event_records_never_show_the_label_or_its_time(self):
        gauge = later('time = "known"')
        rows = [{"id": str(n), "x": "1", "t": at(n), "y": "1", "known": at(n + 3)} for n in range(9)]

        decoded = [(r, Decoder(gauge).decode(r)) for r in records(rows, gauge)]

        assert all(type(d) is (LabelReceived if r.is_label else EventReceived) for r, d in decoded)
        assert len(decoded) == 18

    def test_a_label_without_a_time_of_its_own_uses_the_delay(self):
        rows = [{"id": "a", "x": "1", "t": at(0), "y": "1", "known": ""}]

        _, label = records(rows, later('time = "known"\ndelay_s = 60'))

        assert json.loads(label.value)["t"] == at(1)

    def test_a_label_whose_time_nobody_knows_stops_the_replay(self):
        rows = [{"id": "a", "x": "1", "t": at(0), "y": "", "known": ""}]
        rows.append({"id": "b", "x": "1", "t": at(0), "y": "1", "known": ""})

        with pytest.raises(DataFileError, match=r"row 2 has a label but no 'known': .* label\.delay_s"):
            list(records(rows, later('time = "known"')))

    def test_without_any_time_a_label_directly_follows_its_event(self):
        rows = [{"id": str(n), "x": "1", "y": "1"} for n in range(2)]

        got = list(records(rows, later(record='id = "id"')))

        assert [(r.row, r.is_label, r.due) for r in got] == [(n, b, None) for n in range(2) for b in (False, True)]
        assert json.loads(got[1].value) == {"id": "0", "y": 1}

    @pytest.mark.parametrize(
        ("time_format", "start", "due"),
        [
            ("unix_seconds", 1_700_000_000, 1_700_000_090),
            ("unix_milliseconds", 1_700_000_000_500, 1_700_000_090_500),
            ("unix_microseconds", 1_700_000_000_500_001, 1_700_000_090_500_001),
            ("unix_nanoseconds", 1_700_000_000_500_001_000, 1_700_000_090_500_001_000),
        ],
    )
    def test_unix_times_move_by_the_delay_in_seconds(self, time_format, start, due):
        gauge = later("delay_s = 90", f'id = "id"\ntime = "t"\ntime_format = "{time_format}"')

        _, label = records([{"id": "a", "x": "1", "t": str(start), "y": "1"}], gauge)

        assert json.loads(label.value)["t"] == due
        assert label.due == EventTime(gauge).accepted(due)

    def test_limit_counts_events_and_their_labels_still_follow(self):
        rows = [{"id": str(n), "x": "1", "t": at(n), "y": "1"} for n in range(9)]

        got = list(records(rows, later("delay_s = 3600"), limit=3))

        assert [(r.row, r.is_label) for r in got] == [(n, b) for b in (False, True) for n in range(3)]

    def test_rows_are_read_no_further_than_needed(self):
        read = []
        rows = (read.append(n) or {"id": str(n), "x": "1", "t": at(n), "y": "1"} for n in range(100))

        given = records(rows, later("delay_s = 120"))
        for _ in range(10):
            next(given)

        assert len(read) <= 7

    @pytest.mark.parametrize("bad", ["9999-12-31T00:00:00Z", "tomorrow", "", "0001-01-01T00:00:00Z"])
    @pytest.mark.parametrize("label", ['time = "known"', "delay_s = 180"])
    def test_a_bad_event_time_moves_no_other_label(self, bad, label):
        rows = [{"id": str(n), "x": "1", "t": at(n), "y": "1", "known": at(n + 3)} for n in range(9)]
        clean = [r for r in records(rows, later(label)) if r.row != 4]
        rows[4]["t"] = bad

        got = list(records(rows, later(label)))

        assert [r for r in got if r.row != 4] == clean
        event = next(r for r in got if r.row == 4)
        assert Decoder(later(label)).decode(event).reason is Reason.BAD_TIME

    def test_a_bad_label_time_follows_its_event_and_is_refused(self):
        gauge = later('time = "known"')
        rows = [{"id": str(n), "x": "1", "t": at(n), "y": "1", "known": "soon"} for n in range(2)]

        got = list(records(rows, gauge))

        assert [(r.row, r.is_label) for r in got] == [(0, False), (0, True), (1, False), (1, True)]
        assert Decoder(gauge).decode(got[1]).reason is Reason.BAD_TIME


MINUTES = st.integers(min_value=0, max_value=40)


class TestAgainstRiver:
    """The order of events and labels is that of River's ``stream.simulate_qa``."""

    @given(st.lists(st.tuples(MINUTES, st.integers(min_value=-5, max_value=30), st.booleans()), min_size=1))
    def test_with_a_label_time_of_its_own_in_any_order_of_events(self, rows):
        data = [
            {"id": str(n), "x": "1", "t": at(t), "y": str(int(y)), "known": at(t + d)}
            for n, (t, d, y) in enumerate(rows)
        ]
        delays = {n: timedelta(minutes=d) for n, (_, d, _) in enumerate(rows)}
        questions = [({"n": n, "t": START + timedelta(minutes=t)}, y) for n, (t, _, y) in enumerate(rows)]

        got = [(r.row, r.is_label) for r in records(data, later('time = "known"'))]

        oracle = stream.simulate_qa(questions, moment="t", delay=lambda x, _: delays[x["n"]])
        assert got == [(n, y is not None) for n, _, y in oracle]

    @given(st.lists(MINUTES, min_size=1), st.integers(min_value=0, max_value=20))
    def test_with_a_constant_delay_on_rising_times(self, minutes, delay):
        minutes = sorted(minutes)
        data = [{"id": str(n), "x": "1", "t": at(t), "y": "1"} for n, t in enumerate(minutes)]
        questions = [({"t": START + timedelta(minutes=t)}, True) for t in minutes]

        got = [(r.row, r.is_label) for r in records(data, later(f"delay_s = {delay * 60}"))]

        oracle = stream.simulate_qa(questions, moment="t", delay=timedelta(minutes=delay))
        assert got == [(n, y is not None) for n, _, y in oracle]

    def test_a_model_under_progressive_validation_sees_the_same_calls(self):
        minutes = [0, 1, 1, 4, 6, 6, 11, 12, 20]
        data = [{"id": str(n), "x": str(n), "t": at(t), "y": "1"} for n, t in enumerate(minutes)]
        questions = [({"x": n, "t": START + timedelta(minutes=t)}, True) for n, t in enumerate(minutes)]
        spy = _Spy()

        evaluate.progressive_val_score(
            questions, spy, metrics.Accuracy(), moment="t", delay=timedelta(minutes=5), show_time=False
        )

        assert spy.calls == [(r.row, r.is_label) for r in records(data, later("delay_s = 300"))]


class _Spy(base.Classifier):
    def __init__(self):
        self.calls = []

    def predict_one(self, x):
        self.calls.append((x["x"], False))
        return True

    def learn_one(self, x, y):
        self.calls.append((x["x"], True))


TIMES = st.one_of(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)).map(lambda t: t.isoformat()),
    st.datetimes(timezones=st.timezones()).map(lambda t: t.isoformat()),
    st.from_regex(r"2024-0[1-9]-[0-3][0-9][T ]([0-9]{2}:){1,2}[0-9]{2}(\.[0-9]{1,7})?(Z|z|[+-][0-9]{2}:?[0-9]{2})?"),
    st.integers(min_value=-(10**14), max_value=10**14).map(str),
    st.text(max_size=12),
)


@pytest.mark.parametrize("time_format", ["iso8601", "unix_seconds", "unix_milliseconds", "unix_nanoseconds"])
@given(value=st.one_of(TIMES, st.integers(-(10**20), 10**20), st.floats(), st.booleans()))
def test_the_clock_reads_what_intake_reads_and_nothing_else(time_format, value):
    gauge = gauge_of(record=f'time = "t"\ntime_format = "{time_format}"')

    seen = Decoder(gauge).decode(Arrived(json.dumps({"x": 1, "t": value}).encode()))

    assert EventTime(gauge).accepted(value) == (None if isinstance(seen, Rejected) else seen.time)


def test_no_rows_give_no_records():
    assert list(records([], gauge_of())) == []

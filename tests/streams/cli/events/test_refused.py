"""What was refused is told offline too: reasons, counts, the first of each with its place, all in a file."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.evaluation.holdout import HeldOutShare
from schemas.gauge import parse
from streams.broker.inprocess import InProcessBroker
from streams.cli.app import app

GAUGE = """
name = "basin"
task = "binary"
[record]
id = "id"
[label]
field = "full"
positive = "yes"
negative = "no"
[features]
level = "number"
[evaluation]
holdout = 0.3
[drift]
enabled = false
"""
CSV = "id,level,full\n0,1.5,yes\n1,NA,no\n2,2.5\n3,NA,no\n4,3.5,maybe\n5,4.5,no\n"


@pytest.fixture
def rivergauge(tmp_path):
    def run(command, data, *options, gauge=GAUGE, name="data.csv"):
        (tmp_path / "gauge.toml").write_text(gauge)
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return CliRunner().invoke(
            app, [command, str(tmp_path / "gauge.toml"), str(tmp_path / name), *map(str, options)]
        )

    return run


def test_backtest_tells_reasons_counts_and_examples_before_the_result(rivergauge):
    done = rivergauge("backtest", CSV)

    lines = done.stdout.splitlines()
    at = lines.index("refused: 4 of 6 records")
    assert done.exit_code == 0
    assert lines[at + 1].startswith("  wrong_type 2: the first at position 1, line 3: level: ")
    assert "got 'NA'" in lines[at + 1]
    assert "record.missing" in lines[at + 1]
    assert lines[at + 2] == "  not_json 1: at position 2, line 4: expected 3 cells as in the header, got 2"
    assert lines[at + 3].startswith("  unknown_label 1: at position 4, line 6: ")
    assert [line.partition(" ")[0] for line in lines[at + 4 :]] == ["basin:", "Accuracy"]


def test_backtest_gives_them_as_json(rivergauge):
    done = rivergauge("backtest", CSV, "--json")

    refusals = json.loads(done.stdout)["refusals"]
    assert [(r["reason"], r["count"], r["example"]["position"], r["example"]["line"]) for r in refusals] == [
        ("wrong_type", 2, 1, 3),
        ("not_json", 1, 2, 4),
        ("unknown_label", 1, 4, 6),
    ]
    assert json.loads(done.stdout)["dead_letters"] == {"not_json": 1, "unknown_label": 1, "wrong_type": 2}


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_where_no_event_could_be_predicted_the_exit_code_is_9(rivergauge, options):
    done = rivergauge("backtest", "id,level,full\n0,a,yes\n1,b,no\n", *options)

    assert done.exit_code == 9
    assert "wrong_type" in done.stdout
    assert "none of the 2 events could be predicted" in done.stderr


def test_a_file_without_events_is_told_and_no_failure(rivergauge):
    done = rivergauge("backtest", "id,level,full\n")

    assert done.exit_code == 0
    assert "data.csv holds no events" in done.stderr


def test_the_dead_letters_of_a_backtest_go_to_a_file_as_text_or_base64(rivergauge, tmp_path):
    data = b'{"id": 0, "level": 1.5, "full": "yes"}\n\xff\xfe\n\n{"id": 1, "level": "x"}\n'

    done = rivergauge("backtest", data, "--dead-letters", tmp_path / "dead.jsonl", name="data.jsonl")

    dead = [json.loads(line) for line in (tmp_path / "dead.jsonl").read_text().splitlines()]
    assert done.exit_code == 0
    assert [list(letter) for letter in dead] == [
        ["position", "line", "reason", "detail", "record", "record_base64"]
    ] * 2
    assert (dead[0]["position"], dead[0]["line"], dead[0]["reason"], dead[0]["record"]) == (1, 2, "not_json", None)
    assert b64decode(dead[0]["record_base64"]) == b"\xff\xfe"
    assert (dead[1]["position"], dead[1]["line"], dead[1]["record"]) == (2, 4, '{"id": 1, "level": "x"}')


def test_a_label_that_is_refused_long_after_it_was_read_keeps_its_place(rivergauge):
    gauge = GAUGE.replace('negative = "no"', 'negative = "no"\narrival = "later"\nearly_horizon_events = 2')
    lines = ['{"id": "nobody", "full": "no"}', *(f'{{"id": "{n}", "level": {n}}}' for n in range(5))]

    done = rivergauge("backtest", "\n".join(["", *lines]), "--json", gauge=gauge, name="data.jsonl")

    [refusal] = json.loads(done.stdout)["refusals"]
    assert refusal["reason"] == "orphan_label"
    assert (refusal["example"]["position"], refusal["example"]["line"]) == (0, 2)


@pytest.mark.parametrize(
    ("option", "file"), [("--predictions", "data.csv"), ("--dead-letters", "gauge.toml"), ("--save", "data.csv")]
)
def test_nothing_that_is_read_is_overwritten(rivergauge, tmp_path, option, file):
    done = rivergauge("backtest", CSV, option, tmp_path / "." / file)

    assert done.exit_code == 2
    assert f"{option} would overwrite " in done.stderr
    assert (tmp_path / "data.csv").read_text() == CSV


def test_two_outputs_in_one_file_are_refused(rivergauge, tmp_path):
    done = rivergauge("backtest", CSV, "--predictions", tmp_path / "a", "--dead-letters", tmp_path / "a")

    assert done.exit_code == 2
    assert "--dead-letters would overwrite --predictions" in done.stderr


def test_data_of_another_shape_leave_the_file_to_be_written_alone(rivergauge, tmp_path):
    (tmp_path / "predictions.jsonl").write_text("of yesterday")

    done = rivergauge("backtest", "id,lvl,full\n1,2,yes\n", "--predictions", tmp_path / "predictions.jsonl")

    assert done.exit_code == 2
    assert (tmp_path / "predictions.jsonl").read_text() == "of yesterday"


@pytest.fixture(scope="module")
def broker():
    with InProcessBroker() as broker:
        yield broker


def with_broker(broker, name):
    topics = parse(GAUGE.replace("basin", name)).topics
    for topic in (topics.input, *topics.outputs):
        broker.create_topic(topic)
    servers = broker.bootstrap_servers
    return GAUGE.replace('name = "basin"', f'name = "{name}"') + f'[connection]\nbootstrap_servers = "{servers}"\n'


@pytest.mark.broker
def test_send_tells_what_the_gauge_will_refuse_and_sends_it_all_the_same(rivergauge, broker, tmp_path):
    dead = tmp_path / "dead.jsonl"

    done = rivergauge("send", CSV, "--dead-letters", dead, gauge=with_broker(broker, "told"))

    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0] == "refused: 4 of 6 records"
    assert lines[1].startswith("  wrong_type 2: the first at position 1, line 3: ")
    assert lines[-1].startswith("sent 6 events and 0 labels to told in ")
    assert lines[-1].endswith("; 4 of them will be dead letters")
    assert [json.loads(line)["line"] for line in dead.read_text().splitlines()] == [3, 4, 5, 6]


@pytest.mark.broker
def test_send_ends_with_9_where_every_event_will_be_refused(rivergauge, broker):
    done = rivergauge("send", "id,level,full\n0,a,yes\n", "--json", gauge=with_broker(broker, "none"))

    answer = json.loads(done.stdout)
    assert done.exit_code == 9
    assert (answer["events"], answer["refusals"][0]["reason"]) == (1, "wrong_type")
    assert "error: the only event cannot be predicted: " in done.stderr


LATER = GAUGE.replace('negative = "no"', 'negative = "no"\narrival = "later"').replace(
    'id = "id"', 'id = "id"\ntime = "at"'
)


def predictions(done, path: Path):
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_predictions_carry_the_label_the_held_out_mark_and_the_time(rivergauge, tmp_path):
    path = tmp_path / "predictions.jsonl"
    gauge = GAUGE.replace('id = "id"', 'id = "id"\ntime = "at"')
    rows = [f"{n},{n},2024-01-01 00:00:{n:02},{'yes' if n % 3 else ''}" for n in range(30)]

    told = predictions(
        rivergauge("backtest", "\n".join(["id,level,at,full", *rows]), "--predictions", path, gauge=gauge), path
    )

    assert list(told[0]) == ["position", "id", "y_pred", "probabilities", "version", "label", "held_out", "time"]
    assert [line["label"] for line in told] == ["yes" if n % 3 else None for n in range(30)]
    assert {line["held_out"] for line in told} == {True, False}
    assert told[7]["time"] == "2024-01-01T00:00:07Z"


def test_late_labels_stand_with_the_prediction_that_they_measure_and_lines_keep_their_order(rivergauge, tmp_path):
    path = tmp_path / "predictions.jsonl"
    gauge = LATER.replace('arrival = "later"', 'arrival = "later"\nhorizon_events = 8\nearly_horizon_events = 5')
    records = [
        {"id": "early", "full": "yes"},  # its event comes 4 records later
        {"id": "orphan", "full": "yes"},
        *({"id": str(n), "level": n} for n in range(2)),
        {"id": "early", "level": 9},
        {"id": "1", "full": "no"},
        {"id": "1", "level": 7},  # again, once its label has come
        {"id": "1", "full": "yes"},
        *({"id": str(n), "level": n} for n in range(10, 16)),
        {"id": "0", "full": "yes"},  # too late: it has expired
        {"id": "15", "full": "maybe"},
        {"id": "14", "full": "yes"},
    ]
    text = "\n".join(json.dumps({**record, "at": "2024-01-01T00:00:00Z"}) for record in records)

    done = rivergauge("backtest", text, "--predictions", path, "--json", gauge=gauge, name="data.jsonl")

    told = [(line["id"], line["label"]) for line in predictions(done, path)]
    assert told == [
        ("0", None),
        ("1", "no"),
        ("early", "yes"),
        ("1", "yes"),
        *((str(n), "yes" if n == 14 else None) for n in range(10, 16)),
    ]
    positions = [line["position"] for line in predictions(done, path)]
    assert positions == sorted(positions)
    assert json.loads(done.stdout)["labels"] == 4


def test_the_labels_of_a_regression_are_numbers(rivergauge, tmp_path):
    path = tmp_path / "predictions.jsonl"
    gauge = 'name = "r"\ntask = "regression"\n[label]\nfield = "y"\n[features]\nx = "number"\n'

    told = predictions(rivergauge("backtest", "x,y\n1,2.5\n2,3\n", "--predictions", path, gauge=gauge), path)

    assert [(line["label"], line["time"]) for line in told] == [(2.5, None), (3.0, None)]


def test_what_was_read_and_may_mean_something_else_is_told(rivergauge):
    timed = GAUGE.replace('id = "id"', 'id = "id"\ntime = "at"\ntime_format = "unix_milliseconds"')
    lines = "".join(
        json.dumps({"id": n, "at": 1714557600 + n, "level": n / 7, "full": "yes", "colour": "red"}) + "\n"
        for n in range(3)
    )

    told = rivergauge("backtest", lines, gauge=timed, name="data.jsonl")
    data = json.loads(rivergauge("backtest", lines, "--json", gauge=timed, name="data.jsonl").stdout)

    read = "event times are in 1970 as unix_milliseconds, and as unix_seconds they are in 2024"
    warning = f"{read}: see record.time_format"
    assert f"warning: {warning}" in told.stderr
    assert "fields that the gauge does not name, ignored: colour (3)" in told.stderr
    assert (data["warnings"], data["unknown_fields"]) == ([warning], {"colour": 3})


@pytest.mark.parametrize("given", ['"1,5"', "45%", "true"])
def test_a_number_as_people_write_it_is_refused_with_what_must_go(rivergauge, given):
    told = rivergauge("backtest", f"id,level,full\n0,{given},yes\n1,2,no\n")

    hints = {'"1,5"': "no comma", "45%": "no signs of percent", "true": "got 'true'"}
    assert hints[given] in told.stdout


def test_a_file_without_the_column_of_an_optional_feature_is_read_with_a_warning(rivergauge):
    gauge = GAUGE.replace('level = "number"', 'level = "number"\nflow = { type = "number", optional = true }')

    told = rivergauge("backtest", CSV, gauge=gauge)
    data = json.loads(rivergauge("backtest", CSV, "--json", gauge=gauge).stdout)

    warning = "the data have no column 'flow' (features.flow, optional): it is missing in every record"
    assert f"warning: {warning}" in told.stderr
    assert data["warnings"] == [warning]


def test_data_without_a_label_are_told(rivergauge):
    told = rivergauge("backtest", '{"id": 1, "level": 2, "fulll": "yes"}\n' * 3, name="data.jsonl")
    labelled = rivergauge("backtest", '{"id": 1, "level": 2, "full": "yes"}\n' * 3, name="data.jsonl")

    warning = "warning: no record had a label (label.field is 'full'): nothing was learned or scored"
    assert (told.exit_code, warning in told.stderr) == (0, True)
    assert "no record had a label" not in labelled.stderr


def test_one_event_is_counted_as_people_count(rivergauge):
    told = rivergauge("backtest", "id,level,full\n0,a,yes\n")

    assert "error: the only event could not be predicted: " in told.stderr


def test_check_counts_features_as_people_count(tmp_path):
    (tmp_path / "one.toml").write_text(GAUGE)

    assert "binary, 1 feature\n" in CliRunner().invoke(app, ["check", str(tmp_path / "one.toml")]).stdout


def test_an_id_that_all_events_share_and_that_is_held_out_is_told(rivergauge):
    name = next(f"p{n}" for n in range(1_000) if HeldOutShare("basin", 0.3).has(f"p{n}"))
    rows = f'{{"id": "{name}", "level": 2, "full": "yes"}}\n'

    told = rivergauge("backtest", rows * 20, name="data.jsonl")
    others = rivergauge("backtest", "".join(rows.replace(name, f"q{n}") for n in range(20)), name="data.jsonl")

    assert "warning: all 20 labels are of held-out events, and nothing was learned" in told.stderr
    assert "held-out" not in others.stderr

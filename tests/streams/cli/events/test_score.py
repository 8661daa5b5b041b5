"""``rivergauge score`` against a server of real learners. Oracle: what these learners answer themselves."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import Result

from models.learner import Learner
from streams.cli.events import score as scoring
from streams.here.exit_codes import ExitCode
from streams.here.ports import free_port
from tests import builders
from tests.streams.cli.showing import rivergauge
from tests.streams.http.serving import Client, served

TEXT = """name = "pumps"
task = "{task}"
candidates = ["{candidate}"]
[record]
id = "id"
time = "at"
[label]
field = "y"
arrival = "later"
{label}
[features]
a = "number"
b = {{type = "number", optional = true}}
site = {{type = "category", optional = true, max_values = 6}}
[server]
port = {port}
{more}
"""
BINARY = 'positive = "bad"\nnegative = "good"'
ROWS = [{"id": f"r{n}", "at": "2024-01-01T00:00:00Z", "a": n / 3, "site": "ns"[n % 2]} for n in range(7)]


def gauge_file(directory: Path, port: int = 8642, *, task: str = "binary", label: str = BINARY, more: str = "") -> Path:
    path, candidate = directory / "pumps.toml", "linear_regression" if task == "regression" else "naive_bayes"
    path.write_text(TEXT.format(port=port, task=task, label=label, candidate=candidate, more=more))
    return path


@pytest.fixture(scope="module")
def learner() -> Learner:
    made = Learner(builders.gauge())
    values = [builders.record(n, a=n % 5, y="bad" if n % 5 > 2 else "good") for n in range(40)]
    builders.fold(made, builders.decoded(made.gauge, values))
    return made


async def score(ask: Client, directory: Path, *words: object, **of_gauge: str) -> Result:
    """The command, in a thread, while the server answers on this loop."""
    path = gauge_file(directory, ask.health.port, **of_gauge)
    return await asyncio.to_thread(rivergauge, "score", path, *words)


def lines(done: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


async def alone(ask: Client, row: Mapping[str, object]) -> dict[str, object]:
    status, said = await ask.post("/v1/score", row)
    assert status == 200
    return said


async def test_one_event_of_the_command_line_gets_the_servers_answer(learner, tmp_path):
    async with served(learner.gauge, {0: learner}) as ask:
        done = await score(ask, tmp_path, json.dumps(ROWS[0]))
        wanted = await alone(ask, ROWS[0])

    assert (done.exit_code, lines(done)) == (ExitCode.OK, [wanted])
    assert done.stderr == ""


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
async def test_a_file_is_answered_row_by_row_and_a_refused_row_has_its_reason_in_its_place(learner, tmp_path, ending):
    path = tmp_path / f"rows{ending}"
    if ending == ".csv":
        table = ["site,a,id,at"] + [f"{row['site']},{row['a']},{row['id']},{row['at']}" for row in ROWS]
        table[3:3] = ["n,SECRET,x,2024-01-01T00:00:00Z", "too,short"]
    else:
        table = ["", *map(json.dumps, ROWS)]
        table[3:3] = [json.dumps({**ROWS[0], "a": "SECRET"}), "{SECRET"]
    path.write_text("\n".join(table) + "\n")
    async with served(learner.gauge, {0: learner}) as ask:
        done = await score(ask, tmp_path, path)
        wanted = [await alone(ask, row) for row in ROWS]

    said = lines(done)
    assert done.exit_code == ExitCode.SOME_REFUSED
    assert [one["line"] for one in said] == [*range(2, 11)]
    assert [one.get("reason") for one in said[2:4]] == ["wrong_type", "not_json"]
    assert [{**one, "line": None} for one in said[:2] + said[4:]] == [{**one, "line": None} for one in wanted]
    assert "2 of 9 events refused: wrong_type 1, not_json 1" in done.stderr
    assert "SECRET" not in done.output


async def test_rows_without_ids_are_numbered_as_in_a_backtest(learner, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,at\n" + "".join(f"{row['a']},{row['at']}\n" for row in ROWS))
    async with served(learner.gauge, {0: learner}) as ask:
        done = await score(ask, tmp_path, path, "--events", 2)

    assert [one["id"] for one in lines(done)] == ["0", "1"]
    assert "no column 'site' (features.site, optional)" in done.stderr


async def test_all_refused_has_a_code_of_its_own(learner, tmp_path):
    async with served(learner.gauge, {0: learner}) as ask:
        done = await score(ask, tmp_path, "{}")

    assert done.exit_code == ExitCode.NOTHING_PREDICTED
    assert lines(done)[0]["reason"] == "missing_field"


async def test_standard_input_is_answered_while_it_is_written(learner, tmp_path):
    async with served(learner.gauge, {0: learner}) as ask:
        path = gauge_file(tmp_path, ask.health.port)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams.cli", "score", str(path), "-",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        said = []
        async with asyncio.timeout(60):
            for row in ROWS[:2]:
                process.stdin.write(json.dumps(row).encode() + b"\n")
                said.append(json.loads(await process.stdout.readline()))
            process.stdin.close()
            code = await process.wait()

    assert ([one["id"] for one in said], code) == (["r0", "r1"], ExitCode.OK)


async def test_a_csv_file_comes_through_a_pipe_too(learner, tmp_path):
    async with served(learner.gauge, {0: learner}) as ask:
        path = gauge_file(tmp_path, ask.health.port)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams.cli", "score", str(path), "--delimiter", ";",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(b"id;at;a\nx;2024-01-01T00:00:00Z;0.5\n"), 60)

    assert [json.loads(line)["id"] for line in out.splitlines()] == ["x"]


async def test_many_events_go_in_few_requests_in_order(learner, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "AT_ONCE", 4)
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({**ROWS[0], "id": str(n)}) + "\n" for n in range(30)))
    async with served(learner.gauge, {0: learner}) as ask:
        done = await score(ask, tmp_path, path)

    assert [one["id"] for one in lines(done)] == [*map(str, range(30))]


async def test_a_token_is_sent_and_one_that_does_not_fit_is_told(learner, tmp_path, monkeypatch):
    tokens = {"RIVERGAUGE_TOKENS": f"shop:score:{hashlib.sha256(b'right').hexdigest()}"}
    async with served(learner.gauge, {0: learner}, environ=tokens) as ask:
        monkeypatch.setenv("RIVERGAUGE_TOKEN", "right")
        right = await score(ask, tmp_path, json.dumps(ROWS[0]))
        monkeypatch.setenv("RIVERGAUGE_TOKEN", "SECRET")
        wrong = await score(ask, tmp_path, json.dumps(ROWS[0]), "--json")

    assert right.exit_code == ExitCode.OK
    assert wrong.exit_code == ExitCode.USAGE
    assert "a token is wanted" in lines(wrong)[0]["problems"][0]["what"]
    assert "RIVERGAUGE_TOKEN holds" in wrong.stderr
    assert "SECRET" not in wrong.output


async def test_a_partition_of_another_worker_and_a_worker_that_restores_are_told(learner, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring.Client, "__init__", _impatient(scoring.Client.__init__))
    async with served(learner.gauge, {0: learner}, partitions=2) as ask:
        elsewhere = await score(ask, tmp_path, json.dumps(ROWS[0]), "--partition", 1)
        outside = await score(ask, tmp_path, json.dumps(ROWS[0]), "--partition", 7)
    async with served(learner.gauge, None) as ask:
        starting = await score(ask, tmp_path, json.dumps(ROWS[0]))

    assert (elsewhere.exit_code, outside.exit_code) == (ExitCode.UNAVAILABLE, ExitCode.USAGE)
    assert "partition 1 is answered by another worker" in elsewhere.stderr
    assert "the input topic has 2 partitions" in outside.stderr
    assert starting.exit_code == ExitCode.UNAVAILABLE
    assert "cannot answer: the worker is starting" in starting.stderr


def _impatient(make):
    def init(self, *words, **more):
        make(self, *words, **more)
        self.patience_s = 0.0

    return init


async def test_the_server_of_another_gauge_is_told_although_it_takes_the_events(learner, tmp_path):
    other = builders.gauge('name = "fans"')
    async with served(other, {0: Learner(other)}) as ask:
        status, _ = await ask.post("/v1/score", ROWS[0])
        done = await score(ask, tmp_path, json.dumps(ROWS[0]))

    assert (status, done.exit_code, done.stdout) == (200, ExitCode.USAGE, "")
    assert "answers for another gauge than pumps (there is one model here: fans)" in done.stderr


def test_where_nobody_answers_the_address_is_told(tmp_path):
    port = free_port()

    done = rivergauge("score", gauge_file(tmp_path, port), json.dumps(ROWS[0]))

    assert done.exit_code == ExitCode.UNAVAILABLE
    assert f"nobody answers at http://127.0.0.1:{port}" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{}", "--url", "localhost:8642"], "--url expects http://HOST:PORT"),
        (["{}", "--url", "http://h:x"], "--url http://h:x:"),
        (["nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["pumps.txt"], "expected a name ending in"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(words, sentence, tmp_path):
    done = rivergauge("score", gauge_file(tmp_path), *words)

    assert done.exit_code == ExitCode.USAGE
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_free_port_of_each_worker_must_be_named(tmp_path):
    done = rivergauge("score", gauge_file(tmp_path, 0), "{}")

    assert done.exit_code == ExitCode.USAGE
    assert "name the address with --url" in done.stderr


BASE = {"position": 5, "id": "x", "probabilities": None, "version": "0-1", "held_out": False, "partition": 0, "lag": 3}


@pytest.mark.parametrize(
    ("task", "said", "shown"),
    [
        (
            "binary",
            {**BASE, "line": 2, "y_pred": "bad", "probabilities": {"bad": 0.75, "good": 0.25}, "held_out": True},
            [("id", "x"), ("y_pred", "bad"), ("p(bad)", "0.7500"), ("version", "0-1"), ("", "held out")],
        ),
        (
            "multiclass",
            {**BASE, "y_pred": "low", "probabilities": {"low": 0.5, "high": 0.5}, "set": ["low", "high"]},
            [("line", ""), ("p(y_pred)", "0.5000"), ("", "one of low, high")],
        ),
        (
            "regression",
            {**BASE, "line": 1_234, "y_pred": 2.5, "interval": [1.5, 3.5]},
            [("line", "1,234"), ("y_pred", "2.5000"), ("low", "1.5000"), ("high", "3.5000")],
        ),
        ("regression", {**BASE, "y_pred": None, "abstained": "novel"}, [("y_pred", "–"), ("", "abstained: novel")]),
        (
            "binary",
            {"line": 3, "status": 422, "detail": "a: expected a number", "reason": "wrong_type"},
            [("line", "3"), ("y_pred", ""), ("", "wrong_type: a: expected a number")],
        ),
    ],
)
def test_a_terminal_shows_a_table(task, said, shown, monkeypatch):
    tables = []
    monkeypatch.setattr(scoring, "print_table", lambda _title, header, rows, **_: tables.append((header, rows)))

    candidate = "linear_regression" if task == "regression" else "naive_bayes"
    scoring._table(builders.gauge(task=task, candidates=[candidate]))([said])

    [(header, [row])] = tables
    cells = {name: cell if isinstance(cell, str) else cell[0] for name, cell in zip(header, row, strict=True)}
    assert {name: cells[name] for name, _ in shown} == dict(shown)

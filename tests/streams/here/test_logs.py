"""One line per event, and libraries that do not drown it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.app import app
from streams.here import logs
from streams.here.exit_codes import ExitCode
from tests.streams.cli.showing import gauge_file


@pytest.fixture
def root_logger_restored():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.getLogger("rivergauge").setLevel(logging.NOTSET)


def test_a_value_that_could_be_misread_is_quoted_as_json():
    written = logs.line("worker failed", {"code": 70, "reason": 'a "b" = c\nd', "empty": ""})

    phrase, _, values = written.partition(" code=")
    assert phrase == "worker failed"
    assert "\n" not in written
    assert json.loads(values.partition("reason=")[2].partition(" empty=")[0]) == 'a "b" = c\nd'
    assert written.endswith('empty=""')


@pytest.mark.usefixtures("root_logger_restored")
def test_lines_carry_level_phrase_and_keys():
    stream = io.StringIO()
    logs.configure(stream)

    logs.Log("worker").info("worker started", gauge="pumps")

    stamp, rest = stream.getvalue().split(" ", 1)
    assert rest == "INFO worker started gauge=pumps\n"
    assert stamp.endswith("Z")


def written(environ: dict[str, str], tell: Callable[[], None]) -> list[str]:
    stream = io.StringIO()
    logs.configure(stream, environ)
    tell()
    return stream.getvalue().splitlines()


def failing(reading: str) -> None:
    held = reading
    try:
        try:
            dict[int, str]()[len(held)]
        except KeyError as missing:
            raise ValueError("the model failed") from missing
    except ValueError as error:
        logs.Log("worker").error("worker failed", cause=error, gauge="pumps")


@pytest.mark.usefixtures("root_logger_restored")
def test_as_json_each_event_is_an_object_on_a_line_of_its_own():
    def tell() -> None:
        logs.Log("news").warning(
            "alert opened", partition=3, loss=0.25, worst=float("inf"), subject=None, moved=("a", 2), why=OSError("no")
        )
        logging.getLogger("aiokafka.conn").warning("Unable connect to %s:\n%r", "kafka:9092", "refused")
        logging.getLogger("uvicorn.error").info("too quiet to be written")

    lines = written({"RIVERGAUGE_LOG_FORMAT": "json"}, tell)

    ours, theirs = [json.loads(line) for line in lines]
    assert datetime.fromisoformat(ours.pop("timestamp")).tzinfo == UTC
    assert list(ours.items()) == [
        ("level", "warning"),
        ("logger", "rivergauge.news"),
        ("event", "alert opened"),
        ("partition", 3),
        ("loss", 0.25),
        ("worst", None),
        ("subject", None),
        ("moved", ["a", 2]),
        ("why", "no"),
    ]
    assert (theirs["logger"], theirs["event"]) == ("aiokafka.conn", "Unable connect to kafka:9092:\n'refused'")


@pytest.mark.usefixtures("root_logger_restored")
@pytest.mark.parametrize("form", ["json", "JSON"])
def test_as_json_an_exception_is_part_of_its_event_and_tells_no_locals(form: str):
    [line] = written({"RIVERGAUGE_LOG_FORMAT": form}, lambda: failing("reading 77.5"))

    told = json.loads(line)
    assert (told["event"], told["gauge"]) == ("worker failed", "pumps")
    assert [(one["exc_type"], one["exc_value"]) for one in told["exception"]] == [
        ("ValueError", "the model failed"),
        ("KeyError", "12"),
    ]
    assert told["exception"][0]["frames"][-1]["name"] == "failing"
    assert "77.5" not in line


@pytest.mark.usefixtures("root_logger_restored")
def test_for_people_an_exception_follows_its_line_as_python_shows_it():
    first, *trace = written({}, lambda: failing("reading 77.5"))

    assert first.endswith(" ERROR worker failed gauge=pumps")
    assert trace[0] == "Traceback (most recent call last):"
    assert "KeyError: 12" in trace
    assert trace[-1] == "ValueError: the model failed"
    assert "77.5" not in "".join(trace)


@pytest.mark.usefixtures("root_logger_restored")
@pytest.mark.parametrize(
    ("level", "ours", "theirs"),
    [
        ("", {"info", "warning", "error"}, {"warning", "error"}),
        ("debug", {"info", "warning", "error"}, {"info", "warning", "error"}),
        ("info", {"info", "warning", "error"}, {"warning", "error"}),
        ("Warning", {"warning", "error"}, {"warning", "error"}),
        ("error", {"error"}, {"error"}),
    ],
)
def test_the_level_says_from_where_on_there_are_lines(level: str, ours: set[str], theirs: set[str]):
    def tell() -> None:
        for name in ("debug", "info", "warning", "error"):
            logging.getLogger("faust").log(getattr(logging, name.upper()), name)
            if name != "debug":
                getattr(logs.Log("worker"), name)(name)

    told = [
        json.loads(line) for line in written({"RIVERGAUGE_LOG_FORMAT": "json", "RIVERGAUGE_LOG_LEVEL": level}, tell)
    ]

    assert {line["event"] for line in told if line["logger"] == "faust"} == theirs
    assert {line["event"] for line in told if line["logger"] == "rivergauge.worker"} == ours


@pytest.mark.parametrize(
    ("variable", "known"),
    [("RIVERGAUGE_LOG_FORMAT", "text, json"), ("RIVERGAUGE_LOG_LEVEL", "debug, info, warning, error")],
)
def test_what_is_no_format_or_level_is_refused_before_the_worker_begins(
    variable: str, known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(variable, "loud")

    done = CliRunner().invoke(app, ["run", str(gauge_file(tmp_path, "nowhere:9"))])

    assert done.exit_code == ExitCode.USAGE
    assert done.stderr == f"error: {variable} must be one of {known}, got 'loud'\n"


def record(name: str, message: str, created: float) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.WARNING, "", 0, message, (), None)
    made.created = created
    return made


def test_a_library_repeats_itself_only_after_a_while():
    quieter = logs.Quieter()

    passed = [quieter.filter(record("aiokafka", "Unable connect", at)) for at in (0.0, 1.0, 9.9, 10.0, 11.0)]

    assert passed == [True, False, False, True, False]
    assert quieter.filter(record("aiokafka", "another", 11.0))


def test_our_own_lines_always_pass():
    quieter = logs.Quieter()

    assert all(quieter.filter(record("rivergauge.worker", "same", 0.0)) for _ in range(3))

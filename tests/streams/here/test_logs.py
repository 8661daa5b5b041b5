"""One line per event, and libraries that do not drown it."""

from __future__ import annotations

import io
import json
import logging

import pytest

from streams.here import logs


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

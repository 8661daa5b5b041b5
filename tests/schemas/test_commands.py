"""Golden bytes of every command's body, and what no command can be."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from schemas.commands import (
    ALLOWED_BY,
    COMMAND,
    LONGEST_BYTES,
    Allowed,
    Approve,
    Command,
    Decline,
    Pause,
    Promote,
    Resume,
    Retrain,
    RollBack,
    body,
)

GOLDEN = [
    (
        Promote(version="0-3", who="ann@ops", why="the new sensor"),
        b'{"command":"promote","version":"0-3","who":"ann@ops","why":"the new sensor"}',
    ),
    (RollBack(version="12.3-4", who="a"), b'{"command":"roll_back","version":"12.3-4","who":"a","why":""}'),
    (Retrain(who="ünten", why="x"), '{"command":"retrain","who":"ünten","why":"x"}'.encode()),
    (Pause(who="a", why="b"), b'{"command":"pause","who":"a","why":"b"}'),
    (Resume(who="a", why="b"), b'{"command":"resume","who":"a","why":"b"}'),
    (Approve(version="0-3", who="a"), b'{"command":"approve","version":"0-3","who":"a","why":""}'),
    (Decline(version="0-3", who="a"), b'{"command":"decline","version":"0-3","who":"a","why":""}'),
]


@pytest.mark.parametrize(("command", "raw"), GOLDEN)
def test_the_bytes_are_what_they_were_and_read_back_as_what_they_are(command, raw):
    assert body(command) == raw
    assert COMMAND.validate_json(raw) == command


def test_every_command_has_its_golden_bytes_and_what_allows_it():
    assert {type(command) for command, _ in GOLDEN} == set(get_args(Command))
    assert {command.command for command, _ in GOLDEN} == set(ALLOWED_BY)
    assert set(ALLOWED_BY.values()) == set(get_args(Allowed))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"command":"forget","who":"a"}',
        b'{"who":"a","version":"0-1"}',
        b'{"command":"promote","who":"a"}',
        b'{"command":"promote","who":"a","version":3}',
        b'{"command":"promote","who":"a","version":"the best"}',
        b'{"command":"promote","who":"a","version":"0-1\\n"}',
        '{"command":"promote","who":"a","version":"\u0660-\u0661"}'.encode(),
        b'{"command":"pause","who":"a\\u202eb"}',
        b'{"command":"pause","who":"a","why":"\\u2066b"}',
        b'{"command":"pause","who":" "}',
        b'{"command":"pause","who":"a","version":"0-1"}',
        b'{"command":"pause"}',
        b'{"command":"pause","who":""}',
        b'{"command":"pause","who":"a\\u001b[2J"}',
        b'{"command":"pause","who":"a\\u0085b"}',
        b'{"command":"pause","who":"a","why":"one\\ntwo"}',
        b'{"command":"pause","who":"' + b"a" * 201 + b'"}',
        b'{"command":"pause","who":"a","why":"' + b"a" * 501 + b'"}',
        b'{"command":"pause","who":"a","why":null}',
    ],
)
def test_what_is_no_command_is_refused(raw):
    with pytest.raises(ValidationError):
        COMMAND.validate_json(raw)


def test_the_longest_command_has_room_however_its_characters_are_written():
    escaped = b"\\ud83d\\ude00"  # one character in twelve bytes

    raw = b'{"command":"pause","who":"%s","why":"%s"}' % (escaped * 200, escaped * 500)

    assert len(raw) <= LONGEST_BYTES
    assert COMMAND.validate_json(raw).why == "😀" * 500

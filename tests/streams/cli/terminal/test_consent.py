"""Consent is asked for at a terminal, and given by what the question offers alone."""

from __future__ import annotations

import io
import sys

import pytest

from streams.cli.terminal.consent import YES, Consent, NobodyToAskError, NotAgreedError, ask
from streams.here.exit_codes import ExitCode


class Terminal(io.StringIO):
    """Somebody who has typed a line."""

    def isatty(self) -> bool:
        return True


def asked() -> str:
    return ask("Send? [yes, silent, no]", ["2 records", "1 more"], undone="nothing was sent", others=["silent"])


@pytest.mark.parametrize(
    ("typed", "answer"), [("yes", YES), ("Y", YES), (" YES \n", YES), ("s", "silent"), ("silent", "silent")]
)
def test_an_answer_is_one_that_is_offered_or_its_first_letter(typed, answer, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", Terminal(typed))

    assert asked() == answer
    assert capsys.readouterr() == ("", "2 records\n1 more\nSend? [yes, silent, no] ")


@pytest.mark.parametrize("typed", ["", "no", "ye", "yes please", "si", "1"])
def test_whatever_else_is_typed_is_no_consent(typed, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal(typed))

    with pytest.raises(NotAgreedError, match=r"^nothing was sent$") as refused:
        asked()
    assert refused.value.exit_code == ExitCode.INTERRUPTED


def test_where_there_is_no_terminal_nobody_agrees(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))

    with pytest.raises(NobodyToAskError, match=r"give --yes\. What it would mean: 2 records; 1 more$") as refused:
        asked()
    assert refused.value.exit_code == ExitCode.USAGE


def test_the_command_line_agrees_by_yes_alone():
    assert (Consent.of(True), Consent.of(False)) == (Consent.GIVEN, Consent.ASKED)

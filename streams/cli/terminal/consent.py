"""Consent: what cannot be undone is done once somebody has seen what it would mean, and agrees."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import Enum
from typing import Final

from streams.cli.terminal.output import err
from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError

YES: Final = "yes"


class Consent(Enum):
    """Whether the user has agreed on the command line, or is asked."""

    GIVEN = "given"
    ASKED = "asked"

    @classmethod
    def of(cls, yes: bool) -> Consent:
        """By whether ``--yes`` is given."""
        return cls.GIVEN if yes else cls.ASKED


class NobodyToAskError(CommandError):
    """There is no terminal, and the command line does not agree."""

    exit_code = ExitCode.USAGE


class NotAgreedError(CommandError):
    """The user was asked, and does not agree."""

    exit_code = ExitCode.INTERRUPTED


def ask(question: str, forecast: Sequence[str], *, undone: str, give: str = "--yes", others: Sequence[str] = ()) -> str:
    """What the user agrees to: `YES`, or one of the ``others`` that the question offers, by its first letter too.

    Parameters
    ----------
    question
        With the answers that it takes, as in ``Send them? [yes, no]``.
    forecast
        What it would mean, line by line.
    undone
        What is told where nobody agrees: ``nothing was sent``.
    give
        What to give on the command line where there is no terminal.

    Raises
    ------
    NobodyToAskError
        If there is no terminal to ask at.
    NotAgreedError
        If the answer is any other.
    """
    if not sys.stdin.isatty():
        raise NobodyToAskError(
            f"{undone}: there is no terminal to ask at; give {give}. What it would mean: {'; '.join(forecast)}"
        )
    for line in forecast:
        err.print(line)
    err.print(f"{question} ", end="")
    answer = sys.stdin.readline().strip().lower()
    for known in (YES, *others):
        if answer in (known, known[0]):
            return known
    raise NotAgreedError(undone)

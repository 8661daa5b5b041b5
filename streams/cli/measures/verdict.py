"""The verdict: the first thing that a person reads."""

from __future__ import annotations

import textwrap
from typing import Final

from schemas.evaluated import Verdict, VerdictKind
from streams.cli.terminal.output import out, styled

_STYLES: Final = {
    VerdictKind.BETTER: "bold green",
    VerdictKind.BETTER_NOW: "bold green",
    VerdictKind.WORSE: "bold red",
    VerdictKind.WORSE_NOW: "bold red",
}


def show_verdict(verdict: Verdict) -> None:
    """Print the sentence, folded to a terminal's width."""
    words = verdict.words
    if out.is_terminal:
        words = textwrap.fill(words, out.width, break_long_words=False, break_on_hyphens=False)
    out.print(styled((words, _STYLES.get(verdict.kind, "bold"))))
    out.print()

"""How commands speak: results on standard output, everything else on standard error, JSON alone when asked for.

What is printed is printed as it is: a path such as ``base[prod].toml``, a name, a message is never read as markup, and
``:warning:`` in it is no picture. Style is given apart from the text (`styled`), never inside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from schemas.figure_words import figure as figure
from streams.here.exit_codes import ExitCode

if TYPE_CHECKING:
    from models.check import Found
    from schemas.gauge import Gauge


class _Literal(Console):
    """Prints text as it is, and ends its output, not the work, when its reader has gone (``| head``)."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> None:
        """Write into the void from now on; the command ends with the code that it would have ended with."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if self.stderr else sys.stdout).fileno())


out = _Literal()
err = _Literal(stderr=True)


def styled(*parts: str | tuple[str, str]) -> Text:
    """Text of which some parts, given as (text, style), are set off.

    >>> styled(("ok", "bold green"), " base[prod].toml").plain
    'ok base[prod].toml'
    """
    return Text.assemble(*parts)


def print_json(value: Any) -> None:
    """One JSON object on one line, alone on standard output."""
    from pydantic_core import to_json

    try:
        out.file.write(to_json(value, inf_nan_mode="null").decode() + "\n")
        out.file.flush()
    except BrokenPipeError:
        out.on_broken_pipe()


def refuse(
    message: str,
    code: ExitCode = ExitCode.USAGE,
    *,
    as_json: bool = False,
    problems: list[tuple[str, str]] | None = None,
) -> ExitCode:
    """Write on standard error what is wrong; for programs also as JSON, by (where, what): by default one problem."""
    message = _writable(message)
    if as_json:
        listed = [{"where": _writable(where), "what": _writable(what)} for where, what in problems or [("", message)]]
        print_json({"ok": False, "problems": listed, "exit_code": code})
    err.print(styled(("error:", "bold red"), f" {message}"))
    return code


def load_or_refuse(
    path: Path, *, as_json: bool = False, examine: Callable[[Gauge], Found] | None = None
) -> Gauge | ExitCode:
    """The gauge, checked by ``examine``, or within bounds of time and memory (`Examination`); or the exit code to end
    with, its problems written."""
    from schemas.gauge import GaugeError
    from streams.here.gaugefile import load

    try:
        return load(path, examine or _examined)
    except GaugeError as error:
        if [where for where, _ in error.problems] == [str(path)]:
            return refuse(str(error), as_json=as_json, problems=error.problems)
        lines = "\n".join(f"  {line}" for line in str(error).splitlines())
        return refuse(f"{path} cannot be used:\n{lines}", as_json=as_json, problems=error.problems)


def read_or_refuse(path: Path, *, as_json: bool = False) -> Gauge | ExitCode:
    """The same for a command that makes no model: whether the gauge's can be made is no matter."""
    return load_or_refuse(path, as_json=as_json, examine=lambda _: [])


def _examined(gauge: Gauge) -> Found:
    # Every command imports this module, and the examination brings River: a second that `--help` does not need.
    from streams.cli.examination import Examination

    return Examination().problems(gauge)


def _writable(text: str) -> str:
    # A path whose bytes are no UTF-8 has surrogates in it, which neither a terminal nor JSON takes.
    return text.encode(errors="backslashreplace").decode()


def told_time(time: datetime) -> str:
    """A time as people read it; those of records are in UTC."""
    return time.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")

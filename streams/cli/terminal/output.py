"""How commands speak: results on standard output, everything else on standard error, JSON alone when asked for.

What is printed is printed as it is: a path such as ``base[prod].toml``, a name, a message is never read as markup, and
``:warning:`` in it is no picture. Style is given apart from the text (`styled`), never inside it: names and values of
data may hold what steers a terminal, and it is shown escaped.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from schemas.printable import printable
from streams.here.exit_codes import ExitCode


class _Literal(Console):
    """Prints text as it is, and ends its output, not the work, when its reader has gone (``| head``)."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)

    def print(self, *objects: Any, **more: Any) -> None:
        """As `Console.print`; nothing in the objects' text steers the terminal."""
        super().print(*map(_harmless, objects), **more)

    def on_broken_pipe(self) -> None:
        """Write into the void from now on; the command ends with the code that it would have ended with."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if self.stderr else sys.stdout).fileno())


def _harmless(printed: Any) -> Any:
    if isinstance(printed, Text):
        plain = printable(printed.plain, keep=_LAYOUT)
        return printed if plain == printed.plain else Text(plain, printed.style)
    return printable(printed, keep=_LAYOUT) if isinstance(printed, str) else printed


_LAYOUT: Final = "\n\t\u00a0"

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


def _writable(text: str) -> str:
    # A path whose bytes are no UTF-8 has surrogates in it, which neither a terminal nor JSON takes.
    return text.encode(errors="backslashreplace").decode()


def told_time(time: datetime) -> str:
    """A time as people read it; those of records are in UTC."""
    return time.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")

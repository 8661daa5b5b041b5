"""How commands speak: results on standard output, everything else on standard error, JSON alone when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import to_json
from rich.console import Console

from schemas.gauge import Gauge, GaugeError
from streams.exit_codes import ExitCode
from streams.gaugefile import load

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON object on one line, alone on standard output."""
    out.file.write(to_json(value, inf_nan_mode="null").decode() + "\n")
    out.file.flush()


def refuse(message: str, code: ExitCode = ExitCode.USAGE) -> ExitCode:
    """Say on standard error what is wrong."""
    err.print(f"[bold red]error:[/] {_escaped(message)}", highlight=False)
    return code


def load_or_refuse(path: Path) -> Gauge | ExitCode:
    """The checked gauge; or its problems, said, as the exit code to end with."""
    try:
        return load(path)
    except GaugeError as error:
        return refuse(f"{path} cannot be used:\n" + "\n".join(f"  {line}" for line in str(error).splitlines()))


def figure(value: float | None) -> str:
    """A number as people read it."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.4f}"


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)

"""How commands read a gauge file: checked whole, or only as far as a command that makes no model needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.gauge import Gauge, GaugeError
from streams.cli.terminal.output import refuse
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load

if TYPE_CHECKING:
    from models.check import Found


def load_or_refuse(
    path: Path, *, as_json: bool = False, examine: Callable[[Gauge], Found] | None = None
) -> Gauge | ExitCode:
    """The gauge, checked by ``examine``, or within bounds of time and memory (`Examination`); or the exit code to end
    with, its problems written."""
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
    # The examination brings River: a second that a command which makes no model does not need.
    from streams.cli.gaugefile.examination import Examination

    return Examination().problems(gauge)

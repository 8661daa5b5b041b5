"""How commands read a gauge file: checked whole, or only as far as a command that makes no model needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.gauge import Gauge, GaugeError
from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError
from streams.here.gaugefile import load

if TYPE_CHECKING:
    from models.check import Found


class GaugeFileError(CommandError):
    """A gauge file cannot be used."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, problems: list[tuple[str, str]]) -> None:
        super().__init__(message)
        self.problems = problems


def checked(path: Path, examine: Callable[[Gauge], Found] | None = None) -> Gauge:
    """The gauge, checked by ``examine``, or within bounds of time and memory (`Examination`).

    Raises
    ------
    GaugeFileError
        If it cannot be read, or something is wrong with it.
    """
    try:
        return load(path, examine or _examined)
    except GaugeError as error:
        if [where for where, _ in error.problems] == [str(path)]:
            raise GaugeFileError(str(error), error.problems) from error
        lines = "\n".join(f"  {line}" for line in str(error).splitlines())
        raise GaugeFileError(f"{path} cannot be used:\n{lines}", error.problems) from error


def read(path: Path) -> Gauge:
    """The same for a command that makes no model: whether the gauge's can be made is no matter."""
    return checked(path, lambda _: [])


def _examined(gauge: Gauge) -> Found:
    # The examination brings River: a second that a command which makes no model does not need.
    from streams.cli.gaugefile.examination import Examination

    return Examination().problems(gauge)

"""Files that a command writes: never over what it reads, and a failure names the file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from streams.cli.terminal.output import refuse
from streams.here.exit_codes import ExitCode


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let a failure to write, as on a full disc, name the file: the system's answer does not."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


class _Named(io.FileIO):
    def write(self, data: object) -> int:
        with naming(Path(str(self.name))):
            return super().write(data)  # type: ignore[arg-type]


@contextmanager
def written(path: Path | None) -> Iterator[IO[bytes] | None]:
    """The file at ``path``, emptied, to be written; ``None`` where there is no path."""
    if path is None:
        yield None
        return
    with io.BufferedWriter(_Named(path, "wb")) as file:
        yield file


def refuse_overwriting(inputs: Mapping[str, Path], outputs: Mapping[str, Path | None], *, as_json: bool) -> ExitCode:
    """`ExitCode.OK`, or a refusal where a file to be written is one that is read, or is to be written twice."""
    taken = {path.resolve(): name for name, path in inputs.items()}
    for name, path in outputs.items():
        if path is None or (path.exists() and not path.is_file()):
            continue  # a pipe or a device is not overwritten
        other = taken.setdefault(path.resolve(), name)
        if other != name:
            return refuse(f"{name} would overwrite {other}, {path}: name another file", as_json=as_json)
    return ExitCode.OK

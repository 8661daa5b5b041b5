"""Child processes that end with this one, however it ends, and whose last words are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

ROOT: Final = Path(__file__).resolve().parents[1]

# Its input is a pipe that only the parent holds open: when that closes, the child is asked to stop.
_UNTIL_ABANDONED: Final = """
exec 3<&0
"$@" </dev/null 3<&- & child=$!
(cat <&3 >/dev/null; kill "$child" 2>/dev/null) & watcher=$!
exec 3<&-
wait "$child"; status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"""

_STOPS_WITHIN_S: Final = 20.0


class BenchmarkError(RuntimeError):
    """A measurement could not be made; the message says why."""


class Child:
    """A Python process, from construction to ``stop`` or its own end; standard error goes to ``log``.

    ``python`` is the interpreter, this process's own by default.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        log: Path,
        environ: Mapping[str, str] | None = None,
        python: str | Path = sys.executable,
    ) -> None:
        self._name = " ".join(arguments[:3])
        self._log = log
        with log.open("wb") as lines:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _UNTIL_ABANDONED, "sh", str(python), *arguments],
                stdin=subprocess.PIPE,
                stdout=lines,
                stderr=lines,
                env={**os.environ, **(environ or {})},
                cwd=ROOT,
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def processor_s(self) -> float:
        """Seconds of processor time that it and what it has started have used so far; Linux only."""
        return _processor_s(self._process.pid)

    def check(self) -> None:
        """Raise if it has ended by itself with an error."""
        if self._process.poll():
            raise BenchmarkError(f"{self._name} ended with status {self._process.returncode}:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        """Ask it to finish (SIGTERM) and wait; killed if it does not."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise BenchmarkError(
                f"{self._name} did not stop within {_STOPS_WITHIN_S:g} s:\n{self.last_words()}"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _processor_s(pid: int) -> float:
    own = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    ticks = sum(map(int, own[11:15]))  # its own and of what has ended, in user mode and in the kernel
    return ticks / os.sysconf("SC_CLK_TCK") + sum(map(_processor_s, map(int, started)))

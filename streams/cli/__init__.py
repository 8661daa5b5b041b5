"""The command line: ``rivergauge``. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import os
import sys
from typing import Final

from streams.here.process import RIVERGAUGE

_HELP: Final = frozenset({"-h", "--help", "--version"})
_LONGEST: Final = len(["rivergauge", "versions", "list", "--help"])


def main() -> None:
    """Run the command line in a process whose hash seed is fixed.

    Some of River's models iterate over sets: a worker that must replay bit-equal, and a backtest that must equal the
    worker, need the same order of hashes in every process.
    """
    if os.environ.get("PYTHONHASHSEED") is None and not _only_tells():
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [*RIVERGAUGE, *sys.argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no "–" shows it escaped: a result is not lost for a character.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        from streams.cli.app import app
        from streams.cli.help import tell

        tell(app, sys.argv[1:])
        app(prog_name="rivergauge")
    except KeyboardInterrupt:
        sys.exit(130)


def _only_tells() -> bool:
    """Whether this is about the commands, and does nothing: Python need not start twice for it."""
    return "_RIVERGAUGE_COMPLETE" in os.environ or (len(sys.argv) <= _LONGEST and sys.argv[-1] in _HELP)

"""The command line: ``rivergauge``. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import os
import sys

from streams.here.process import RIVERGAUGE


def main() -> None:
    """Run the command line in a process whose hash seed is fixed.

    Some of River's models iterate over sets: a worker that must replay bit-equal, and a backtest that must equal the
    worker, need the same order of hashes in every process.
    """
    if os.environ.get("PYTHONHASHSEED") is None:
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [*RIVERGAUGE, *sys.argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no "–" shows it escaped: a result is not lost for a character.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        from streams.cli.app import app

        app(prog_name="rivergauge")
    except KeyboardInterrupt:
        sys.exit(130)

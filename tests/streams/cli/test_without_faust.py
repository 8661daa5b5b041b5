"""Commands that serve nothing do not wait for Faust, which takes longer to import than most of them take to work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.data.datafile import find_example
from streams.here.exit_codes import ExitCode
from streams.here.ports import free_port

INSECTS = find_example("insects")
DATA = str(INSECTS / "insects.csv.gz")

COMMANDS = {
    "check": ((), ExitCode.OK),
    "backtest": ((DATA, "--events", "20"), ExitCode.OK),
    "send": ((DATA, "--events", "20"), ExitCode.BROKER_UNREACHABLE),
    "reset": ((), ExitCode.BROKER_UNREACHABLE),
    "skip": (("0", "0"), ExitCode.BROKER_UNREACHABLE),
    "accept": ((), ExitCode.BROKER_UNREACHABLE),
}


def imported_by(*words: str, expect: ExitCode) -> set[str]:
    """Names of all modules that a process of this command line imports before it ends."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "streams.cli", *words],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONHASHSEED": "0"},  # or it starts itself again, without -X
        check=False,
    )
    assert done.returncode == expect, done.stderr[-2_000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_but_those_that_serve_imports_faust(command: str, tmp_path: Path):
    (words, code), path = COMMANDS[command], tmp_path / "gauge.toml"
    nowhere = f'\n[connection]\nbootstrap_servers = "127.0.0.1:{free_port()}"\n'
    path.write_text((INSECTS / "gauge.toml").read_text() + nowhere)

    modules = imported_by(command, str(path), *words, expect=code)

    assert any(name.startswith("streams.cli.") and name.endswith(f".{command}") for name in modules)
    assert {name for name in modules if name.split(".")[0] in ("faust", "mode")} == set()

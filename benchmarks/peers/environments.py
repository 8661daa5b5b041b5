"""An environment of its own for each peer: what it needs must not meet what Rivergauge needs."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.processes import ROOT

CACHE: Final = ROOT / ".cache" / "peers"
PINNED: Final = {"Bytewax": "bytewax==0.21.1", "Quix Streams": "quixstreams==3.28.1", "MLflow": "mlflow-skinny==3.17.2"}
OURS: Final = {
    "Bytewax": ("river", "orjson", "confluent-kafka"),
    "Quix Streams": ("river", "orjson"),
    "MLflow": ("river", "pandas", "fastapi", "uvicorn", "httptools", "uvloop"),
}
"""What a peer has of the version that Rivergauge's own environment has. Quix Streams chooses its client by itself."""

_MOST_WORDS: Final = 400


class PeerUnavailableError(RuntimeError):
    """A peer could not be installed; the message says why."""


def python_of(peer: str, say: Callable[[str], None]) -> Path:
    """The interpreter of a peer's environment, which is made at the first call and kept.

    Raises
    ------
    PeerUnavailableError
        If it cannot be made: pip found no index, or no wheel for this Python.
    """
    wanted = [PINNED[peer], *(f"{name}=={version(name)}" for name in OURS[peer])]
    directory = CACHE / f"{PINNED[peer].replace('==', '-')}-python{platform.python_version()}"
    made, python = directory / "installed.txt", directory / "bin" / "python"
    if not made.is_file() or made.read_text(encoding="utf-8").split() != wanted:
        say(f"installing {', '.join(wanted)} for {peer}, once")
        shutil.rmtree(directory, ignore_errors=True)
        _run(peer, [sys.executable, "-m", "venv", str(directory)])
        _run(peer, [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted])
        made.write_text("\n".join(wanted), encoding="utf-8")
    return python


def _run(peer: str, command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[-_MOST_WORDS:]
        raise PeerUnavailableError(f"{peer} needs an index of packages to be installed from: {words}")

"""The three commands that come after a demo, as they can be pasted where it ran."""

from __future__ import annotations

import os
import shlex
import shutil
import sysconfig
from pathlib import Path
from typing import Final

from streams.data.datafile import find_example
from streams.here.process import RIVERGAUGE

FIRST: Final = "my-gauge.toml"
_LABELS: Final = {"insects": "species", "flights": "late"}
_GUIDE: Final = Path("docs") / "your-own-data.md"


def following(example: str) -> list[str]:
    """Lines to print: write a gauge file from data, check it, backtest it."""
    data, label = _near(find_example(example) / f"{example}.csv.gz"), _LABELS[example]
    rivergauge = _command()
    steps = f" ({_GUIDE} explains each step)" if _GUIDE.is_file() else ""
    return [
        f"Next, your own data{steps}: put your file and the column to predict into these commands.",
        f"  {rivergauge} init {data} --label {label} --out {FIRST}",
        f"  {rivergauge} check {FIRST}",
        f"  {rivergauge} backtest {FIRST} {data}",
    ]


def _command() -> str:
    script = Path(sysconfig.get_path("scripts")) / "rivergauge"
    found = shutil.which("rivergauge")
    if found is not None and Path(found).resolve() == script.resolve():
        return "rivergauge"
    return _near(script) if script.is_file() else shlex.join(RIVERGAUGE)


def _near(path: Path) -> str:
    """A path relative to where the user stands, if it lies below."""
    here = Path.cwd()
    return shlex.quote(os.fspath(path.relative_to(here) if path.is_relative_to(here) else path))

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

COPY: Final = "my-gauge.toml"
_GUIDE: Final = Path("docs") / "your-own-data.md"


def following(example: str) -> list[str]:
    """Lines to print: copy the example's gauge file, check it, backtest it."""
    folder = find_example(example)
    gauge, data = _near(folder / "gauge.toml"), _near(folder / f"{example}.csv.gz")
    rivergauge = _command()
    steps = f"; {_GUIDE} goes through it step by step" if _GUIDE.is_file() else ""
    return [
        f"Next, your own data: copy the gauge file, write your fields into it, and name your file at the end{steps}:",
        f"  cp -i {gauge} {COPY}",
        f"  {rivergauge} check {COPY}",
        f"  {rivergauge} backtest {COPY} {data}",
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

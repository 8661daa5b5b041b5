"""Help appears at once: it is Typer's own, and imports nothing that only running a command needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from streams.cli import help as fast
from streams.cli.app import app
from tests.streams.cli.showing import commands, rivergauge

NAMES = [*commands()]
GROUPS = sorted({name.partition(" ")[0] for name in NAMES if " " in name})
HEAVY = (
    "aiohttp", "aiokafka", "asyncio", "confluent_kafka", "fastapi", "faust", "numpy", "pyarrow", "pydantic",
    "pydantic_core", "river", "schemas.gauge", "sklearn", "ssl", "starlette", "structlog", "uvicorn",
)  # fmt: skip


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        fast.tell(app, words)
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("asked", ["-h", "score -h", *(f"{name} --help".strip() for name in ["", *GROUPS, *NAMES])])
def test_it_is_what_typer_tells(asked, capsys):
    words = asked.split()

    assert told(words, capsys) == rivergauge(*words).stdout


@pytest.mark.parametrize("words", [[], ["score"], ["scor", "--help"], ["dlq", "lst", "--help"], ["score", "x", "-h"]])
def test_whatever_else_is_asked_is_left_to_typer(words, capsys):
    fast.tell(app, words)

    assert capsys.readouterr().out == ""


def test_no_help_imports_what_only_a_command_needs():
    script = f"""
import contextlib, io, sys
from streams.cli import main
for name in {["", *GROUPS, *NAMES]!r}:
    sys.argv = ["rivergauge", *name.split(), "--help"]
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), contextlib.suppress(SystemExit):
        main()
    print(name, [heavy for heavy in {HEAVY!r} if heavy in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [f"{name} []" for name in ["", *GROUPS, *NAMES]]

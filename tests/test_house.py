"""The house stands as drawn: schemas <- models <- streams, and the core knows nothing of the world outside."""

from __future__ import annotations

import ast
import re
from collections.abc import Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Ways to a network, a file, a clock, a thread, the environment, a terminal.
WORLD = {
    *(
        "asyncio",
        "concurrent",
        "glob",
        "http",
        "importlib",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "sched",
        "selectors",
    ),
    *("shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"),
    *("aiohttp", "aiokafka", "confluent_kafka", "fastapi", "faust", "mode", "prometheus_client", "rich", "starlette"),
    *("typer", "uvicorn"),
}

# The first name of an import decides. What is above, what is the world's, and for the shell: machine learning.
FORBIDDEN = {
    "schemas": {"models", "streams", "tests", "benchmarks", "faults", "river", "sklearn"} | WORLD,
    "models": {"streams", "tests", "benchmarks", "faults"} | WORLD,
    "streams": {"tests", "benchmarks", "faults", "river", "sklearn", "scipy"},
}

# The wings of the shell, from the roof down: each imports from those below it only. Wings of one storey know nothing of
# each other.
STOREYS = (
    ("cli",),
    ("demo",),
    ("notify", "replica"),
    ("worker",),
    ("http", "export"),
    ("page", "redrive"),
    ("view",),
    ("partition",),
    ("orders",),
    ("snapshots",),
    ("data",),
    ("delivery",),
    ("engine",),
    ("kafka", "broker"),
    ("here",),
)
STOREY = {wing: number for number, wings in enumerate(STOREYS) for wing in wings}

# What is installed is asked in one place, once.
ALLOWED = {"models/candidates.py": {"importlib.metadata"}}

# Questions to the world that need no import of their own: as a function, as a method.
FUNCTIONS = {"open", "input", "print", "exec", "eval", "__import__"}
METHODS = {"now", "utcnow", "today", "import_module"}
CORE = ("schemas", "models")

# A longer file says why in its docstring: "Over 300 lines because ...".
LINES = 300
REASON = re.compile(r"^Over 300 lines because \w", re.MULTILINE)


def imports(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and module of every absolute import, also inside functions and under TYPE_CHECKING."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append((node.lineno, str(node.module)))
    return found


def questions(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and name of every call of one of FUNCTIONS or METHODS."""
    called = [(node.lineno, node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    functions = [(line, call.id) for line, call in called if isinstance(call, ast.Name) and call.id in FUNCTIONS]
    methods = [(line, call.attr) for line, call in called if isinstance(call, ast.Attribute) and call.attr in METHODS]
    return functions + methods


def violations(package: str, source: str, allowed: Set[str] = frozenset()) -> list[str]:
    tree = ast.parse(source)
    wrong = [
        f"line {line} imports {name}"
        for line, name in imports(tree)
        if name.split(".")[0] in FORBIDDEN[package] and name not in allowed
    ]
    if package in CORE:
        wrong += [f"line {line} calls {name}" for line, name in questions(tree)]
    return wrong


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_point_one_way_and_the_core_asks_the_world_nothing(package):
    found = {
        name: wrong
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in [path.relative_to(ROOT).as_posix()]
        if (wrong := violations(package, path.read_text(encoding="utf-8"), ALLOWED.get(name, frozenset())))
    }

    assert found == {}


def overlong(source: str) -> str | None:
    """What is wrong with a file's length and the reason that it gives for it."""
    lines, reason = source.count("\n"), REASON.search(ast.get_docstring(ast.parse(source)) or "")
    if lines > LINES and reason is None:
        return f"{lines} lines and no reason: split it, or write 'Over {LINES} lines because ...' into its docstring"
    if lines <= LINES and reason is not None:
        return f"{lines} lines need no reason"
    return None


def test_a_long_file_gives_its_reason():
    found = {
        name: wrong
        for package in FORBIDDEN
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in [path.relative_to(ROOT).as_posix()]
        if (wrong := overlong(path.read_text(encoding="utf-8")))
    }

    assert found == {}


@pytest.mark.parametrize(
    ("docstring", "lines", "wrong"),
    [
        ("What it is.", 300, None),
        ("What it is.", 301, "301 lines and no reason"),
        ("What it is.\n\nOver 300 lines because it is a table.", 301, None),
        ("What it is.\n\nOver 300 lines because", 301, "301 lines and no reason"),
        ("What it is.\n\nOver 300 lines because it is a table.", 300, "300 lines need no reason"),
    ],
)
def test_the_rule_of_length_sees_what_breaks_it(docstring, lines, wrong):
    head = f'"""{docstring}\n"""\n'

    found = overlong(head + "x = 1\n" * (lines - head.count("\n")))

    assert found is None if wrong is None else found.startswith(wrong)


def climbs(wing: str, source: str) -> list[str]:
    """Imports of ``source``, a module of ``wing``, that lead to a wing beside it or above."""
    found = []
    for line, name in imports(ast.parse(source)):
        package, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if package == "streams" and other != wing and STOREY.get(other, -1) <= STOREY[wing]:
            found.append(f"line {line} imports {name}")
    return found


def test_the_wings_of_the_shell_stand_on_those_below():
    files = [path for path in sorted((ROOT / "streams").rglob("*.py")) if path.parent.name != "streams"]
    found = {
        name: wrong
        for path in files
        for name in [path.relative_to(ROOT / "streams").as_posix()]
        if (wrong := climbs(name.split("/")[0], path.read_text(encoding="utf-8")))
    }

    assert found == {}
    wings = {path.relative_to(ROOT / "streams").parts[0] for path in files}
    assert wings == set(STOREY), "a wing without a storey, or the other way round"
    assert [path.name for path in (ROOT / "streams").glob("*.py")] == ["__init__.py"], "every module has a wing"


@pytest.mark.parametrize(
    ("wing", "source", "wrong"),
    [
        ("kafka", "from streams.delivery.ledger import Mark", ["line 1 imports streams.delivery.ledger"]),
        ("kafka", "import os\nfrom streams.broker import kafka", ["line 2 imports streams.broker"]),
        ("here", "from streams import http", ["line 1 imports streams"]),
        ("here", "from streams.nowhere import this", ["line 1 imports streams.nowhere"]),
        ("cli", "from streams.here import logs\nfrom streams.cli import output\nfrom models import learner", []),
    ],
)
def test_the_order_of_the_wings_sees_what_breaks_it(wing, source, wrong):
    assert climbs(wing, source) == wrong


@pytest.mark.parametrize(
    ("package", "source", "wrong"),
    [
        ("schemas", "from models.learner import Learner", ["line 1 imports models.learner"]),
        ("models", "import math\nimport streams.cli as cli", ["line 2 imports streams.cli"]),
        ("models", "def f():\n    from os import environ", ["line 2 imports os"]),
        ("models", "from datetime import datetime\nstart = datetime.now()", ["line 2 calls now"]),
        ("models", "import importlib.metadata", ["line 1 imports importlib.metadata"]),
        ("models", "text = open('x').read()", ["line 1 calls open"]),
        ("models", "import river.tree\nfrom schemas import gauge\nfrom models import learner", []),
        ("models", "pending.open(1)", []),
        ("models", "from faults import points", ["line 1 imports faults"]),
        ("streams", "from river import tree", ["line 1 imports river"]),
        ("streams", "import os\nfrom models import learner\nfrom schemas import gauge", []),
    ],
)
def test_the_rule_sees_what_breaks_it(package, source, wrong):
    assert violations(package, source) == wrong

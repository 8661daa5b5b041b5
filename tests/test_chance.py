"""The core answers alike in every process: nothing is drawn without a seed, and no set shows its own order."""

from __future__ import annotations

import ast
from collections.abc import Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ("schemas", "models")

# Modules and functions whose answers are others in the next process.
MODULES = {"random", "secrets", "uuid"}
FUNCTIONS = {"hash", "id", "__hash__"}

# Who may use one, and for what: trial streams are drawn from a seed; a copy names by ``id`` what it shares.
ALLOWED = {
    "models/copied.py": {"id"},
    "models/recipes/rehearsal.py": {"random"},
    "models/recipes/worlds.py": {"random"},
}

# Calls in which the order of a set becomes the order of something else, or that of a sum.
ORDERED = {"list", "tuple", "enumerate", "iter", "next", "zip", "map", "filter", "deque", "sum", "fsum", "join"}


def called(node: ast.AST) -> str | None:
    """The last name of what a call calls."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return None


def imported(node: ast.AST) -> list[str]:
    """Full names of what an import brings."""
    match node:
        case ast.Import(names=names):
            return [one.name for one in names]
        case ast.ImportFrom(module=module, names=names):
            return [f"{module}.{one.name}" for one in names]
    return []


def chances(tree: ast.AST, allowed: Set[str]) -> list[str]:
    """What is imported, called or drawn that no seed decides."""
    seeded = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and (node.args or node.keywords)}
    bare = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)} - seeded
    found = []
    for node in ast.walk(tree):
        names = [name for name in imported(node) if name not in allowed and name.split(".")[0] in MODULES]
        names += [name for name in imported(node) if name.startswith("numpy.random")]
        found += [f"line {node.lineno} imports {name}" for name in names]
        if called(node) in FUNCTIONS - allowed:
            found.append(f"line {node.lineno} calls {called(node)}")
        match node:
            case ast.Attribute(value=ast.Name(id="random"), attr=name) if name != "Random" or node in bare:
                found.append(f"line {node.lineno} draws from random.{name}")
            case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="random"):
                found.append(f"line {node.lineno} draws from numpy.random")
    return found


def is_set(node: ast.AST) -> bool:
    """It is seen to be a set where it stands; what a name or a call holds, this does not follow."""
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.BinOp(left=left, right=right):
            return is_set(left) or is_set(right)
    return False


def orders(tree: ast.AST) -> list[str]:
    """Where a set is gone through in its own order."""
    through: list[ast.expr] = []
    for node in ast.walk(tree):
        match node:
            case ast.For(iter=one) | ast.comprehension(iter=one):
                through.append(one)
            case ast.Call(args=args) if called(node) in ORDERED:
                through += args
    return [f"line {one.lineno} takes the order of a set" for one in through if is_set(one)]


def violations(source: str, allowed: Set[str] = frozenset()) -> list[str]:
    tree = ast.parse(source)
    return chances(tree, allowed) + orders(tree)


@pytest.mark.parametrize("package", CORE)
def test_the_core_draws_from_seeds_only(package):
    found = {
        name: wrong
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in [path.relative_to(ROOT).as_posix()]
        if (wrong := violations(path.read_text(encoding="utf-8"), ALLOWED.get(name, frozenset())))
    }

    assert found == {}


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("import random\nrng = random.Random(7)", ["line 1 imports random"]),
        ("def f():\n    from uuid import uuid4", ["line 2 imports uuid.uuid4"]),
        ("import secrets", ["line 1 imports secrets"]),
        ("place = hash(name) % 7", ["line 1 calls hash"]),
        ("key = 'a'.__hash__()", ["line 1 calls __hash__"]),
        ("first = min(models, key=lambda one: id(one))", ["line 1 calls id"]),
        ("import numpy as np\nnp.random.default_rng(7)", ["line 2 draws from numpy.random"]),
        (
            "from numpy import random\nx = random.normal()",
            ["line 1 imports numpy.random", "line 2 draws from random.normal"],
        ),
        ("from numpy.random import default_rng", ["line 1 imports numpy.random.default_rng"]),
        ("for name in {'a', 'b'}:\n    pass", ["line 1 takes the order of a set"]),
        ("names = [one for one in set(names) - gone]", ["line 1 takes the order of a set"]),
        ("text = ', '.join({one.name for one in models})", ["line 1 takes the order of a set"]),
        ("total = sum({0.1, 0.2, 0.3})", ["line 1 takes the order of a set"]),
        ("names = sorted({'a', 'b'})\nknown = 'a' in {'a', 'b'}", []),
        ("class Event:\n    id: str\nfirst = event.id", []),
    ],
)
def test_the_rule_sees_what_breaks_it(source, wrong):
    assert violations(source) == wrong


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("import random\ndef f(seed, rng: random.Random):\n    return random.Random(seed), rng.random()", []),
        ("import random\nrng = random.Random()", ["line 2 draws from random.Random"]),
        ("import random\nx = random.random()", ["line 2 draws from random.random"]),
        ("import random\nrng = random.SystemRandom(7)", ["line 2 draws from random.SystemRandom"]),
        ("from random import Random", ["line 1 imports random.Random"]),
    ],
)
def test_who_may_draw_draws_from_a_seed(source, wrong):
    assert violations(source, {"random"}) == wrong

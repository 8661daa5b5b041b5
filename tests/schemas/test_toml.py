"""TOML with bounds: ordinary text is read as the standard library reads it, the rest is answered at once."""

from __future__ import annotations

import tomllib

import pytest

from schemas.gauge import GaugeError, parse
from schemas.toml import DEEPEST, loads

LEAST = 'name = "p"\ntask = "regression"\n[label]\nfield = "y"\n[features]\na = "number"\n'


@pytest.mark.parametrize(
    "text",
    [
        LEAST,
        "a.b.c = 1\n[x.'y.z'.\"w\"]\nk = [[1, 2], { s = 1.5 }]  # 1.2.3 and so on, e.g. 4.5.6",
        "x = " + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1),
        ".".join("a" * DEEPEST) + " = 1",
        "host = '1.2.3.4'\nwords = '" + "a word. " * 100 + "'",
    ],
)
def test_what_is_not_deep_is_read_as_the_standard_library_reads_it(text):
    assert loads(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 100_000 + "]" * 100_000,
        "x = " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
        "x = " + "{a=" * 3_000 + "1" + "}" * 3_000,
        ".".join("a" * 50_000) + " = 1",
        ".".join(["'a'"] * 50_000) + " = 1",
        " . ".join(["a"] * 50_000) + " = 1",
        "[" + ".".join("a" * 50_000) + "]",
        "x = { " + ".".join("a" * 50_000) + " = 1 }",
        f"[{'.'.join('a' * 17)}]\n{'.'.join('b' * 17)} = 1",
    ],
)
def test_what_is_nested_deep_is_refused_at_once(text):
    with pytest.raises(ValueError, match="nested too deep: at most 30"):
        loads(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("commit_interval_ms = " + "9" * 5_000, "^a number cannot be read: .*4300 digits"),
        (LEAST + "[snapshots]\nkeep = 0x" + "f" * 100_000, "^snapshots.keep: .*got a number of very many digits"),
        (LEAST + "[snapshots]\nkeep = " + "9" * 4_000, r"^snapshots.keep: .*got 9{80}\.\.\.$"),
        (LEAST + "[evaluation]\nholdout = 1e999999", "^evaluation.holdout: .*finite number, got inf$"),
        ("\n".join(f"k{n} = 1" for n in range(100_000)), "unknown key 'k4'; and 99,995 more"),
        (LEAST + "\n".join(f"k{n} = 'number'" for n in range(100_000)), "^features: must hold at most 10,000 items"),
        (LEAST + "\n".join(f"k{n} = 3" for n in range(5_000)), r"^(features.k[^\n]*\n){50}and 4,950 more problems$"),
        (LEAST.replace('"p"', '"' + "p" * 3_000_000 + '"'), r"^name: .*got 'p{79}\.\.\.$"),
        ("candidates = [" + "'mean'," * 20_000 + "]\n" + LEAST, "^candidates: must hold at most 100 items, and holds"),
        ("x = \0", "^not TOML: "),
        ("", "^the file is empty; it needs name, task"),
        ("# nothing", "^the file is empty"),
    ],
)
def test_whatever_the_text_there_is_a_sentence(text, what):
    with pytest.raises(GaugeError, match=what):
        parse(text)

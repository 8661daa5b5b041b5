"""Texts of gauge files for the tests of its sections, and what is wrong with them."""

from __future__ import annotations

import re

import pytest

from schemas.gauge import GaugeError, parse

BINARY = """
name = "pumps"
task = "binary"
{root}
[label]
field = "failed"
positive = 1
negative = 0
{label}
[features]
pressure = "number"
{features}
"""


def text(more: str = "", *, root: str = "", label: str = "", features: str = "") -> str:
    return BINARY.format(root=root, label=label, features=features) + more


def other(task: str, label: str, more: str = "") -> str:
    return f'name = "p"\ntask = "{task}"\n[label]\nfield = "y"\n{label}\n[features]\na = "number"\n{more}'


def problems(source: str) -> list[tuple[str, str]]:
    with pytest.raises(GaugeError) as caught:
        parse(source)
    return caught.value.problems


def assert_one_fault(source: str, where: str, what: str) -> None:
    """That a text has one fault, at this place; ``what`` is searched for in its words."""
    [(place, problem)] = problems(source)

    assert place == where
    assert re.search(what, problem)

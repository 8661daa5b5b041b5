"""Whoever looks for a command finds it by its name: it is declared in its family, and acts in a module of its name."""

from __future__ import annotations

from pathlib import Path

import pytest

import streams.cli
from streams.cli.app import COMMANDS, GROUPS

ROOM = Path(streams.cli.__file__).parent
DECLARED = {command.__name__: [command] for command in COMMANDS}
DECLARED |= {name: [one.callback for one in group.registered_commands] for name, group in GROUPS.items()}


@pytest.mark.parametrize("name", DECLARED)
def test_a_command_is_declared_and_acts_in_one_family(name):
    [acts] = ROOM.glob(f"*/{name}.py")

    families = {declared.__module__ for declared in DECLARED[name]}

    assert families == {f"streams.cli.{acts.parent.name}.declared"}


def test_beside_the_families_stands_only_what_belongs_to_all_commands():
    assert {path.name for path in ROOM.glob("*.py")} == {
        "__init__.py", "__main__.py", "app.py", "help.py", "options.py"
    }  # fmt: skip

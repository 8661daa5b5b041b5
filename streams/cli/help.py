"""Help, without what only running a command needs.

Typer makes every command with all of its parameters before it looks at the command line, and imports pydantic to read
the parameters above the one that asks for help: that takes longer than all the rest of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, Final

import typer
from typer.main import get_command, get_command_from_info, get_command_name, get_group

_ASKS: Final = frozenset({"-h", "--help"})


def tell(app: typer.Typer, words: Sequence[str]) -> None:
    """Print the help that ``words`` (``score --help``) ask for and end; where they ask for none, do nothing."""
    *names, last = words or [""]
    if last not in _ASKS:
        return
    command = _made(app, names) if names else get_command(_listing(app))
    if command is not None:
        # A command alone does not have these from the one above it.
        command.context_settings = dict(app.info.context_settings or {})
        command([last], prog_name=" ".join([str(app.info.name), *names]))


def _made(app: typer.Typer, names: Sequence[str]) -> Any:
    """A command or group, and none beside it; ``None`` where there is none of this name."""
    name, *inner = names
    for group in app.registered_groups:
        if group.name == name and group.typer_instance is not None:
            return _made(group.typer_instance, inner) if inner else get_group(_listing(group.typer_instance))
    for command in app.registered_commands:
        callback = command.callback
        if not inner and callback is not None and (command.name or get_command_name(callback.__name__)) == name:
            return get_command_from_info(
                command, pretty_exceptions_short=app.pretty_exceptions_short, rich_markup_mode=app.rich_markup_mode
            )
    return None


def _listing(app: typer.Typer) -> typer.Typer:
    """The app with what a list of its commands tells of each: the name and the words, and no parameter."""
    made = copy(app)
    made.registered_commands = [copy(command) for command in app.registered_commands]
    for command in made.registered_commands:
        command.callback = None if command.callback is None else _without_parameters(command.callback)
    made.registered_groups = [copy(group) for group in app.registered_groups]
    for group in made.registered_groups:
        group.typer_instance = copy(group.typer_instance)
        if group.typer_instance is not None:
            group.typer_instance.registered_commands = []
    return made


def _without_parameters(callback: Callable[..., Any]) -> Callable[[], None]:
    def nothing() -> None:
        pass

    nothing.__name__, nothing.__doc__ = callback.__name__, callback.__doc__
    return nothing

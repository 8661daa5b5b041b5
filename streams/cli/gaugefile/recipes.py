"""``rivergauge recipes``: the models that a gauge file may name, and what each of them does with ordinary data."""

from __future__ import annotations

import textwrap
from typing import Any

from models.recipes import RECIPES
from models.recipes.recipe import Recipe
from schemas.gauge import Task
from streams.cli.terminal.output import out, print_json, styled
from streams.here.exit_codes import ExitCode

_INDENT = " " * 14


def run(task: Task | None, *, as_json: bool) -> int:
    """Print the recipes, or those that serve a task."""
    chosen = [recipe for recipe in RECIPES.values() if task is None or task in recipe.tasks]
    if as_json:
        print_json({"recipes": [_facts(recipe) for recipe in chosen]})
        return ExitCode.OK
    for recipe in chosen:
        out.print(styled((recipe.name, "bold"), (f"  {', '.join(recipe.tasks)}", "dim")))
        _show("", recipe.summary)
        _show("params", ", ".join(_parameter(*item) for item in recipe.parameters.items()) or "none")
        _show("missing", recipe.missing)
        _show("categories", recipe.categories)
    out.print('in the gauge file: candidates = [{ recipe = "knn", params = { n_neighbors = 7 } }]', style="dim")
    return ExitCode.OK


def _facts(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "tasks": recipe.tasks,
        "summary": recipe.summary,
        "parameters": recipe.parameters,
        "missing": recipe.missing,
        "categories": recipe.categories,
    }


def _parameter(name: str, default: float | None) -> str:
    return f"{name} = {default}" if default is not None else f"{name} (chosen for the gauge)"


def _show(what: str, text: str) -> None:
    line = f"  {what:<12}{text}"
    if out.is_terminal:
        line = textwrap.fill(line, out.width, subsequent_indent=_INDENT, drop_whitespace=True)
    out.print(line)

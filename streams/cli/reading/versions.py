"""``rivergauge versions``: the model versions that were published, one of them whole, and how two differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from schemas.figure_words import figure
from schemas.records import ModelVersion
from streams.cli.reading.lists import print_list
from streams.cli.reading.look import Look, looked_at, not_there
from streams.cli.terminal.output import out, print_json, styled, told_time
from streams.cli.terminal.tables import Cell, print_table
from streams.here.exit_codes import ExitCode
from streams.view import shown
from streams.view.versions import Life

_KINDS: Final = ["version"]


def list_(path: Path, *, partition: int | None, limit: int, past: int, as_json: bool) -> int:
    """Print the newest versions, by their newest step."""

    def show(look: Look) -> int:
        found = [one for one in look.view.versions.newest_first() if partition in (None, one.partition)]
        print_list(
            look,
            "versions",
            found,
            limit=limit,
            shown_as=lambda one: _shown(look, one),
            header=["version", "candidate", "step", "position", "labels", "why"],
            row=lambda one: _row(look, one),
            as_json=as_json,
        )
        return ExitCode.OK

    return looked_at(path, show, kinds=_KINDS, past=past, as_json=as_json)


def show(path: Path, name: str, *, past: int, as_json: bool) -> int:
    """Print one version: its steps, what it learned from, its figures."""

    def show_it(look: Look) -> int:
        life = look.view.versions.get(name)
        if life is None:
            return not_there("version", name, _names(look), look, as_json=as_json)
        if as_json:
            print_json(_shown(look, life))
            return ExitCode.OK
        leads = ", leads its partition" if _leads(look, life) else ""
        out.print(styled((f"{life.name}", "bold"), f": {life.last.candidate}, partition {life.partition}{leads}"))
        print_table("what it is", ["", "value"], [[fact, words] for fact, words in _facts(life.last)], prose=True)
        print_table(
            "steps",
            ["step", "position", "event time", "why"],
            [
                [
                    step.step.replace("_", " "),
                    f"{step.position:,}",
                    "–" if step.time is None else told_time(step.time),
                    _why(step),
                ]
                for step in life.steps
            ],
            prose=True,
        )
        return ExitCode.OK

    return looked_at(path, show_it, kinds=_KINDS, past=past, as_json=as_json)


def diff(path: Path, names: tuple[str, str], *, past: int, as_json: bool) -> int:
    """Print in what two versions differ, as their newest steps tell it."""

    def show_it(look: Look) -> int:
        lives = [look.view.versions.get(name) for name in names]
        for name, life in zip(names, lives, strict=True):
            if life is None:
                return not_there("version", name, _names(look), look, as_json=as_json)
        facts = [dict(_comparable(life.last)) for life in lives if life is not None]
        first, second = facts
        every = [(what, first.get(what), second.get(what)) for what in dict.fromkeys([*first, *second])]
        differences = [(what, a, b) for what, a, b in every if a != b]
        if as_json:
            print_json(
                {"a": names[0], "b": names[1], "differences": [{"what": w, "a": a, "b": b} for w, a, b in differences]}
            )
        elif differences:
            rows: list[list[Cell]] = [[what, _told(a), _told(b)] for what, a, b in differences]
            print_table(f"in what {names[0]} and {names[1]} differ", ["", *names], rows)
        else:
            out.print(f"{names[0]} and {names[1]} differ in nothing that was published of them")
        return ExitCode.OK

    return looked_at(path, show_it, kinds=_KINDS, past=past, as_json=as_json)


def _row(look: Look, life: Life) -> list[Cell]:
    step = life.last
    words = step.step.replace("_", " ") + (", leads" if _leads(look, life) else "")
    name: Cell = (life.name, "bold") if _leads(look, life) else life.name
    return [name, step.candidate, words, f"{step.position:,}", f"{step.learned_labels:,}", _why(step)]


def _why(step: ModelVersion) -> str:
    by = "" if step.who is None else f"; {step.who}{f': {step.why}' * bool(step.why)}"
    return f"{step.reason}{by}"


def _facts(step: ModelVersion) -> Iterator[tuple[str, str]]:
    for what, value in _comparable(step):
        yield what, _told(value)


def _comparable(step: ModelVersion) -> Iterator[tuple[str, Any]]:
    """What is told of a version, one fact per line."""
    yield "candidate", step.candidate
    yield "parent", step.parent
    yield "step", str(step.step)
    yield "trigger", step.trigger
    yield "gauge_digest", step.gauge_digest
    yield "learned_first", step.learned_first
    yield "learned_last", step.learned_last
    yield "learned_labels", step.learned_labels
    for name, value in step.figures.items():
        yield f"figures.{name}", value
    for name, version in step.libraries.items():
        yield f"libraries.{name}", version


def _told(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return figure(value) if value is None or isinstance(value, float) else str(value)


def _leads(look: Look, life: Life) -> bool:
    return look.view.versions.champion(life.partition) is life


def _shown(look: Look, life: Life) -> shown.Shown:
    return shown.version(life, leads=_leads(look, life))


def _names(look: Look) -> list[str]:
    return [one.name for one in look.view.versions.newest_first()]

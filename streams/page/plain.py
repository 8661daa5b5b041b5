"""The page as HTML: whole and readable without a script, which only draws the plots and keeps the tiles up to date."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from schemas.plurals import count
from streams.page.board import FIRST
from streams.page.drawing import pictured, ranged
from streams.page.meanings import TILES, WORDS
from streams.page.pictures import Range
from streams.page.text import shown
from streams.page.tile import Cell, Evidence, State, Table, Tile
from streams.page.words import duration

ASSETS: Final = {
    "page.js": "text/javascript; charset=utf-8",
    "plots.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "uPlot.iife.min.js": "text/javascript; charset=utf-8",
    "uPlot.min.css": "text/css; charset=utf-8",
    "uPlot.LICENSE.txt": "text/plain; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Files of the page by name, with their media types."""

_FIGURE: Final = re.compile(r"[-+]?[\d,.]+(e[-+]\d+)?( %)?|–")
_AS_OF: Final = (
    '<noscript><p class="note">As of {at:%Y-%m-%d %H:%M:%S} UTC; reload the page for newer figures.</p></noscript>'
)
_AGE: Final = '<p class="age"></p>'

MARKS: Final = {
    State.READY: "",
    State.EMPTY: "nothing yet",
    State.OFF: "not asked for",
    State.STALE: "stale",
    State.RESTORING: "not up to date",
    State.GONE: "no worker",
}
"""What is the matter with a tile, beside its age."""


def asset(name: str) -> bytes:
    """The content of one of `ASSETS`.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    if name not in ASSETS:
        raise KeyError(name)
    return files("streams.page").joinpath("assets", name).read_bytes()


def document(
    gauge: str,
    partitions: Sequence[int],
    partition: int,
    tiles: Sequence[Tile],
    *,
    alerts: Mapping[int, int] = MappingProxyType({}),
    live: bool = True,
    now_ms: int = 0,
) -> str:
    """The whole page of one partition.

    ``alerts`` are those that are open, by partition. ``live`` loads the script that follows the worker; without it the
    page stands as it is at ``now_ms``, in milliseconds since 1970.
    """
    choice = "".join(_choice(one, alerts.get(one, 0), chosen=one == partition) for one in partitions)
    nav = f'<nav aria-label="Partitions"><span>Partition</span>{choice}</nav>' if len(partitions) > 1 else ""
    script = (
        '<script src="uPlot.iife.min.js" defer></script><script src="plots.js" defer></script>'
        '<script src="page.js" defer></script>'
        if live
        else ""
    )
    at = datetime.fromtimestamp(now_ms / 1_000, UTC)
    return (
        "<!doctype html>\n"
        f'<html lang="en" data-partition="{partition}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(gauge)} · Rivergauge</title>"
        '<link rel="icon" href="icon.svg"><link rel="stylesheet" href="uPlot.min.css">'
        f'<link rel="stylesheet" href="page.css">{script}</head><body>'
        f'<header><h1>{shown(gauge)}</h1>{nav}<p id="link" role="status"></p><p id="since"></p></header>'
        f"{_AS_OF.format(at=at)}{laid_out(tiles)}</body></html>\n"
    )


def _choice(partition: int, alerts: int, *, chosen: bool) -> str:
    told = count(alerts, "alert") if alerts else ""
    current = " aria-current=page" if chosen else ""
    return f'<a href="?partition={partition}" data-partition="{partition}"{current}>{partition} <b>{told}</b></a>'


def laid_out(tiles: Sequence[Tile]) -> str:
    """All tiles in their places."""
    first, below = tiles[: len(FIRST)], tiles[len(FIRST) :]
    below = sorted(below, key=lambda one: one.state is State.OFF)  # what nobody asked for comes last
    return (
        f'<main><section class="first">{"".join(map(tile, first))}</section>'
        f'<section class="below">{"".join(map(tile, below))}</section>{_meanings(tiles)}</main>'
    )


def _meanings(tiles: Sequence[Tile]) -> str:
    told = [(one.title, TILES[one.key]) for one in tiles if one.key in TILES]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(what)}</dd>" for name, what in (*told, *WORDS.items()))
    return f'<details class="meanings"><summary>What the tiles and words mean</summary><dl>{listed}</dl></details>'


def sentence(words: str) -> str:
    """A page that has nothing to show but why."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Rivergauge</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="icon.svg"><link rel="stylesheet" href="page.css"></head>'
        f'<body><main><article class="tile empty"><p class="words">{shown(words)}</p></article></main></body></html>\n'
    )


def tile(one: Tile) -> str:
    """A tile as a section."""
    marks = f"tile {one.state} {one.tone}".strip()
    return (
        f'<article class="{marks}" id="{one.key}" data-state="{one.state}" aria-labelledby="{one.key}-title">'
        f"{inside(one).replace(_AGE, _AGE[:-4] + escape(age(one)) + '</p>')}</article>"
    )


def age(one: Tile) -> str:
    """How old a tile is, and what is the matter with it."""
    ago = "" if one.age_s is None else "now" if one.age_s < 2 else f"{duration(one.age_s)} ago"
    return " · ".join(part for part in (MARKS[one.state], ago) if part)


def inside(one: Tile) -> str:
    """What stands in a tile, but for its age, which is another every second."""
    head = f'<p class="head">{shown(one.head)}</p>' if one.head else ""
    advice = f'<p class="advice">{shown(one.advice)}</p>' if one.advice else ""
    plot = "" if one.plot is None else f'<div class="plot" data-plot="{one.key}"></div>'
    hint = f' title="{escape(TILES[one.key])}"' if one.key in TILES else ""
    return (
        f'<h2 id="{one.key}-title"{hint}>{escape(one.title)}</h2>'
        f"{_AGE}{head}{advice}"
        f'<p class="words">{shown(one.words)}</p>{_commands(() if one.command is None else (one.command,))}{plot}'
        f"{pictured(one.pictures)}{_tables(one)}{''.join(map(_evidence, one.evidence))}"
    )


def _tables(one: Tile) -> str:
    tables = "".join(_table(table, f"{one.title}: {table.header[0]}") for table in one.tables)
    if not tables:
        return ""
    # Where there is a picture its figures are one click away; without a script they are open.
    is_drawn = one.plot or one.pictures
    return f'<details class="figures" open><summary>Table</summary>{tables}</details>' if is_drawn else tables


def _table(table: Table, label: str) -> str:
    # Figures stand under each other at their right ends.
    classes = [
        " class=picture"
        if any(isinstance(cell, Range) for cell in column)
        else " class=n"
        if all(_FIGURE.fullmatch(cell) for cell in column if isinstance(cell, str))
        else ""
        for column in (zip(*table.rows, strict=True) if table.rows else [()] * len(table.header))
    ]
    header = "".join(f"<th scope=col{a}>{escape(name)}</th>" for a, name in zip(classes, table.header, strict=True))
    rows = "".join(f"<tr>{''.join(map(_cell, classes, row))}</tr>" for row in table.rows)
    body = f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="wide" tabindex="0" role="group" aria-label="{escape(label)}">{body}</div>'


def _cell(a: str, cell: Cell) -> str:
    return f"<td{a}>{ranged(cell) if isinstance(cell, Range) else shown(cell)}</td>"


def _evidence(one: Evidence) -> str:
    facts = "".join(f"<dt>{shown(name)}</dt><dd>{shown(what)}</dd>" for name, what in one.facts)
    at = "" if one.at_ms is None else _time(one.at_ms)
    opening = f'<details class="entry {one.tone}" data-key="{escape(one.key)}">'
    inside = f"{_commands(one.commands)}{pictured(one.pictures)}<dl>{facts}</dl>"
    return f"{opening}<summary>{at}{shown(one.title)}</summary>{inside}</details>"


def _time(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M:%S}</time> '


def _commands(commands: Sequence[str]) -> str:
    return "".join(f'<p class="command"><code>{escape(one)}</code></p>' for one in commands)

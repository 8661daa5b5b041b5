"""The page as HTML: whole and readable without a script, which only draws the plots and keeps the tiles up to date."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Final

from streams.page.board import FIRST
from streams.page.tile import Evidence, State, Table, Tile
from streams.page.words import duration

ASSETS: Final = {
    "page.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "uPlot.iife.min.js": "text/javascript; charset=utf-8",
    "uPlot.min.css": "text/css; charset=utf-8",
    "uPlot.LICENSE.txt": "text/plain; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Files of the page by name, with their media types."""

_AGE: Final = '<p class="age"></p>'

_STATES: Final = {
    State.READY: "",
    State.EMPTY: "nothing yet",
    State.STALE: "stale",
    State.RESTORING: "restoring",
    State.GONE: "no worker",
}


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


def document(gauge: str, partitions: Sequence[int], partition: int, tiles: Sequence[Tile], *, live: bool = True) -> str:
    """The whole page of one partition.

    ``live`` loads the script that follows the worker; without it the page stands as it is.
    """
    first, below = tiles[: len(FIRST)], tiles[len(FIRST) :]
    choice = "".join(
        f'<a href="?partition={one}"{" aria-current=page" if one == partition else ""}>{one}</a>' for one in partitions
    )
    nav = f'<nav aria-label="Partitions"><span>Partition</span>{choice}</nav>' if len(partitions) > 1 else ""
    script = '<script src="uPlot.iife.min.js" defer></script><script src="page.js" defer></script>' if live else ""
    return (
        "<!doctype html>\n"
        f'<html lang="en" data-partition="{partition}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(gauge)} · Rivergauge</title>"
        '<link rel="icon" href="icon.svg"><link rel="stylesheet" href="uPlot.min.css">'
        f'<link rel="stylesheet" href="page.css">{script}</head><body>'
        f'<header><h1>{escape(gauge)}</h1>{nav}<p id="link" role="status"></p></header>'
        f'<main><section class="first">{"".join(map(tile, first))}</section>'
        f'<section class="below">{"".join(map(tile, below))}</section></main>'
        "</body></html>\n"
    )


def sentence(words: str) -> str:
    """A page that has nothing to show but why."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Rivergauge</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="icon.svg"><link rel="stylesheet" href="page.css"></head>'
        f'<body><main><article class="tile empty"><p class="words">{escape(words)}</p></article></main></body></html>\n'
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
    return " · ".join(part for part in (_STATES[one.state], ago) if part)


def inside(one: Tile) -> str:
    """What stands in a tile, but for its age, which is another every second."""
    plot = f'<div class="plot" data-plot="{one.key}"></div>' if one.plot is not None else ""
    return (
        f'<h2 id="{one.key}-title">{escape(one.title)}</h2>'
        f"{_AGE}"
        f'<p class="words">{escape(one.words)}</p>{plot}'
        f"{_tables(one)}{''.join(map(_evidence, one.evidence))}"
    )


def _tables(one: Tile) -> str:
    tables = "".join(map(_table, one.tables))
    if not tables:
        return ""
    # Where there is a plot its figures are one click away; without a script they are open.
    return f'<details class="figures" open><summary>Figures</summary>{tables}</details>' if one.plot else tables


def _table(table: Table) -> str:
    header = "".join(f"<th scope=col>{escape(name)}</th>" for name in table.header)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f'<div class="wide"><table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table></div>'


def _evidence(one: Evidence) -> str:
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(what)}</dd>" for name, what in one.facts)
    command = "" if one.command is None else f"<p class=command><code>{escape(one.command)}</code></p>"
    opening = f'<details class=entry data-key="{escape(one.key)}">'
    return f"{opening}<summary>{escape(one.title)}</summary><dl>{facts}</dl>{command}</details>"

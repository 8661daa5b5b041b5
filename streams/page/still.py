"""The page of a run that is over, as one file that needs nothing else: no server, no network, no other file.

The run's effects go into a view as if they had been published, and its learner's status into a memory, so the tiles are
those of the live page. What is about a running process is left out: how old things are, and commands that ask a broker.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Final

from pydantic_core import to_json

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.plurals import count
from schemas.record_table import KIND_OF
from schemas.records import Effect
from schemas.status import Status
from streams.data.backtest import Folded
from streams.page import plain
from streams.page.board import tiles
from streams.page.flowing import labelled
from streams.page.memory import Memory
from streams.page.text import shown
from streams.page.tile import Evidence, Sources, Table, Tile
from streams.page.timeline import TIMES
from streams.view.published import Place, Published
from streams.view.view import View

LOOKS: Final = 250
"""How often the metric is looked at on the way, about: fewer than points of its curve."""
_SCRIPTS: Final = ("uPlot.iife.min.js", "plots.js")
_STYLES: Final = ("uPlot.min.css", "page.css")


class Still:
    """Sees each record that a learner folds, and makes the page at the end.

    Parameters
    ----------
    gauge
        Whose page.
    records
        How many there will be, about.
    """

    def __init__(self, gauge: Gauge, records: int) -> None:
        self._gauge = gauge
        self._every = max(records // LOOKS, 1)
        self._view = View()
        self._memory = Memory()
        self._has_times = gauge.record.time is not None
        self._now_ms = 0

    def folded(self, learner: Learner, folded: Folded) -> None:
        """A record was folded, and this followed from it."""
        # Event time stands for Kafka's: a run over a file has no other. It never goes back, as a clock does not.
        time = getattr(folded.event, "time", None)
        if time is not None:
            self._now_ms = max(self._now_ms, round(1_000 * time.timestamp()))
        for published in self._published(folded.effects, folded.position):
            self._view.fold(published)
        if folded.position % self._every == 0:
            self._memory.take(learner.status(), self._now_ms)

    def page(self, learner: Learner, about: str) -> str:
        """The whole page; ``about`` says in a sentence what run it is of."""
        status = learner.status()
        self._memory.take(status, self._now_ms)
        sources = Sources(self._gauge, self._view, 0, status, self._memory, self._now_ms)
        made = [self._stood(one, status) for one in tiles(sources)]
        return _document(self._gauge.name, about, made)

    def _published(self, effects: Sequence[Effect], position: int) -> Iterator[Published]:
        at_ms = self._now_ms if self._has_times else position
        for at, effect in enumerate(effects):
            kind = KIND_OF[type(effect)]
            n = sum(type(other) is type(effect) for other in effects[:at])
            name = f"{self._gauge.topics.input}:0:{position}:{kind.name}:{n}"
            yield Published(0, self._view.counts[kind.name], at_ms, name, Place(0, position, n), kind, effect)

    def _stood(self, tile: Tile, status: Status) -> Tile:
        evidence = tuple(self._without_commands(one) for one in tile.evidence)
        words = tile.words if self._has_times else tile.words.removesuffix(TIMES)
        still = replace(tile, words=words, age_s=None, command=None, evidence=evidence)
        return _without_paces(still, status) if tile.key == "labels" and not self._has_times else still

    def _without_commands(self, one: Evidence) -> Evidence:
        if self._has_times:
            return one._replace(commands=())
        return one._replace(commands=(), at_ms=None, title=f"Position {one.at_ms:,}: {one.title}")


def _without_paces(tile: Tile, status: Status) -> Tile:
    """The flow where no event has a time: how many, not how fast."""
    if not status.events:
        return tile
    tables = tuple(Table(one.header, tuple(row for row in one.rows if "second" not in row[0])) for one in tile.tables)
    words = f"{count(status.events, 'event')}; {labelled(status)}."
    return replace(tile, tables=tables, plot=None, words=words if status.labels else tile.words)


def _document(gauge: str, about: str, made: Sequence[Tile]) -> str:
    licence = f"/*! {plain.asset('uPlot.LICENSE.txt').decode()} */\n"
    vendored, drawing = (plain.asset(name).decode() for name in _SCRIPTS)
    scripts = [licence + vendored, drawing, _own("still.js")]
    # Only these scripts run, and nothing is asked of anybody, whatever stands in the page.
    hashes = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    icon = b64encode(plain.asset("icon.svg")).decode()
    style = "\n".join(plain.asset(name).decode() for name in _STYLES)
    plots = [{"key": tile.key, "plot": tile.plot} for tile in made if tile.plot is not None]
    # In a script no text is markup but this one's end, and there is no way to escape that in HTML.
    data = to_json(plots, inf_nan_mode="null").decode().replace("<", "\\u003c")
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(gauge)} · Rivergauge</title>"
        f'<link rel="icon" href="data:image/svg+xml;base64,{icon}"><style>{style}</style></head><body>'
        f'<header><h1>{shown(gauge)}</h1><p id="link">{shown(about)}</p></header>{plain.laid_out(made)}'
        f'<script type="application/json" id="tiles">{data}</script>'
        f"{''.join(f'<script>{script}</script>' for script in scripts)}</body></html>\n"
    )


def _own(name: str) -> str:
    return files("streams.page").joinpath("assets", name).read_text(encoding="utf-8")

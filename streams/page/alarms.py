"""The tiles about drift: the budget of false alarms, and what has moved, the most first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from schemas.alerts import Chance, Moved
from schemas.plurals import count
from streams.page.pictures import Shift
from streams.page.tile import Sources, State, Table, Tile, without_worker
from streams.page.words import named, number, share
from streams.view.episodes import Episode

_MOST: Final = 6
"""Columns that are listed."""
_PICTURED: Final = 8
"""Columns that are pictured."""


def whole(chances: Mapping[str, Chance]) -> Chance | None:
    """All parts of the budget as one; ``None`` where nothing has been looked at."""
    if not chances:
        return None
    parts = chances.values()
    return Chance(
        budget=sum(one.budget for one in parts),
        events=max(one.events for one in parts),
        expected=sum(one.expected for one in parts),
        alarms=sum(one.alarms for one in parts),
        days=max((one.days for one in parts if one.days is not None), default=None),
    )


def budget(sources: Sources) -> Tile:
    """The alarms of each part of the budget beside those that chance gives at most."""
    key, title = "budget", "Alarm budget"
    status = sources.status
    if status is None:
        return without_worker(sources, key, title)
    if not sources.gauge.drift.enabled:
        return Tile(key=key, title=title, state=State.OFF, words="Drift is not watched (drift.enabled = false).")
    chances = status.watched.chances
    chance = whole(chances)
    if chance is None:
        words = "The watch begins with the first event."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    rows = tuple(
        (name, f"{one.alarms:,}", f"{one.expected:.2g}", f"{one.events:,}", one.note or "")
        for name, one in chances.items()
    )
    raised = count(chance.alarms, "alarm") if chance.alarms else "No alarm"
    words = f"{raised} in {count(chance.events, 'event')}; chance alone would raise {chance.expected:.2g} at most."
    return Tile(
        key=key,
        title=title,
        state=sources.state,
        words=words,
        age_s=sources.age,
        tables=(Table(("watch", "alarms", "by chance, at most", "events watched", "note"), rows),),
        plot={"kind": "budget", "bars": [[name, one.alarms, one.expected] for name, one in chances.items()]},
        tone="warn" if status.drifting else "",
    )


def moved(sources: Sources) -> Tile:
    """Features by drift: what moved in the newest episode that named any, by weight."""
    key, title = "moved", "What moved"
    newest = _newest(sources)
    if newest is None:
        return _nothing_moved(sources, key, title)
    listed = _by_weight(newest)
    rows = tuple((one.column, share(one.weight), one.words, _sides(one)) for one in listed[:_MOST])
    more = len(listed) - len(rows)
    words = _named(newest) + (f" {count(more, 'more column')} moved less." if more else "")
    return Tile(
        key=key,
        title=title,
        words=words,
        age_s=sources.age_s(newest.published.timestamp),
        tables=(Table(("column", "share of evidence", "what moved", "before → after"), rows),),
        plot={"kind": "bars", "bars": [[one.column, one.weight] for one in listed[:_MOST]]},
    )


def sides(sources: Sources) -> Tile:
    """The columns of the same episode, each before and after it moved."""
    key, title = "sides", "Before and after"
    newest = _newest(sources)
    if newest is None:
        nothing = _nothing_moved(sources, key, title)
        if nothing.state in (State.READY, State.STALE):
            words = "Columns that an alert names are pictured here as soon as one opens."
            return replace(nothing, state=State.EMPTY, words=words, age_s=None, tone="")
        return nothing
    pictures = tuple(
        Shift(words=one.words, before=one.before, after=one.after) for one in _by_weight(newest)[:_PICTURED]
    )
    age = sources.age_s(newest.published.timestamp)
    return Tile(key=key, title=title, words=_named(newest), age_s=age, pictures=pictures)


def _newest(sources: Sources) -> Episode | None:
    ours = (one for one in sources.view.episodes.newest_first() if one.partition == sources.partition)
    return next((one for one in ours if one.moved), None)


def _by_weight(episode: Episode) -> list[Moved]:
    return sorted(episode.moved, key=lambda one: -one.weight)


def _named(episode: Episode) -> str:
    state = "open" if episode.is_open else "closed"
    return f"Newest alert that names columns: {episode.name} ({named(episode.last.drift)}, {state})."


def _nothing_moved(sources: Sources, key: str, title: str) -> Tile:
    status = sources.status
    if not sources.gauge.drift.enabled:
        return Tile(key=key, title=title, state=State.OFF, words="Drift is not watched (drift.enabled = false).")
    if status is None and sources.waiting_for:
        return without_worker(sources, key, title)
    if status is None and not sources.view.counts:
        return Tile(key=key, title=title, state=State.EMPTY, words="Nothing has been published yet.")
    if status is not None and not status.events:
        words = "The watch on columns begins with the first event."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    words = "No alert has named a column. Columns that move are shown here as soon as an alert opens."
    return Tile(key=key, title=title, state=sources.state, words=words, age_s=sources.age, tone="good")


def _sides(one: Moved) -> str:
    names = list(one.before)[:4]
    return "; ".join(f"{name} {number(one.before[name])} → {number(one.after.get(name))}" for name in names)

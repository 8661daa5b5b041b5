"""The tiles about drift: the budget of false alarms, and what has moved, the most first."""

from __future__ import annotations

from typing import Final

from schemas.alerts import Moved
from schemas.plurals import count
from streams.page.tile import Sources, State, Table, Tile, without_worker
from streams.page.words import number, share

_MOST: Final = 6
"""Columns that are listed."""


def budget(sources: Sources) -> Tile:
    """The alarms of each part of the budget beside those that chance gives at most."""
    key, title = "budget", "Alarm budget"
    status = sources.status
    if status is None:
        return without_worker(sources, key, title)
    if not sources.gauge.drift.enabled:
        return Tile(key=key, title=title, state=State.EMPTY, words="Drift is not watched (drift.enabled = false).")
    chances = status.watched.chances
    if not chances:
        return Tile(key=key, title=title, state=State.EMPTY, words="Nothing has been looked at yet: no event has come.")
    rows = tuple(
        (name, f"{chance.alarms:,}", number(chance.expected), f"{chance.events:,}", chance.note or "")
        for name, chance in chances.items()
    )
    alarms = sum(chance.alarms for chance in chances.values())
    expected = sum(chance.expected for chance in chances.values())
    words = f"{count(alarms, 'alarm')}, at most {number(expected)} expected by chance."
    table = Table(("watch", "alarms", "by chance", "events looked at", "note"), rows)
    bars = [[name, chance.alarms, chance.expected] for name, chance in chances.items()]
    tone = "warn" if status.drifting else ""
    plot = {"kind": "budget", "bars": bars}
    return Tile(key=key, title=title, words=words, age_s=0.0, tables=(table,), plot=plot, tone=tone)


def moved(sources: Sources) -> Tile:
    """Features by drift: what moved in the newest episode that named any, by weight."""
    key, title = "moved", "What moved"
    ours = (one for one in sources.view.episodes.newest_first() if one.partition == sources.partition)
    episodes = [one for one in ours if one.moved]
    if not episodes:
        words = "No episode of drift has named a column so far."
        if sources.status is None and not sources.view.flows:
            words = "Nothing has been published yet."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    newest = episodes[0]
    listed = sorted(newest.moved, key=lambda one: -one.weight)
    rows = tuple((one.column, share(one.weight), one.words, _sides(one)) for one in listed[:_MOST])
    state = "open" if newest.is_open else "closed"
    words = f"Episode {newest.name} ({newest.last.drift.replace('_', ' ')}, {state}) is the newest that named columns."
    more = len(listed) - len(rows)
    words += f" {count(more, 'more column')} moved less." if more else ""
    return Tile(
        key=key,
        title=title,
        words=words,
        age_s=sources.age_s(newest.published.timestamp),
        tables=(Table(("column", "weight", "what", "before and after"), rows),),
        plot={"kind": "bars", "bars": [[one.column, one.weight] for one in listed[:_MOST]]},
    )


def _sides(one: Moved) -> str:
    names = list(one.before)[:4]
    return "; ".join(f"{name} {number(one.before[name])} → {number(one.after.get(name))}" for name in names)

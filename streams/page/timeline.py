"""The time line: episodes and steps of versions, the newest first; each opens its evidence and names a command."""

from __future__ import annotations

from typing import Final

from schemas.alerts import share_words
from schemas.records import DriftAlert
from streams.page.tile import Evidence, Sources, State, Tile
from streams.page.words import number, sure
from streams.view.episodes import Episode, order
from streams.view.versions import Life

MOST: Final = 40
"""Entries of the time line."""


def timeline(sources: Sources) -> Tile:
    """What happened, the newest first."""
    key, title = "timeline", "Time line"
    view, partition = sources.view, sources.partition
    episodes = [one for one in view.episodes.newest_first() if one.partition == partition]
    lives = [one for one in view.versions.newest_first() if one.partition == partition]
    entries = [(order(one.published), _episode(sources, one)) for one in episodes]
    entries += [(order(one.published), _version(sources, one)) for one in lives]
    if not entries:
        words = "Nothing has happened yet: the first entry is the first model version, with the first event."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    entries.sort(key=lambda entry: entry[0], reverse=True)
    newest = entries[0][0][0]
    words = f"The newest {min(len(entries), MOST)} of {len(entries):,} episodes and versions."
    evidence = tuple(entry for _, entry in entries[:MOST])
    return Tile(key=key, title=title, words=words, age_s=sources.age_s(newest), evidence=evidence)


def _episode(sources: Sources, episode: Episode) -> Evidence:
    first, last = episode.first, episode.last
    facts = [
        ("kind", last.drift.replace("_", " ")),
        ("severity", str(last.severity)),
        ("opened at", _when(first)),
        (str(last.status), _when(last)),
        ("detector", f"{last.detector}: {number(last.statistic)} against {number(last.threshold)}"),
        ("loss", f"{number(last.loss_before)} before, {number(last.loss_now)} now"),
        ("version", last.version),
    ]
    if last.subject is not None:
        facts.insert(1, ("subject", last.subject))
    if last.figure is not None:
        facts.append(("figure", sure(last.figure)))
    facts += [("moved", one.words) for one in episode.moved]
    if last.expected_share is not None:
        facts.append(("expected", share_words(last.expected_share) or ""))
    if last.chance is not None:
        facts.append(("chance", last.chance.words))
    if last.advice:
        facts.append(("advice", last.advice))
    what = last.drift.replace("_", " ")
    title = f"{'Open' if episode.is_open else 'Closed'}: {what}, {last.severity} ({episode.name})"
    return Evidence(
        f"episode {episode.name}",
        title,
        tuple(facts),
        f"rivergauge alerts show {sources.gauge.name}.toml {episode.name}",
    )


def _version(sources: Sources, life: Life) -> Evidence:
    last = life.last
    facts = [
        ("candidate", last.candidate),
        ("parent", last.parent or "none"),
        ("trigger", last.trigger),
        ("learned", f"{last.learned_labels:,} labels"),
        *((f"{step.step.replace('_', ' ')} at {step.position:,}", step.reason) for step in life.steps),
        *((name, number(value)) for name, value in last.figures.items()),
    ]
    title = f"Version {life.name} ({last.candidate}): {last.step.replace('_', ' ')}"
    return Evidence(
        f"version {life.name}", title, tuple(facts), f"rivergauge versions show {sources.gauge.name}.toml {life.name}"
    )


def _when(alert: DriftAlert) -> str:
    time = "" if alert.time is None else f", {alert.time:%Y-%m-%d %H:%M}"
    return f"offset {alert.position:,}{time}"

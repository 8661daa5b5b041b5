"""The time line: episodes, steps of versions and refused records, the newest first; each opens its evidence and names
the commands that act on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from schemas.alerts import DriftKind, Severity, share_words
from schemas.events import OF_COMMANDS
from schemas.plurals import count
from schemas.records import DriftAlert, ModelVersion, VersionStep
from streams.page.commands import command
from streams.page.pictures import Shift
from streams.page.tile import Evidence, Sources, State, Tile, without_worker
from streams.page.words import named, number, sure
from streams.view.dead_letters import Letter
from streams.view.episodes import Episode, order
from streams.view.published import Published
from streams.view.versions import Life

MOST: Final = 40
"""Entries of the time line."""
TIMES: Final = " Times are UTC."
"""The end of the words, where entries have times."""
_MOVED: Final = 3
"""Columns that an entry pictures; the others stand in words."""

_Entry = tuple[Published, Evidence]


def timeline(sources: Sources) -> Tile:
    """What happened, the newest first."""
    key, title = "timeline", "Time line"
    entries = [*_episodes(sources), *_versions(sources), *_refusals(sources)]
    if not entries:
        if sources.status is None and sources.waiting_for:
            return without_worker(sources, key, title)
        words = "Nothing has happened yet: the first entry will be the first model version, with the first event."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    entries.sort(key=lambda entry: order(entry[0]), reverse=True)
    newest = entries[0][0].timestamp
    shown = f"The newest {MOST} of {len(entries):,} entries" if len(entries) > MOST else "Newest first"
    words = f"{shown}: alerts, model versions, refused records.{TIMES}"
    evidence = tuple(entry for _, entry in entries[:MOST])
    return Tile(key=key, title=title, words=words, age_s=sources.age_s(newest), evidence=evidence)


def _episodes(sources: Sources) -> Iterator[_Entry]:
    for episode in sources.view.episodes.newest_first():
        if episode.partition == sources.partition:
            yield episode.published, _episode(sources, episode)


def _versions(sources: Sources) -> Iterator[_Entry]:
    champion = sources.view.versions.champion(sources.partition)
    for life in sources.view.versions.newest_first():
        if life.partition == sources.partition:
            yield life.published, _version(sources, life, leads=life is champion)


def _refusals(sources: Sources) -> Iterator[_Entry]:
    newest: dict[str, Letter] = {}
    for one in sources.view.dead_letters.newest_first():
        if one.published.partition == sources.partition:
            newest.setdefault(one.letter.reason, one)
    for letter in newest.values():
        yield letter.published, _refusal(sources, letter)


def _episode(sources: Sources, episode: Episode) -> Evidence:
    first, last = episode.first, episode.last
    facts = [
        ("kind", named(last.drift)),
        ("severity", str(last.severity)),
        ("opened at", _when(first)),
        *([(f"{last.status} at", _when(last))] if episode.records > 1 else []),
        ("detector", f"{last.detector}: {number(last.statistic)}, threshold {number(last.threshold)}"),
        *([("loss", _losses(last))] if last.loss_before is not None or last.loss_now is not None else []),
        ("version", last.version),
    ]
    if last.subject is not None:
        facts.insert(1, ("subject", last.subject))
    if last.figure is not None:
        facts.append(("figure", sure(last.figure)))
    facts += [("moved", one.words) for one in episode.moved[_MOVED:]]
    if last.expected_share is not None:
        facts.append(("expected", share_words(last.expected_share) or ""))
    if last.chance is not None:
        facts.append(("chance", last.chance.words))
    if last.advice:
        facts.append(("advice", last.advice))
    about = "" if last.subject is None else f" of {last.subject}"
    grave = "warn" if last.severity is Severity.MINOR else "bad"
    return Evidence(
        f"episode {episode.name}",
        f"{'Open' if episode.is_open else 'Closed'} alert {episode.name}: {named(last.drift)}{about}, {last.severity}",
        tuple(facts),
        tuple(_about_alert(sources, episode)),
        at_ms=episode.published.timestamp,
        pictures=tuple(Shift(words=one.words, before=one.before, after=one.after) for one in episode.moved[:_MOVED]),
        tone=grave if episode.is_open else "",
    )


def _about_alert(sources: Sources, episode: Episode) -> Iterator[str]:
    yield command(sources.gauge, "alerts show", episode.name)
    if episode.is_open and episode.last.drift is DriftKind.CONCEPT and "retrain" in sources.gauge.operators.allow:
        yield command(sources.gauge, "command retrain", "--partition", sources.partition)


def _version(sources: Sources, life: Life, *, leads: bool) -> Evidence:
    last = life.last
    facts = [
        ("candidate", last.candidate),
        ("parent", last.parent or "none"),
        ("trigger", last.trigger),
        ("learned", count(last.learned_labels, "label")),
        *(fact for step in life.steps for fact in _step(step)),
        *((named(name), number(value)) for name, value in last.figures.items()),
    ]
    return Evidence(
        f"version {life.name}",
        f"Version {life.name} ({last.candidate}): {_done(last)}",
        tuple(facts),
        tuple(_about(sources, life, last, leads=leads)),
        at_ms=life.published.timestamp,
    )


def _step(step: ModelVersion) -> Iterator[tuple[str, str]]:
    yield f"{_done(step)} at {step.position:,}", step.reason
    if step.why:
        yield "why", step.why


def _done(step: ModelVersion) -> str:
    of_learning = step.step in (VersionStep.PAUSED, VersionStep.RESUMED)
    by = "" if step.who is None else f" by {step.who}"
    return f"{'learning ' if of_learning else ''}{named(step.step)}{by}"


def _about(sources: Sources, life: Life, last: ModelVersion, *, leads: bool) -> Iterator[str]:
    allowed = sources.gauge.operators.allow
    yield command(sources.gauge, "versions show", life.name)
    if last.parent is not None:
        yield command(sources.gauge, "versions diff", last.parent, life.name)
    if leads:
        if sources.view.versions.paused(sources.partition) is not None and "pause" in allowed:
            yield command(sources.gauge, "command resume", "--partition", sources.partition)
        return
    if sources.view.versions.proposed(sources.partition) is life and "approve" in allowed:
        yield command(sources.gauge, "command approve", life.name)
        yield command(sources.gauge, "command decline", life.name)
    if not life.is_gone and "promote" in allowed:
        yield command(sources.gauge, "command promote", life.name)
    if any(step.step is VersionStep.PROMOTED for step in life.steps):
        if "roll_back" in allowed:
            yield command(sources.gauge, "command roll-back", life.name)
        yield command(sources.gauge, "reset", "--version", life.name)


def _refusal(sources: Sources, newest: Letter) -> Evidence:
    reason, letter = newest.letter.reason, newest.letter
    n = sources.view.dead_letters.by_partition[sources.partition][reason]
    facts = (
        ("newest", f"{letter.record} at offset {letter.source:,} of the input"),
        ("detail", "it may repeat what the record held: the command shows it to those who may read the topic"),
    )
    own = "--partition", sources.partition
    commands = [command(sources.gauge, "dlq show", sources.partition, newest.published.offset)]
    if reason not in OF_COMMANDS:  # those are given anew
        commands.append(command(sources.gauge, "dlq redrive", "--reason", str(reason), *own, "--dry-run"))
    title = f"{count(n, 'record')} refused: {named(reason)}"
    return Evidence(f"refused {reason}", title, facts, tuple(commands), at_ms=newest.published.timestamp)


def _losses(alert: DriftAlert) -> str:
    return f"{number(alert.loss_before)} before, {number(alert.loss_now)} now"


def _when(alert: DriftAlert) -> str:
    time = "" if alert.time is None else f" (event time {alert.time:%Y-%m-%d %H:%M} UTC)"
    return f"position {alert.position:,}{time}"

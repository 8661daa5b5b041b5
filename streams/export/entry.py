"""What of a model version is told to a registry: tags, figures, and whether it leads or is on trial."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Final, NamedTuple

from schemas.records import VersionStep, WindowReport
from streams.snapshots.identity import Identity
from streams.view import shown
from streams.view.published import Published
from streams.view.versions import Life
from streams.view.view import View

PREFIX: Final = "rivergauge."
STATE: Final = f"{PREFIX}state"
_LONGEST_TAG: Final = 1_000
_NOT_IN_A_KEY: Final = re.compile(r"[^\w\-. /]")
"""What a metric's name may not hold: MLflow's own rule, without the colon, which not all of its stores take."""


class Sample(NamedTuple):
    """A figure at a position; ``timestamp`` in milliseconds, ``None`` where the data have no event time."""

    key: str
    value: float
    position: int
    timestamp: int | None


class Entry(NamedTuple):
    """One version."""

    name: str
    begun: int
    """When its first step was published: event time, or the record's, in milliseconds."""
    tags: dict[str, str]
    unknown: frozenset[str]
    """Tags of which nothing is known now: whoever has them keeps them."""
    samples: list[Sample]
    record: shown.Shown
    """As ``rivergauge versions show --json`` prints it."""
    description: str
    """What stays true of it: nobody writes it again."""


def entries(view: View, archived: Mapping[str, Identity]) -> list[Entry]:
    """All versions that were read, in the order in which they were first heard of.

    ``archived`` has the states that are kept, by version; empty where none is seen from this machine.
    """
    lives = sorted(view.versions.newest_first(), key=_begun)
    reports: dict[str, list[tuple[Published, WindowReport]]] = {}
    for published, report in reversed(view.reports.newest_first()):
        for version in report.figures:
            reports.setdefault(version, []).append((published, report))
    return [
        Entry(
            name=life.name,
            begun=_begun(life)[0],
            tags=_tags(life, archived.get(life.name)),
            unknown=frozenset() if archived else frozenset({STATE}),
            samples=[*_of_steps(life), *_of_reports(life, reports.get(life.name, ()))],
            record=shown.version(life, leads=view.versions.champion(life.partition) is life),
            description=f"{life.last.candidate} (trigger: {life.last.trigger})",
        )
        for life in lives
    ]


def aliases(view: View, partitions: Iterable[int]) -> dict[str, str]:
    """Versions by alias: ``champion`` and ``challenger``, of several partitions ``champion-p0``, ``challenger-p0``.

    The challenger is the newest version that is on trial. What is not known has no entry.
    """
    several = len(every := list(partitions)) > 1
    found: dict[str, str] = {}
    for partition in every:
        end = f"-p{partition}" if several else ""
        leader = view.versions.champion(partition)
        if leader is not None:
            found[f"champion{end}"] = leader.name
        for life in view.versions.newest_first():
            if life.partition == partition and life.last.step is VersionStep.ON_TRIAL and life is not leader:
                found[f"challenger{end}"] = life.name
                break
    return found


def _begun(life: Life) -> tuple[int, int]:
    first = life.steps[0]
    time = life.published.timestamp if first.time is None else round(first.time.timestamp() * 1_000)
    return time, first.position


def _tags(life: Life, archived: Identity | None) -> dict[str, str]:
    last = life.last
    facts: dict[str, Any] = {
        "version": life.name,
        "partition": life.partition,
        "candidate": last.candidate,
        "parent": last.parent,
        "step": last.step,
        "position": last.position,
        "trigger": last.trigger,
        "reason": last.reason,
        "gauge_digest": last.gauge_digest,
        "learned_first": last.learned_first,
        "learned_last": last.learned_last,
        "learned_labels": last.learned_labels,
    }
    tags = {PREFIX + name: str(value)[:_LONGEST_TAG] for name, value in facts.items() if value is not None}
    if archived is not None:
        tags[STATE] = f"epoch {archived.epoch}, position {archived.position}"
    return tags


def _of_steps(life: Life) -> Iterator[Sample]:
    for step in life.steps:
        time = None if step.time is None else round(step.time.timestamp() * 1_000)
        yield from _samples(step.figures, step.position, time)


def _of_reports(life: Life, reports: Iterable[tuple[Published, WindowReport]]) -> Iterator[Sample]:
    for published, report in reports:
        if published.partition != life.partition:
            continue
        time = published.timestamp if report.time is None else round(report.time.timestamp() * 1_000)
        for metric, figure in report.figures[life.name].items():
            parts = {"": figure.value, ".low": figure.low, ".high": figure.high, ".labels": figure.n}
            named = {f"holdout/{metric}{end}": value for end, value in parts.items()}
            yield from _samples(named, report.position, time)


def _samples(figures: Mapping[str, float | None], position: int, time: int | None) -> Iterator[Sample]:
    for name, value in figures.items():
        if value is not None and isfinite(value):
            yield Sample(_NOT_IN_A_KEY.sub("_", name), float(value), position, time)

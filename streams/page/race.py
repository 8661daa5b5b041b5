"""The contest as a race: each challenger's evidence on its way to the threshold."""

from __future__ import annotations

from math import log

from streams.page.tile import Sources, State, Table, Tile, without_worker
from streams.page.words import number


def contest(sources: Sources) -> Tile:
    """How far each live version is on its way to replace the champion."""
    key, title = "contest", "Contest"
    status = sources.status
    if status is None:
        return without_worker(sources, key, title)
    versions = status.versions
    champion = versions.champion
    if champion is None:
        return Tile(key=key, title=title, state=State.EMPTY, words="No model lives yet: no event has come.")
    if not versions.contests:
        words = f"Version {champion.version} ({champion.candidate}) leads, and nobody is in a contest with it."
        if versions.policy.due:
            words += f" Due: {'; '.join(versions.policy.due)}."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    rows, bars = [], []
    for name, one in versions.contests.items():
        # Evidence is multiplied: half of the way is the threshold's root.
        way = min(max(log(max(one.evidence, 1e-300)) / log(one.threshold), 0.0), 1.0)
        bars.append([name, way])
        rows.append(
            (
                name,
                versions.roles.get(name, ""),
                f"{one.labels:,}",
                number(one.gain),
                f"{number(one.evidence)} of {number(one.threshold)}",
                f"{100 * way:.0f} %",
            )
        )
    answers = versions.answering
    words = f"Version {champion.version} ({champion.candidate}) leads"
    words += (
        "." if answers is None or answers == champion else f"; {answers.version} answers, its record is better now."
    )
    header = ("version", "role", "labels", "gain", "evidence", "way to promotion")
    return Tile(
        key=key,
        title=title,
        words=words,
        age_s=0.0,
        tables=(Table(header, tuple(rows)),),
        plot={"kind": "race", "bars": bars},
    )

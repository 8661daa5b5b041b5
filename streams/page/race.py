"""The contest as a race: each challenger's evidence on its way to the threshold."""

from __future__ import annotations

from math import log

from schemas.status import PolicyStatus
from streams.page.headline import proposal
from streams.page.tile import Sources, State, Table, Tile, without_worker
from streams.page.words import number, until


def contest(sources: Sources) -> Tile:
    """How far each live version is on its way to replace the champion."""
    key, title = "contest", "Contest"
    status = sources.status
    if status is None:
        return without_worker(sources, key, title)
    versions = status.versions
    champion = versions.champion
    if champion is None:
        words = "There is no model yet: the first version starts with the first event."
        return Tile(key=key, title=title, state=State.EMPTY, words=words)
    if not versions.contests:
        words = f"Version {champion.version} ({champion.candidate}) leads, and no version contests it."
        words += f" {_next(sources, versions.policy)}"
        return Tile(key=key, title=title, state=sources.state, words=words, age_s=sources.age)
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
        "."
        if answers is None or answers == champion
        else f"; {answers.version} answers, as its recent record is better."
    )
    words += " A challenger whose bar is full takes its place."
    waits = proposal(sources)
    header = ("version", "role", "labels", "gain", "evidence", "way to promotion")
    return Tile(
        key=key,
        title=title,
        words=words if waits is None else f"{waits.words} {words}",
        state=sources.state,
        age_s=sources.age,
        tone="" if waits is None else waits.tone,
        command=None if waits is None else waits.command,
        tables=(Table(header, tuple(rows)),),
        plot={"kind": "race", "bars": bars},
    )


def _next(sources: Sources, policy: PolicyStatus) -> str:
    """When a contest begins."""
    rules, pace = sources.gauge.retraining, sources.memory.labels_per_s
    if policy.held is not None:
        return f"Learning is on hold: {policy.held.why}."
    if policy.due:
        return f"A challenger is due: {'; '.join(policy.due)}."
    if policy.retrains_left == 0:
        return f"A challenger may start after {until(policy.labels_until_retrain, 'label', pace)}."
    if policy.cooldown_left:
        return f"A challenger may start after {until(policy.cooldown_left, 'label', pace)}."
    causes = []
    if rules.conditions is not None:
        causes.append("with the next drift that asks for one")
    if rules.on_metric is not None:
        causes.append("when the metric falls")
    if rules.every_labels is not None:
        causes.append(f"every {rules.every_labels:,} labels")
    if policy.next_scheduled is not None:
        causes.append(f"at {policy.next_scheduled:%Y-%m-%d %H:%M} UTC of event time")
    if not causes:
        return "No trigger is declared ([retraining] in the gauge file)."
    return f"A challenger starts {', or '.join(causes)}."

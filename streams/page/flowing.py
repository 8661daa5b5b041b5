"""The tiles about what comes in: labels, and records that were refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.events import Reason
from schemas.plurals import count
from schemas.status import Status
from streams.page.tile import Sources, State, Table, Tile, without_worker
from streams.page.words import named, number, share

_NEWEST: Final = 5
"""Dead letters that are listed."""


def labels(sources: Sources) -> Tile:
    """How many labels are in, how many are waited for, and how fast events come."""
    key, title = "labels", "Flow"
    status, flow = sources.status, sources.view.flows.get(sources.partition)
    if status is None and flow is None:
        return without_worker(sources, key, title)
    rows: list[tuple[str, str]] = []
    words = ""
    if status is not None:
        if not status.events:
            words = "No event has arrived yet: send one to the input topic, or over HTTP (POST /v1/events)."
            return Tile(key=key, title=title, state=State.EMPTY, words=words)
        waiting = status.waiting
        rows += [
            ("events", f"{status.events:,}"),
            ("labels", f"{status.labels:,}"),
            ("events with their label", share(status.coverage)),
            ("events waiting for a label", f"{waiting.pending:,}"),
            ("labels waiting for their event", f"{waiting.early:,}"),
            ("events whose label never came", f"{waiting.expired:,}"),
            ("events per second", number(sources.memory.events_per_s)),
            ("labels per second", number(sources.memory.labels_per_s)),
        ]
        pace = number(float(f"{sources.memory.events_per_s:.3g}"))
        words = f"{pace} events/s; {labelled(status)}."
        if sources.lag is not None:
            rows.append(("records not read yet", f"{sources.lag:,}"))
        if not status.labels:
            words = f"No label has arrived for {count(status.events, 'event')}: nothing can be learned or measured yet."
    elif flow is not None:
        rows += [("predictions read", f"{flow.predictions:,}"), ("held out", f"{flow.held_out:,}")]
        words = f"{count(flow.predictions, 'prediction')} read; only a worker knows about labels."
    told = () if flow is None else ((b.begin / 1_000, 1_000 * b.n / b.width) for b in flow.per_second)
    per_second = [*told] or sources.memory.flow
    return Tile(
        key=key,
        title=title,
        state=sources.state,
        words=words,
        age_s=sources.age,
        tables=(Table(("quantity", "value"), tuple(rows)),),
        plot={"kind": "flow", "per_second": per_second} if len(per_second) > 1 else None,
        tone="warn" if status is not None and not status.labels else "",
    )


def labelled(status: Status) -> str:
    """How many labels are in, and how many are waited for."""
    return f"{share(status.coverage)} of labels have arrived, {status.waiting.pending:,} pending"


def refused(sources: Sources) -> Tile:
    """Dead letters by reason, and the newest with what was wrong."""
    key, title = "refused", "Dead letters"
    view, status = sources.view, sources.status
    told: Mapping[Reason, int] = view.dead_letters.by_partition.get(sources.partition, {})
    counts: dict[str, int] = {str(reason): n for reason, n in told.items()} if status is None else status.dead_letters
    counts = {reason: n for reason, n in counts.items() if n}
    if not counts:
        if status is None and sources.waiting_for:
            return without_worker(sources, key, title)
        if status is None and not view.counts:
            return Tile(key=key, title=title, state=State.EMPTY, words="Nothing has been published yet.")
        return Tile(
            key=key, title=title, state=sources.state, words="No record was refused.", age_s=sources.age, tone="good"
        )
    rows = tuple((named(reason), f"{n:,}") for reason, n in sorted(counts.items(), key=lambda item: -item[1]))
    newest = [one for one in view.dead_letters.newest_first() if one.published.partition == sources.partition]
    # What was wrong may repeat what a person wrote into a field; a command shows it to who may read the topic.
    letters = tuple((f"{one.letter.source:,}", named(one.letter.reason), one.letter.record) for one in newest[:_NEWEST])
    tables = (Table(("reason", "records"), rows), Table(("offset of the newest", "reason", "record"), letters))
    total = sum(counts.values())
    most = ", most often" if len(rows) > 1 else ""
    words = f"{count(total, 'record')} refused{most}: {rows[0][0]}."
    return Tile(
        key=key,
        title=title,
        words=words,
        age_s=sources.age_s(newest[0].published.timestamp) if newest else None,
        tables=tables if letters else tables[:1],
        plot={"kind": "bars", "bars": [[named(reason), n / total] for reason, n in counts.items()]},
        tone="warn",
    )

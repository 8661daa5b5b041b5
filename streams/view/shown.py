"""The view as JSON: what ``status``, ``versions``, ``alerts``, ``reports`` and ``dlq`` print, and HTTP answers.

Each record is shown as it was published, with where it stands: its CloudEvents id, partition, and the offset in its own
topic. Feature values are in dead letters only, and shown of those only where asked for.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from schemas.evaluated import Figure
from schemas.records import DeadLetter, ModelVersion
from streams.view.dead_letters import Letter
from streams.view.episodes import Episode
from streams.view.flow import Flow
from streams.view.published import Published
from streams.view.reports import Report
from streams.view.versions import Life
from streams.view.view import View

Shown = dict[str, Any]


def record(published: Published) -> Shown:
    """A record that is no dead letter, as it was published."""
    body = published.effect.body()
    assert body is not None, "only dead letters repeat somebody else's bytes"
    return {**_place(published), **from_json(body)}


def episode(one: Episode) -> Shown:
    """An episode: its newest record, when and how severe it began, and the number of its records."""
    first = one.first
    return {
        **record(one.published),
        "opened_at": {"position": first.position, "time": _time(first.time), "severity": first.severity},
        "records": one.records,
    }


def version(life: Life, *, leads: bool) -> Shown:
    """A version: its newest step, whether it leads its partition, and all of its steps."""
    steps = [
        {"step": step.step, "position": step.position, "time": _time(step.time), "reason": step.reason, **_by(step)}
        for step in life.steps
    ]
    return {**record(life.published), "leads": leads, "steps": steps}


def _by(step: ModelVersion) -> Shown:
    return {} if step.who is None else {"who": step.who, "why": step.why}


def report(one: Report) -> Shown:
    """A report of a held-out window."""
    return record(one.published)


def dead_letter(letter: Letter, *, raw: bool = False) -> Shown:
    """A dead letter, with what it held only if asked for: as text, or in base64 where it is none."""
    what: DeadLetter = letter.letter
    shown = {
        **_place(letter.published),
        "position": what.position,
        "source": what.source,
        "reason": what.reason,
        "record": what.record,
        "detail": what.detail,
    }
    if raw:
        shown.update(key=_content(what.key), value=_content(what.raw))
    return shown


def status(view: View) -> Shown:
    """How the gauge stands: what needs attention, and each partition's champion, flow and newest verdict."""
    return {
        "partitions": {str(partition): _partition(view, partition) for partition in view.partitions},
        "open_alerts": [episode(one) for one in view.episodes.open()],
        "dead_letters": {str(reason): count for reason, count in sorted(view.dead_letters.counts.items())},
        "records": dict(sorted(view.counts.items())),
        "unreadable": [one._asdict() for one in view.foreign],
    }


def _partition(view: View, partition: int) -> Shown:
    champion, newest = view.versions.champion(partition), view.reports.newest(partition)
    proposed, paused = view.versions.proposed(partition), view.versions.paused(partition)
    epoch, position = view.position(partition) or (0, None)
    return {
        "epoch": epoch,
        "position": position,
        "champion": None if champion is None else version(champion, leads=True),
        "proposed": None if proposed is None else version(proposed, leads=False),
        "paused": None if paused is None else {"position": paused.position, **_by(paused)},
        "flow": _flow(view.flows.get(partition)),
        "verdict": None if newest is None else _verdict(newest),
        "leading_metric": [
            {
                "position": sample.position,
                "time": _time(sample.time),
                "champion": sample.champion,
                "figures": {name: _figure(figure) for name, figure in sample.figures.items()},
            }
            for sample in view.reports.curve(partition)
        ],
    }


def _flow(flow: Flow | None) -> Shown | None:
    if flow is None:
        return None
    return {
        "predictions": flow.predictions,
        "held_out": flow.held_out,
        "abstained": flow.abstained,
        "by_version": dict(flow.by_version),
        "newest": None if flow.newest is None else flow.newest.position,
        "time": _time(flow.time),
        "timestamp": flow.timestamp,
        "per_second": [{"begin": b.begin, "width": b.width, "n": b.n} for b in flow.per_second],
    }


def _verdict(newest: Report) -> Shown | None:
    verdict = record(newest.published)["service"]["verdict"]
    return None if verdict is None else {**verdict, "position": newest.report.position}


def _figure(figure: Figure) -> Shown:
    return {"value": figure.value, "low": figure.low, "high": figure.high, "n": figure.n}


def _place(published: Published) -> Shown:
    return {
        "id": published.id,
        "partition": published.partition,
        "offset": published.offset,
        "time": _time(published.effect.time),
        "timestamp": published.timestamp,
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _content(content: bytes | None) -> str | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(content).decode()}"

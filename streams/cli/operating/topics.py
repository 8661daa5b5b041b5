"""``rivergauge topics``: the plan for a gauge's topics, and carrying it out once the user has seen it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from schemas.gauge import Gauge
from schemas.plurals import count
from streams.cli.gaugefile.loading import read
from streams.cli.terminal.at_broker import at_broker
from streams.cli.terminal.consent import Consent, ask
from streams.cli.terminal.output import out, print_json, refuse
from streams.cli.terminal.tables import Cell, print_table
from streams.here.exit_codes import ExitCode
from streams.kafka import topic_changes
from streams.kafka.connection import client_settings
from streams.kafka.topic_plan import Action, Found, Step
from streams.kafka.topic_plan import plan as planned

_STYLES: Final = {Action.CREATE: "green", Action.ALTER: "yellow", Action.KEEP: "dim", Action.REFUSE: "red"}
_DONE: Final = {Action.CREATE: "made", Action.ALTER: "altered"}


def plan(path: Path, *, as_json: bool) -> int:
    """Print what would be done; the code tells whether it can be."""
    gauge = read(path)
    steps, _ = _looked(gauge)
    if as_json:
        print_json(_facts(gauge, steps, applied=False))
    else:
        _show(gauge, steps)
    return ExitCode.TOPICS if _refused(steps) else ExitCode.OK


def apply(path: Path, *, consent: Consent, as_json: bool) -> int:
    """Carry the plan out, once the user has seen it and agrees."""
    gauge = read(path)
    steps, found = _looked(gauge)
    to_do = [step for step in steps if step.action in _DONE]
    if not as_json:
        _show(gauge, steps)
    if refused := _refused(steps):
        problems = [(step.topic, "; ".join(step.why)) for step in refused]
        names = ", ".join(step.topic for step in refused)
        words = f"nothing was done: {names} cannot be made to fit without losing records"
        return refuse(words, ExitCode.TOPICS, as_json=as_json, problems=problems)
    if to_do and consent is Consent.ASKED:
        forecast = _counted(to_do, {Action.CREATE: "to make", Action.ALTER: "to alter"})
        ask("Do it? [yes, no]", [forecast], undone="nothing was done")
    if to_do:
        at_broker(gauge.connection, _carried_out(gauge, steps, found))
    if as_json:
        print_json(_facts(gauge, steps, applied=bool(to_do)))
    elif to_do:
        out.print(_counted(to_do, _DONE))
    return ExitCode.OK


def _looked(gauge: Gauge) -> tuple[list[Step], Mapping[str, Found]]:
    async def look() -> Mapping[str, Found]:
        async with topic_changes.opened(client_settings(gauge.connection, os.environ)) as admin:
            return await topic_changes.look(admin, gauge)

    found = at_broker(gauge.connection, look())
    return planned(gauge, found), found


async def _carried_out(gauge: Gauge, steps: Sequence[Step], found: Mapping[str, Found]) -> None:
    async with topic_changes.opened(client_settings(gauge.connection, os.environ)) as admin:
        await topic_changes.carry_out(admin, gauge, steps, found)


def _refused(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.action is Action.REFUSE]


def _counted(steps: Sequence[Step], words: Mapping[Action, str]) -> str:
    counts = Counter(step.action for step in steps)
    return ", ".join(f"{count(counts[action], 'topic')} {word}" for action, word in words.items() if counts[action])


def _show(gauge: Gauge, steps: Sequence[Step]) -> None:
    header = ["topic", "action", "partitions", "copies", ""]
    rows = [_row(step) for step in steps]
    print_table(f"topics of {gauge.name} on {gauge.connection.bootstrap_servers}", header, rows, prose=True)
    if all(step.action is Action.KEEP for step in steps):
        out.print("nothing is to be done")


def _row(step: Step) -> list[Cell]:
    if step.action is Action.CREATE:
        changes = [f"{name}={value}" for name, value in step.settings.items()]
    else:
        changes = [f"{name} {step.was[name]} → {value}" for name, value in step.settings.items()]
    told = "; ".join([", ".join(changes)] * bool(changes) + [*step.why])
    action = (str(step.action), _STYLES[step.action])
    return [step.topic, action, f"{step.partitions:,}", f"{step.replication_factor:,}", told]


def _facts(gauge: Gauge, steps: Sequence[Step], *, applied: bool) -> dict[str, Any]:
    return {"gauge": gauge.name, "topics": [step._asdict() for step in steps], "applied": applied}

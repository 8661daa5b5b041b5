"""What a changed gauge file costs: one line for each change, and an exit code for scripts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from schemas.change import Change, Cost, changes, dearest
from schemas.gauge import Gauge
from streams.cli.gaugefile.loading import read
from streams.cli.terminal.at_broker import at_broker
from streams.cli.terminal.output import out
from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError
from streams.kafka.connection import client_settings
from streams.snapshots.made_with import gauges_of_state

CODES: Final = {Cost.NONE: ExitCode.OK, Cost.ACCEPT: ExitCode.TO_ACCEPT, Cost.RESET: ExitCode.TO_RESET}

_TO_DO: Final = {
    Cost.NONE: "stop the workers and start them with the new file",
    Cost.ACCEPT: "stop the workers in order (SIGTERM), give the order rivergauge accept GAUGE, start them with the "
    "new file",
    Cost.RESET: "the state does not fit the new file: undo what costs a reset; or stop the workers, give the order "
    "rivergauge reset GAUGE, and start them with the new file; or run it beside the old one, under another name",
}


class NoStateError(CommandError):
    """No state is kept with which a gauge file could be compared."""

    exit_code = ExitCode.USAGE


def since_file(old: Path, gauge: Gauge) -> list[Change]:
    """What has changed since another gauge file, which need only be readable."""
    return changes(read(old), gauge)


def since_state(gauge: Gauge) -> list[Change]:
    """What has changed since the gauge file that the kept state was made with.

    How the gauge is run is not kept with a state, and changes of it cost nothing: they are not among these.

    Raises
    ------
    NoStateError
        If there is none.
    """
    # A directory is read without Kafka, and without the password that it asks for.
    in_kafka = gauge.snapshots.store == "topic"
    settings = client_settings(gauge.connection, os.environ) if in_kafka else {}
    made_with = at_broker(gauge.connection, gauges_of_state(gauge, os.environ, settings))
    if not made_with:
        raise NoStateError(
            f"no state of gauge '{gauge.name}' on topic {gauge.topics.input} that can be read is kept: it has not run "
            "yet, or its name, topics.input, [snapshots] or key changed; compare with the old file (--against OLD)"
        )
    found: list[Change] = []
    for before in made_with:
        found += [change for change in changes(before, gauge) if change.cost is not Cost.NONE and change not in found]
    return found


def show(found: list[Change]) -> None:
    """For people: each change, what it costs and what that means; then what to do about all of them."""
    if found:
        out.print("changes:")
    for change in found:
        out.print(told(change))
    out.print(f"changed, {dearest(found)}: {_TO_DO[dearest(found)]}" if found else "nothing changed")


def told(change: Change) -> str:
    """One change in one line: its cost, then and now, and what it means."""
    return f"  {change.cost:6} {change.where}: {_words(change.then)} -> {_words(change.now)}: {change.means}"


def _words(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)

"""The commands that take events to a service, as they are declared: ``send`` and ``score``."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from streams.cli.options import DataPath, DeadLetters, Delimiter, Events, GaugePath, Json, JsonLines
from streams.cli.terminal.ending import end


def send(
    gauge: GaugePath,
    data: DataPath,
    delimiter: Delimiter = None,
    rate: Annotated[
        float, typer.Option(min=0, help="Events per second; 0 means as fast as the broker accepts them.")
    ] = 0,
    events: Events = None,
    dead_letters: DeadLetters = None,
    json: Json = False,
) -> None:
    """Replay a data file to the gauge's topic at a steady rate, with late labels in their places."""
    from streams.cli.events.send import run

    end(
        lambda: run(
            gauge,
            data,
            delimiter=delimiter,
            rate=rate,
            events=events,
            dead_letters=dead_letters,
            as_json=json,
        ),
        as_json=json,
    )


def score(
    gauge: GaugePath,
    source: Annotated[
        str,
        typer.Argument(
            metavar="EVENTS",
            help="A data file, - for standard input (JSON lines or CSV), or one event as JSON.",
        ),
    ] = "-",
    url: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--url", metavar="URL", help="The address of a worker or replica; by default [server] of the gauge file."
        ),
    ] = None,
    delimiter: Delimiter = None,
    events: Events = None,
    partition: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--partition", min=0, help="Ask this partition's model; by default that of each event's key."),
    ] = None,
    json: JsonLines = False,
) -> None:
    """Ask a running worker or replica to score events, without side effects. RIVERGAUGE_TOKEN holds the token.

    Prints a table on a terminal, otherwise one JSON object per event, in order. A refused event has its reason in its
    place.
    """
    from streams.cli.events.score import Asked, run

    asked = Asked(source, url, delimiter, events, partition)
    end(lambda: run(gauge, asked, as_json=json), as_json=json)

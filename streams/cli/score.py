"""The command that asks for scores, with its options; what it does stands in `streams.cli.scoring`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from streams.cli.ending import end
from streams.cli.options import Delimiter, Events, GaugePath, JsonLines


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
        typer.Option("--url", metavar="URL", help="Of a worker or a replica; by default [server] of the gauge file."),
    ] = None,
    delimiter: Delimiter = None,
    events: Events = None,
    partition: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--partition", min=0, help="This partition's model answers; by default that of each event's key."),
    ] = None,
    json: JsonLines = False,
) -> None:
    """Score events by a running worker or replica, over HTTP, without side effects. RIVERGAUGE_TOKEN holds the token.

    Prints a table on a terminal, otherwise one JSON object per event, in order; an event that is refused has its reason
    in its place.
    """
    from streams.cli.scoring import Asked, run

    asked = Asked(source, url, delimiter, events, partition)
    end(lambda: run(gauge, asked, as_json=json), as_json=json)

"""``rivergauge demo``, as it is declared."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from streams.cli.options import Events, Json
from streams.cli.terminal.ending import end


def demo(
    example: Annotated[str, typer.Option("--example", help="The example to run: insects or flights.")] = "insects",
    events: Events = None,
    rate: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=1, help="Events per second; by default the replay takes about 20 seconds."),
    ] = None,
    json: Json = False,
) -> None:
    """Show the whole loop live on real data: broker, worker and replay. Nothing else needs to be installed."""
    from streams.cli.demo.demo import run

    end(lambda: run(example, events=events, rate=rate, as_json=json), as_json=json)

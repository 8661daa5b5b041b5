"""The commands in the order of ``rivergauge --help``: each is declared in its family, and acts in a module of its name.

``rivergauge backtest`` is declared in ``streams/cli/backtest/declared.py`` and does its work in
``streams/cli/backtest/backtest.py``, imported when it is called: a help text does not wait for what a command needs.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from streams.cli.backtest import declared as backtest
from streams.cli.demo import declared as demo
from streams.cli.events import declared as events
from streams.cli.gaugefile import declared as gaugefile
from streams.cli.operating import declared as operating
from streams.cli.options import EPILOG
from streams.cli.reading import declared as reading
from streams.cli.serving import declared as serving

COMMANDS: Final = (
    gaugefile.init,
    gaugefile.check,
    gaugefile.recipes,
    backtest.backtest,
    serving.run,
    events.send,
    demo.demo,
    serving.broker,
    operating.reset,
    operating.skip,
    operating.accept,
    events.score,
    reading.status,
    serving.page,
    serving.notify,
    serving.serve,
)
GROUPS: Final = {
    "versions": reading.versions,
    "alerts": reading.alerts,
    "reports": reading.reports,
    "dlq": reading.dlq,
    "topics": operating.topics,
    "schema": gaugefile.schema,
    "command": operating.command,
    "export": reading.export,
}

app = typer.Typer(
    name="rivergauge",
    help="Score event streams, learn from their labels, watch for drift, and promote only better models.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"rivergauge {version('rivergauge')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


for command in COMMANDS:
    app.command(epilog=EPILOG)(command)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)

"""The commands, their options and their exit codes; what they do stands in modules of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from streams.exit_codes import ExitCode

EPILOG = "Exit codes: " + ", ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in ExitCode) + "."

app = typer.Typer(
    name="rivergauge",
    help="Score event streams, learn from their labels, watch for drift, and retrain only for the better.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

GaugePath = Annotated[Path, typer.Argument(metavar="GAUGE", help="The gauge file (TOML).")]
DataPath = Annotated[Path, typer.Argument(metavar="DATA", help="CSV or JSON lines, plain or .gz.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, alone on standard output.")]
Events = Annotated[Optional[int], typer.Option("--events", min=1, help="Stop after so many events.")]  # noqa: UP045


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"rivergauge {version('rivergauge')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


@app.command(epilog=EPILOG)
def check(gauge: GaugePath, json: Json = False) -> None:
    """Say what is wrong with a gauge file, where, and what was expected."""
    from streams.cli.check import run

    raise typer.Exit(run(gauge, as_json=json))


@app.command(epilog=EPILOG)
def backtest(
    gauge: GaugePath,
    data: DataPath,
    events: Events = None,
    predictions: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--predictions", metavar="FILE", help="Write one JSON line per prediction."),
    ] = None,
    json: Json = False,
) -> None:
    """Fold a data file through the worker's own core, without a broker, and report how it went."""
    from streams.cli.backtest import run

    raise typer.Exit(run(gauge, data, events=events, predictions=predictions, as_json=json))


@app.command(epilog=EPILOG)
def run(
    gauge: GaugePath,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="So many processes share the partitions; one that fails is started again."),
    ] = None,
    parent: Annotated[Optional[int], typer.Option("--parent", hidden=True)] = None,  # noqa: UP045
) -> None:
    """Serve a gauge: consume its topic, publish predictions, alerts, versions, reports and dead letters."""
    from streams.cli.run import run as serve

    raise typer.Exit(serve(gauge, workers=workers, parent=parent))


@app.command(epilog=EPILOG)
def send(
    gauge: GaugePath,
    data: DataPath,
    rate: Annotated[float, typer.Option(min=0, help="Events per second; 0 is as fast as the broker takes them.")] = 0,
    events: Events = None,
    json: Json = False,
) -> None:
    """Replay a data file to the gauge's topic at a steady pace, late labels in their places."""
    from streams.cli.send import run

    raise typer.Exit(run(gauge, data, rate=rate, events=events, as_json=json))


@app.command(epilog=EPILOG)
def demo(
    example: Annotated[str, typer.Option("--example", help="insects or flights.")] = "insects",
    events: Events = None,
    rate: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=1, help="Events per second; by default so that it takes about 20 seconds."),
    ] = None,
    json: Json = False,
) -> None:
    """Show the whole loop on real data, with nothing to install: broker, worker and replay, live."""
    from streams.cli.demo import run

    raise typer.Exit(run(example, events=events, rate=rate, as_json=json))


@app.command(epilog=EPILOG)
def broker(
    directory: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--dir", metavar="DIR", help="Its data and log; by default ~/.local/share/rivergauge/kafka."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Where clients connect; 0 takes a free one.")] = 9092,
    heap_mb: Annotated[int, typer.Option("--heap-mb", min=128, metavar="MB", help="Java's largest heap.")] = 1024,
    json: Json = False,
) -> None:
    """Run Apache Kafka on this machine, without Docker, until it is stopped; needs Java, and Maven the first time."""
    from streams.cli.broker import run

    raise typer.Exit(run(directory, port=port, heap_mb=heap_mb, as_json=json))

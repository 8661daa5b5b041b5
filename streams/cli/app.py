"""The commands, their options and their exit codes; what they do stands in modules of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from streams.cli import init, letters, offline, published, score, serving, topics, words
from streams.cli.ending import end
from streams.cli.export import export
from streams.cli.options import (
    EPILOG,
    DataPath,
    DeadLetters,
    Delimiter,
    Events,
    GaugePath,
    Json,
    Partition,
    Yes,
)
from streams.cli.schema import schema

app = typer.Typer(
    name="rivergauge",
    help="Score event streams, learn from their labels, watch for drift, and retrain only for the better.",
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
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


app.command(epilog=EPILOG)(init.init)


app.command(epilog=EPILOG)(offline.check)
app.command(epilog=EPILOG)(offline.recipes)
app.command(epilog=EPILOG)(offline.backtest)


@app.command(epilog=EPILOG)
def run(
    gauge: GaugePath,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Number of processes that share the partitions; one that fails is started again."),
    ] = None,
    start: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", metavar="FILE", help="Begin with the state that backtest --save wrote."),
    ] = None,
    parent: Annotated[Optional[int], typer.Option("--parent", hidden=True)] = None,  # noqa: UP045
) -> None:
    """Serve a gauge: consume its topic, publish predictions, alerts, versions, reports and dead letters."""
    from streams.cli.run import run as serve

    raise typer.Exit(serve(gauge, workers=workers, start=start, parent=parent))


@app.command(epilog=EPILOG)
def send(
    gauge: GaugePath,
    data: DataPath,
    delimiter: Delimiter = None,
    rate: Annotated[float, typer.Option(min=0, help="Events per second; 0 is as fast as the broker takes them.")] = 0,
    events: Events = None,
    dead_letters: DeadLetters = None,
    json: Json = False,
) -> None:
    """Replay a data file to the gauge's topic at a steady pace, late labels in their places."""
    from streams.cli.send import run

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

    end(lambda: run(example, events=events, rate=rate, as_json=json), as_json=json)


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

    end(lambda: run(directory, port=port, heap_mb=heap_mb, as_json=json), as_json=json)


@app.command(epilog=EPILOG)
def reset(
    gauge: GaugePath,
    offset: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Start at this offset of one partition, with a learner that has seen nothing."),
    ] = None,
    version: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="VERSION", help="Start with the newest kept state in which this version led."),
    ] = None,
    partition: Partition = None,
    silent: Annotated[
        bool,
        typer.Option("--silent", help="Learn silently up to where the outputs end, and publish only from there on."),
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Start over, as a new epoch: from the beginning of the log, from an offset, or from a version."""
    from streams.cli.reset import Consent, run
    from streams.orders.orders import Replay

    replay = Replay.SILENT if silent else Replay.PUBLISHED
    consent = Consent.GIVEN if yes else Consent.ASKED
    end(
        lambda: run(
            gauge, offset=offset, version=version, partition=partition, replay=replay, consent=consent, as_json=json
        ),
        as_json=json,
    )


@app.command(epilog=EPILOG)
def skip(
    gauge: GaugePath,
    partition: Annotated[int, typer.Argument(min=0, metavar="PARTITION")],
    offset: Annotated[int, typer.Argument(min=0, metavar="OFFSET")],
    json: Json = False,
) -> None:
    """Make one record a dead letter, unread: for an event at which every worker ends."""
    from streams.cli.operate import skip as run

    end(lambda: run(gauge, partition, offset, as_json=json), as_json=json)


@app.command(epilog=EPILOG)
def accept(
    gauge: GaugePath,
    partition: Annotated[str, typer.Argument(metavar="PARTITION|all", help="One partition, or all of them.")] = "all",
    against: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--against", metavar="OLD", help="Accept only if this is the gauge file that made the state."),
    ] = None,
    json: Json = False,
) -> None:
    """Continue with the state that another gauge file or other libraries made, from where it stands."""
    from streams.cli.accept import run

    end(lambda: run(gauge, partition=partition, against=against, as_json=json), as_json=json)


app.command(epilog=EPILOG)(score.score)
app.command(epilog=EPILOG)(published.status)
app.command(epilog=EPILOG)(published.page)
app.command(epilog=EPILOG)(published.notify)
app.command(epilog=EPILOG)(serving.serve)
app.add_typer(published.versions, name="versions")
app.add_typer(published.alerts, name="alerts")
app.add_typer(published.reports, name="reports")
app.add_typer(letters.dlq, name="dlq")
app.add_typer(topics.topics, name="topics")
app.add_typer(schema, name="schema")
app.add_typer(words.command, name="command")
app.add_typer(export, name="export")

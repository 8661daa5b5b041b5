"""The commands that serve until they are stopped, as they are declared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from streams.cli.options import GaugePath, Json
from streams.cli.terminal.ending import end


def run(
    gauge: GaugePath,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="The number of processes that share the partitions; one that fails is restarted."),
    ] = None,
    start: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", metavar="FILE", help="Start from the state that backtest --save wrote."),
    ] = None,
    parent: Annotated[Optional[int], typer.Option("--parent", hidden=True)] = None,  # noqa: UP045
) -> None:
    """Serve a gauge: consume its topic, publish predictions, alerts, versions, reports and dead letters."""
    from streams.cli.serving.run import run as work

    end(lambda: work(gauge, workers=workers, start=start, parent=parent))


def serve(
    gauge: Annotated[
        Path,
        typer.Argument(metavar="GAUGE", help="The gauge file (TOML).", envvar="RIVERGAUGE_GAUGE", show_envvar=True),
    ],
    host: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--host", help="The address to listen on, instead of server.host; one other than loopback requires tokens."
        ),
    ] = None,
    port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0,
            max=65_535,
            envvar="SAGEMAKER_BIND_TO_PORT",
            show_envvar=False,
            help="The port, instead of serve.port; 0 picks a free one.",
        ),
    ] = None,
    start: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", metavar="FILE", help="The state from which the workers started (run --from)."),
    ] = None,
) -> None:
    """Run a scoring replica: it answers from copies of all partitions' states. Start as many as you need."""
    from streams.cli.serving.serve import run

    end(lambda: run(gauge, host=host, port=port, start=start))


def page(
    gauge: GaugePath,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; one other than loopback requires tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 picks a free one.")] = 8650,
) -> None:
    """Show a gauge in a browser: verdict, metric over time, drift, versions. A worker serves the same, with more."""
    from streams.cli.serving.page import run

    end(lambda: run(gauge, host=host, port=port))


def notify(
    gauge: GaugePath,
    host: Annotated[str, typer.Option("--host", help="The address for probes and /metrics.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 picks a free one.")] = 8651,
    trial: Annotated[bool, typer.Option("--try", help="Send every receiver a test message, and exit.")] = False,
) -> None:
    """Send each alert to the webhooks of the gauge file: opened, worse, resolved."""
    from streams.cli.serving.notify import run

    end(lambda: run(gauge, host=host, port=port, trial=trial))


def broker(
    directory: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--dir",
            metavar="DIR",
            help="The directory for its data and log; by default ~/.local/share/rivergauge/kafka.",
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port for clients; 0 picks a free one.")] = 9092,
    heap_mb: Annotated[
        int, typer.Option("--heap-mb", min=128, metavar="MB", help="The maximum size of Java's heap.")
    ] = 1024,
    json: Json = False,
) -> None:
    """Run Apache Kafka on this machine, without Docker, until it is stopped; needs Java, and Maven the first time."""
    from streams.cli.serving.broker import run

    end(lambda: run(directory, port=port, heap_mb=heap_mb, as_json=json), as_json=json)

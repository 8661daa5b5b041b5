"""``rivergauge serve`` and its options; what it does stands in `streams.cli.serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def serve(
    gauge: Annotated[
        Path,
        typer.Argument(metavar="GAUGE", help="The gauge file (TOML).", envvar="RIVERGAUGE_GAUGE", show_envvar=True),
    ],
    host: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--host", help="Where to listen, instead of server.host; elsewhere than here wants tokens."),
    ] = None,
    port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0,
            max=65_535,
            envvar="SAGEMAKER_BIND_TO_PORT",
            show_envvar=False,
            help="Instead of serve.port; 0 takes a free one.",
        ),
    ] = None,
    start: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", metavar="FILE", help="The state that the workers began with (run --from)."),
    ] = None,
) -> None:
    """Answer scores from copies of all partitions' states: a replica, beside workers; start as many as are needed."""
    from streams.cli.serve import run

    raise typer.Exit(run(gauge, host=host, port=port, start=start))

"""``rivergauge export`` and its options; what it does stands in `streams.cli.exporting`."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.ending import end
from streams.cli.options import EPILOG, FAR, GaugePath, Json, Past, group

export = group("Tell other programs' servers what a gauge has published.")


@export.command(epilog=EPILOG)
def mlflow(
    gauge: GaugePath,
    tracking_uri: Annotated[
        str,
        typer.Option(
            "--tracking-uri", metavar="URI", envvar="MLFLOW_TRACKING_URI", help="An MLflow server: http://host:5000."
        ),
    ],
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Register model versions on an MLflow server, with figures and the aliases champion and challenger.

    Running it again adds what is new and changes nothing else. MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD,
    or MLFLOW_TRACKING_TOKEN, say who asks.
    """
    from streams.cli.exporting import mlflow as run

    end(lambda: run(gauge, tracking_uri, past=past, as_json=json), as_json=json)

"""The commands that read what a gauge has published, as they are declared."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from schemas.events import Reason
from streams.cli.options import EPILOG, FAR, FEW, GaugePath, Json, JsonLines, Limit, Partition, Past, Yes, group
from streams.cli.terminal.ending import end

versions = group("Published model versions: the leader, and the fate of the others.")
alerts = group("Published alerts, by episode, each from its opening to its end.")
reports = group("Closed windows of held-out labels, with the verdict of each.")
dlq = group("Dead letters: refused records. List them, show one, send them again.")
export = group("Export what a gauge has published to the servers of other programs.")

VersionName = Annotated[str, typer.Argument(metavar="NAME", help="A version as list shows it, such as 0-3.")]
OfReason = Annotated[Optional[Reason], typer.Option("--reason", help="Only dead letters with this reason.")]  # noqa: UP045


def status(
    gauge: GaugePath,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh whenever something arrives, until Ctrl+C.")] = False,
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Report the state of a gauge from its topics: verdict, champion, newest event, open alerts, dead letters."""
    from streams.cli.reading.status import run

    end(lambda: run(gauge, watch=watch, past=past, as_json=json), as_json=json)


@versions.command("list", epilog=EPILOG)
def versions_list(
    gauge: GaugePath, partition: Partition = None, limit: Limit = FEW, past: Past = FAR, json: Json = False
) -> None:
    """List the newest versions."""
    from streams.cli.reading.versions import list_

    end(lambda: list_(gauge, partition=partition, limit=limit, past=past, as_json=json), as_json=json)


@versions.command("show", epilog=EPILOG)
def versions_show(gauge: GaugePath, name: VersionName, past: Past = FAR, json: Json = False) -> None:
    """Show one version: its steps, what it learned from, its figures."""
    from streams.cli.reading.versions import show

    end(lambda: show(gauge, name, past=past, as_json=json), as_json=json)


@versions.command("diff", epilog=EPILOG)
def versions_diff(
    gauge: GaugePath,
    a: Annotated[str, typer.Argument(metavar="A", help="A version.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Show how two versions differ: candidate, parent, figures, what they learned, libraries."""
    from streams.cli.reading.versions import diff

    end(lambda: diff(gauge, (a, b), past=past, as_json=json), as_json=json)


@alerts.command("list", epilog=EPILOG)
def alerts_list(
    gauge: GaugePath, partition: Partition = None, limit: Limit = FEW, past: Past = FAR, json: Json = False
) -> None:
    """List the newest episodes."""
    from streams.cli.reading.alerts import list_

    end(lambda: list_(gauge, partition=partition, limit=limit, past=past, as_json=json), as_json=json)


@alerts.command("show", epilog=EPILOG)
def alerts_show(
    gauge: GaugePath,
    name: Annotated[str, typer.Argument(metavar="NAME", help="An episode as list shows it, such as 0-3.")],
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Show one episode: what happened, how certain that is, what moved, what to do."""
    from streams.cli.reading.alerts import show

    end(lambda: show(gauge, name, past=past, as_json=json), as_json=json)


@alerts.command("tail", epilog=EPILOG)
def alerts_tail(
    gauge: GaugePath, partition: Partition = None, limit: Limit = FEW, past: Past = FAR, json: JsonLines = False
) -> None:
    """Print the newest alerts, then each new one as it arrives, until Ctrl+C."""
    from streams.cli.reading.alerts import tail

    end(lambda: tail(gauge, partition=partition, limit=limit, past=past, as_json=json), as_json=json)


@reports.command("list", epilog=EPILOG)
def reports_list(
    gauge: GaugePath, partition: Partition = None, limit: Limit = FEW, past: Past = FAR, json: Json = False
) -> None:
    """List the newest reports."""
    from streams.cli.reading.reports import list_

    end(lambda: list_(gauge, partition=partition, limit=limit, past=past, as_json=json), as_json=json)


@reports.command("show", epilog=EPILOG)
def reports_show(
    gauge: GaugePath,
    window: Annotated[int, typer.Argument(min=0, metavar="WINDOW", help="A window's number, as list shows it.")],
    partition: Partition = None,
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Show the report of a window for every partition that has one."""
    from streams.cli.reading.reports import show

    end(lambda: show(gauge, window, partition=partition, past=past, as_json=json), as_json=json)


@dlq.command("list", epilog=EPILOG)
def list_(
    gauge: GaugePath,
    reason: OfReason = None,
    partition: Partition = None,
    limit: Limit = FEW,
    past: Past = FAR,
    json: Json = False,
) -> None:
    """List the newest dead letters without their content, at most 200 per reason."""
    from streams.cli.reading.dlq import list_ as run

    end(
        lambda: run(gauge, reason=reason, partition=partition, limit=limit, past=past, as_json=json),
        as_json=json,
    )


@dlq.command(epilog=EPILOG)
def show(
    gauge: GaugePath,
    partition: Annotated[int, typer.Argument(min=0, metavar="PARTITION")],
    offset: Annotated[int, typer.Argument(min=0, metavar="OFFSET", help="The offset in the dead-letter topic.")],
    json: Json = False,
) -> None:
    """Show one dead letter with its entire record."""
    from streams.cli.reading.dlq import show as run

    end(lambda: run(gauge, partition, offset, as_json=json), as_json=json)


@dlq.command(epilog=EPILOG)
def redrive(
    gauge: GaugePath,
    reason: OfReason = None,
    partition: Partition = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Send at most this many, oldest first.")] = 1_000,
    attempts: Annotated[
        int, typer.Option("--attempts", min=1, help="Send the same record at most this many times.")
    ] = 3,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report what would be sent.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Send refused records to the input again, unchanged and once each, after the reason has been fixed."""
    from streams.cli.reading.dlq import redrive as run
    from streams.cli.terminal.consent import Consent
    from streams.redrive.redrive import Wish

    wish = Wish(reason, partition, limit, attempts)
    end(lambda: run(gauge, wish, dry_run=dry_run, consent=Consent.of(yes), as_json=json), as_json=json)


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

    Running it again adds what is new and changes nothing else. Credentials come from MLFLOW_TRACKING_USERNAME and
    MLFLOW_TRACKING_PASSWORD, or from MLFLOW_TRACKING_TOKEN.
    """
    from streams.cli.reading.export import mlflow as run

    end(lambda: run(gauge, tracking_uri, past=past, as_json=json), as_json=json)

"""The commands that read what a gauge has published, with their options; each stands in a module of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.ending import end
from streams.cli.options import EPILOG, FAR, FEW, GaugePath, Json, JsonLines, Limit, Partition, Past, group

versions = group("Model versions that were published: who leads, and what became of the others.")
alerts = group("Drift alerts that were published: an episode each, from its opening to its end.")
reports = group("Closed windows of held-out labels, with the verdict of each.")

VersionName = Annotated[str, typer.Argument(metavar="NAME", help="A version, as list shows them: 0-3.")]


def status(
    gauge: GaugePath,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh whenever anything comes, until Ctrl-C.")] = False,
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Report how a gauge stands: verdict, champion, newest event, open alerts, dead letters. Reads its topics only."""
    from streams.cli.status import run

    end(lambda: run(gauge, watch=watch, past=past, as_json=json), as_json=json)


def page(
    gauge: GaugePath,
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; elsewhere than here wants tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8650,
) -> None:
    """Show a gauge in a browser: verdict, metric over time, drift, versions. A worker serves the same, with more."""
    from streams.cli.page import run

    end(lambda: run(gauge, host=host, port=port))


def notify(
    gauge: GaugePath,
    host: Annotated[str, typer.Option("--host", help="Where probes and /metrics listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8651,
    trial: Annotated[
        bool, typer.Option("--try", help="Send every receiver a message that nothing is wrong, and end.")
    ] = False,
) -> None:
    """Tell the webhooks that the gauge file names of each alert: opened, worse, resolved."""
    from streams.cli.notify import run

    end(lambda: run(gauge, host=host, port=port, trial=trial))


@versions.command("list", epilog=EPILOG)
def versions_list(
    gauge: GaugePath, partition: Partition = None, limit: Limit = FEW, past: Past = FAR, json: Json = False
) -> None:
    """List the newest versions."""
    from streams.cli.versions import list_

    end(lambda: list_(gauge, partition=partition, limit=limit, past=past, as_json=json), as_json=json)


@versions.command("show", epilog=EPILOG)
def versions_show(gauge: GaugePath, name: VersionName, past: Past = FAR, json: Json = False) -> None:
    """Show one version: its steps, what it learned from, its figures."""
    from streams.cli.versions import show

    end(lambda: show(gauge, name, past=past, as_json=json), as_json=json)


@versions.command("diff", epilog=EPILOG)
def versions_diff(
    gauge: GaugePath,
    a: Annotated[str, typer.Argument(metavar="A", help="A version.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Show in what two versions differ: candidate, parent, figures, what they learned from, libraries."""
    from streams.cli.versions import diff

    end(lambda: diff(gauge, (a, b), past=past, as_json=json), as_json=json)


@alerts.command("list", epilog=EPILOG)
def alerts_list(
    gauge: GaugePath, partition: Partition = None, limit: Limit = FEW, past: Past = FAR, json: Json = False
) -> None:
    """List the newest episodes."""
    from streams.cli.alerts import list_

    end(lambda: list_(gauge, partition=partition, limit=limit, past=past, as_json=json), as_json=json)


@alerts.command("show", epilog=EPILOG)
def alerts_show(
    gauge: GaugePath,
    name: Annotated[str, typer.Argument(metavar="NAME", help="An episode, as list shows them: 0-3.")],
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Show one episode: what happened, how sure that is, what moved, what to do."""
    from streams.cli.alerts import show

    end(lambda: show(gauge, name, past=past, as_json=json), as_json=json)


@alerts.command("tail", epilog=EPILOG)
def alerts_tail(
    gauge: GaugePath, partition: Partition = None, limit: Limit = FEW, past: Past = FAR, json: JsonLines = False
) -> None:
    """Print the newest alerts, then each as it comes, until Ctrl-C."""
    from streams.cli.alerts import tail

    end(lambda: tail(gauge, partition=partition, limit=limit, past=past, as_json=json), as_json=json)


@reports.command("list", epilog=EPILOG)
def reports_list(
    gauge: GaugePath, partition: Partition = None, limit: Limit = FEW, past: Past = FAR, json: Json = False
) -> None:
    """List the newest reports."""
    from streams.cli.reports import list_

    end(lambda: list_(gauge, partition=partition, limit=limit, past=past, as_json=json), as_json=json)


@reports.command("show", epilog=EPILOG)
def reports_show(
    gauge: GaugePath,
    window: Annotated[int, typer.Argument(min=0, metavar="WINDOW", help="A window's number, as list shows them.")],
    partition: Partition = None,
    past: Past = FAR,
    json: Json = False,
) -> None:
    """Show the report of a window, of every partition that has one."""
    from streams.cli.reports import show

    end(lambda: show(gauge, window, partition=partition, past=past, as_json=json), as_json=json)

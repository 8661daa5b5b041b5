"""``rivergauge dlq`` and its options."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from schemas.events import Reason
from streams.cli.ending import end
from streams.cli.options import EPILOG, FAR, FEW, GaugePath, Json, Limit, Partition, Past, Yes, group

dlq = group("Dead letters: the records that were refused. List them, look at one, send them again.")

OfReason = Annotated[Optional[Reason], typer.Option("--reason", help="Only those refused for this.")]  # noqa: UP045


@dlq.command("list", epilog=EPILOG)
def list_(
    gauge: GaugePath,
    reason: OfReason = None,
    partition: Partition = None,
    limit: Limit = FEW,
    past: Past = FAR,
    json: Json = False,
) -> None:
    """List the newest dead letters, without what they held; of each reason at most 200."""
    from streams.cli.dlq import list_ as run

    end(
        lambda: run(gauge, reason=reason, partition=partition, limit=limit, past=past, as_json=json),
        as_json=json,
    )


@dlq.command(epilog=EPILOG)
def show(
    gauge: GaugePath,
    partition: Annotated[int, typer.Argument(min=0, metavar="PARTITION")],
    offset: Annotated[int, typer.Argument(min=0, metavar="OFFSET", help="In the dead letters' topic.")],
    json: Json = False,
) -> None:
    """Show one dead letter with its record, whole."""
    from streams.cli.dlq import show as run

    end(lambda: run(gauge, partition, offset, as_json=json), as_json=json)


@dlq.command(epilog=EPILOG)
def redrive(
    gauge: GaugePath,
    reason: OfReason = None,
    partition: Partition = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many, the oldest first.")] = 1_000,
    attempts: Annotated[int, typer.Option("--attempts", min=1, help="At most so often for the same record.")] = 3,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report what would be sent.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Send refused records to the input again, as they came; each letter once. For when their reason is mended."""
    from streams.cli.dlq import redrive as run
    from streams.redrive.redrive import Wish

    wish = Wish(reason, partition, limit, attempts)
    end(lambda: run(gauge, wish, dry_run=dry_run, agreed=yes, as_json=json), as_json=json)

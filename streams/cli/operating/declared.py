"""The commands of an operator, as they are declared: orders, words in the log (``command``), and ``topics``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from streams.cli.options import EPILOG, GaugePath, Json, Partition, Yes, group
from streams.cli.terminal.ending import end

command = group(
    "Give a command in the log: promote, roll back, retrain, pause, approve. operators.allow lists those obeyed."
)
topics = group("The gauge's topics on its broker: show what is missing or does not fit, and fix it.")

Version = Annotated[str, typer.Argument(metavar="VERSION", help="A version as versions list shows it, such as 0-3.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, published with the outcome.")]
Who = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--who", metavar="NAME", help="Who gives the command; by default USER@HOST of this process."),
]


def reset(
    gauge: GaugePath,
    offset: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Start one partition at this offset, with untrained models."),
    ] = None,
    version: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="VERSION", help="Start from the newest kept state in which this version led."),
    ] = None,
    partition: Partition = None,
    silent: Annotated[
        bool,
        typer.Option(
            "--silent", help="Learn without publishing up to the end of the outputs, and publish only from there on."
        ),
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Start over in a new epoch: from the beginning of the log, an offset, or a version."""
    from streams.cli.operating.reset import run
    from streams.cli.terminal.consent import Consent
    from streams.orders.orders import Replay

    replay, consent = Replay.SILENT if silent else Replay.PUBLISHED, Consent.of(yes)
    end(
        lambda: run(
            gauge, offset=offset, version=version, partition=partition, replay=replay, consent=consent, as_json=json
        ),
        as_json=json,
    )


def skip(
    gauge: GaugePath,
    partition: Annotated[int, typer.Argument(min=0, metavar="PARTITION")],
    offset: Annotated[int, typer.Argument(min=0, metavar="OFFSET")],
    json: Json = False,
) -> None:
    """Turn one record into a dead letter without reading it. Use it for a record that ends every worker."""
    from streams.cli.operating.skip import run

    end(lambda: run(gauge, partition, offset, as_json=json), as_json=json)


def accept(
    gauge: GaugePath,
    partition: Annotated[str, typer.Argument(metavar="PARTITION|all", help="One partition, or all.")] = "all",
    against: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--against", metavar="OLD", help="Accept only if this gauge file made the state."),
    ] = None,
    json: Json = False,
) -> None:
    """Continue from the state that a previous gauge file or other libraries made."""
    from streams.cli.operating.accept import run

    end(lambda: run(gauge, partition=partition, against=against, as_json=json), as_json=json)


@command.command(epilog=EPILOG)
def promote(gauge: GaugePath, version: Version, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Make a live version lead from the next event on."""
    _say(gauge, {"command": "promote", "version": version, "why": why}, who=who, json=json)


@command.command("roll-back", epilog=EPILOG)
def roll_back(gauge: GaugePath, version: Version, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Make a version lead again that led before; a champion of the same candidate ends."""
    _say(gauge, {"command": "roll_back", "version": version, "why": why}, who=who, json=json)


@command.command(epilog=EPILOG)
def retrain(gauge: GaugePath, partition: Partition = None, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Put a new version of the leading candidate on trial now."""
    _say(gauge, {"command": "retrain", "why": why}, partition=partition, who=who, json=json)


@command.command(epilog=EPILOG)
def pause(gauge: GaugePath, partition: Partition = None, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Stop all models from learning, from the next label on; they still answer and are measured."""
    _say(gauge, {"command": "pause", "why": why}, partition=partition, who=who, json=json)


@command.command(epilog=EPILOG)
def resume(gauge: GaugePath, partition: Partition = None, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Let the models learn again."""
    _say(gauge, {"command": "resume", "why": why}, partition=partition, who=who, json=json)


@command.command(epilog=EPILOG)
def approve(gauge: GaugePath, version: Version, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Promote a proposed version (retraining.approval)."""
    _say(gauge, {"command": "approve", "version": version, "why": why}, who=who, json=json)


@command.command(epilog=EPILOG)
def decline(gauge: GaugePath, version: Version, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Decline a proposed version: it stays live, and is not proposed again for a while."""
    _say(gauge, {"command": "decline", "version": version, "why": why}, who=who, json=json)


def _say(gauge: GaugePath, said: dict[str, str], *, who: str | None, json: bool, partition: int | None = None) -> None:
    from streams.cli.operating.command import run

    end(lambda: run(gauge, said, partition=partition, who=who, as_json=json), as_json=json)


@topics.command(epilog=EPILOG)
def plan(gauge: GaugePath, json: Json = False) -> None:
    """Show which topics exist, which would be made, and which differ from what the gauge needs."""
    from streams.cli.operating.topics import plan as run

    end(lambda: run(gauge, as_json=json), as_json=json)


@topics.command(epilog=EPILOG)
def apply(gauge: GaugePath, yes: Yes = False, json: Json = False) -> None:
    """Make and alter topics as planned. If a change would lose records, it is refused and nothing is done."""
    from streams.cli.operating.topics import apply as run
    from streams.cli.terminal.consent import Consent

    end(lambda: run(gauge, consent=Consent.of(yes), as_json=json), as_json=json)

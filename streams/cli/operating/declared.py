"""The commands of an operator, as they are declared: orders, words in the log (``command``), and ``topics``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from streams.cli.options import EPILOG, GaugePath, Json, Partition, Yes, group
from streams.cli.terminal.ending import end

command = group(
    "Promote, roll back, retrain, pause, approve: words in the log, for what operators.allow of the gauge file names."
)
topics = group("The gauge's topics on its broker: what is missing or does not fit, and making it so.")

Version = Annotated[str, typer.Argument(metavar="VERSION", help="A version, as versions list shows them: 0-3.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, published with what comes of it.")]
Who = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--who", metavar="NAME", help="Who says so; by default USER@HOST of this process."),
]


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
    from streams.cli.operating.reset import Consent, run
    from streams.orders.orders import Replay

    replay = Replay.SILENT if silent else Replay.PUBLISHED
    consent = Consent.GIVEN if yes else Consent.ASKED
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
    """Make one record a dead letter, unread: for an event at which every worker ends."""
    from streams.cli.operating.skip import run

    end(lambda: run(gauge, partition, offset, as_json=json), as_json=json)


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
    from streams.cli.operating.accept import run

    end(lambda: run(gauge, partition=partition, against=against, as_json=json), as_json=json)


@command.command(epilog=EPILOG)
def promote(gauge: GaugePath, version: Version, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Let a live version lead from the next event on."""
    _say(gauge, {"command": "promote", "version": version, "why": why}, who=who, json=json)


@command.command("roll-back", epilog=EPILOG)
def roll_back(gauge: GaugePath, version: Version, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Let a version lead again that led before; the champion of the same candidate ends."""
    _say(gauge, {"command": "roll_back", "version": version, "why": why}, who=who, json=json)


@command.command(epilog=EPILOG)
def retrain(gauge: GaugePath, partition: Partition = None, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Put a new version of the leading candidate on trial now."""
    _say(gauge, {"command": "retrain", "why": why}, partition=partition, who=who, json=json)


@command.command(epilog=EPILOG)
def pause(gauge: GaugePath, partition: Partition = None, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Let no model learn from the next label on; all answer, and are measured, as before."""
    _say(gauge, {"command": "pause", "why": why}, partition=partition, who=who, json=json)


@command.command(epilog=EPILOG)
def resume(gauge: GaugePath, partition: Partition = None, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Let the models learn again."""
    _say(gauge, {"command": "resume", "why": why}, partition=partition, who=who, json=json)


@command.command(epilog=EPILOG)
def approve(gauge: GaugePath, version: Version, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Promote a version that is proposed (retraining.approval)."""
    _say(gauge, {"command": "approve", "version": version, "why": why}, who=who, json=json)


@command.command(epilog=EPILOG)
def decline(gauge: GaugePath, version: Version, why: Why = "", who: Who = None, json: Json = False) -> None:
    """Do not promote a version that is proposed; it lives on, and is not proposed again for a while."""
    _say(gauge, {"command": "decline", "version": version, "why": why}, who=who, json=json)


def _say(gauge: GaugePath, said: dict[str, str], *, who: str | None, json: bool, partition: int | None = None) -> None:
    from streams.cli.operating.command import run

    end(lambda: run(gauge, said, partition=partition, who=who, as_json=json), as_json=json)


@topics.command(epilog=EPILOG)
def plan(gauge: GaugePath, json: Json = False) -> None:
    """Show which topics are there, which would be made, and which differ from what the gauge needs."""
    from streams.cli.operating.topics import plan as run

    end(lambda: run(gauge, as_json=json), as_json=json)


@topics.command(epilog=EPILOG)
def apply(gauge: GaugePath, yes: Yes = False, json: Json = False) -> None:
    """Make and alter topics as planned. What would lose records is refused, and then nothing is done."""
    from streams.cli.operating.topics import apply as run

    end(lambda: run(gauge, agreed=yes, as_json=json), as_json=json)

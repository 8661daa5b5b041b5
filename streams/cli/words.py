"""``rivergauge command`` and its options."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from streams.cli.ending import end
from streams.cli.options import EPILOG, GaugePath, Json, Partition, group

command = group(
    "Promote, roll back, retrain, pause, approve: words in the log, for what operators.allow of the gauge file names."
)

Version = Annotated[str, typer.Argument(metavar="VERSION", help="A version, as versions list shows them: 0-3.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, published with what comes of it.")]
Who = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--who", metavar="NAME", help="Who says so; by default USER@HOST of this process."),
]


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
    from streams.cli.command import run

    end(lambda: run(gauge, said, partition=partition, who=who, as_json=json), as_json=json)

"""The refusals of a payload that does or names what no pickler of ours writes."""

from __future__ import annotations

from typing import Final, NoReturn

from streams.snapshots.failures import Refusal, SnapshotRefusedError

_SHOWN: Final = 200
"""Characters of a payload's own words that a log line has."""


def forged(what: str) -> NoReturn:
    """Refuse what no pickler of ours writes."""
    raise SnapshotRefusedError(
        Refusal.FORGED,
        "a snapshot does what it may not",
        expected="what the pickler of snapshots writes",
        got=what[:_SHOWN],
        do="somebody else has the key and can write to the store: make a new key, and look at what was kept",
    )


def not_admitted(what: str) -> SnapshotRefusedError:
    """The refusal of a name."""
    return SnapshotRefusedError(
        Refusal.NAME,
        "a snapshot names what it may not",
        expected="names of models/stateful.py and streams/snapshots/payload/names.py",
        got=ascii(what)[1:-1][:_SHOWN],
        do="if a model of your own holds it, add it to the snapshot_classes of its entry point; if none does, somebody "
        "else has the key: make a new one",
    )


def want(holds: bool, name: str, args: object) -> None:
    """Refuse arguments that do not hold what they must."""
    if not holds:
        kinds = [type(arg).__qualname__ for arg in args] if isinstance(args, tuple) else type(args).__qualname__
        forged(f"{name} with {kinds}")

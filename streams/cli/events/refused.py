"""What was refused, for people: a line per reason with how often, the first of them, and why."""

from __future__ import annotations

from typing import Final

from models.door.decoder import Decoder
from schemas.printable import printable
from streams.cli.terminal.output import err, out, styled
from streams.data.refusals import Refusals

_SHOWN: Final = 5


def show_oddities(decoder: Decoder) -> None:
    """Print what was read and may mean something else, and the fields that nobody read."""
    for warning in decoder.warnings:
        err.print(f"warning: {warning}")
    names = [f"{printable(name)} ({count:,})" for name, count in decoder.unknown_fields.items()]
    if names:
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        err.print(f"fields that the gauge does not name, ignored: {', '.join(names[:_SHOWN])}{more}")


def show_refused(refusals: Refusals, records: int) -> None:
    """Print reasons, counts and examples; nothing where nothing was refused."""
    if not refusals.total:
        return
    out.print(styled((f"refused: {refusals.total:,} of {records:,} records", "bold")))
    for first, count in refusals.by_reason():
        place = f"position {first.position:,}" + (f", line {first.line:,}" if first.line is not None else "")
        out.print(f"  {first.reason} {count:,}: {'the first at' if count > 1 else 'at'} {place}: {first.detail}")

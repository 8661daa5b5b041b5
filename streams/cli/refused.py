"""What was refused, for people: a line per reason with how often, the first of them, and why."""

from __future__ import annotations

from streams.cli.output import out, styled
from streams.refusals import Refusals


def show_refused(refusals: Refusals, records: int) -> None:
    """Print reasons, counts and examples; nothing where nothing was refused."""
    if not refusals.total:
        return
    out.print(styled((f"refused: {refusals.total:,} of {records:,} records", "bold")))
    for first, count in refusals.by_reason():
        place = f"position {first.position:,}" + (f", line {first.line:,}" if first.line is not None else "")
        out.print(f"  {first.reason} {count:,}: {'the first at' if count > 1 else 'at'} {place}: {first.detail}")

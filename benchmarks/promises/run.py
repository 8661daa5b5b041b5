"""What the figures promise, measured: intervals, slices, gaps, cover, the metric while labels are late.

    python benchmarks/promises/run.py [--quick] [--json] [--only intervals gaps ...]

Everything is seeded. A row shows what was measured now, what is expected, and the standard error of the first.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.table import Table

from benchmarks.promises.row import Row

PARTS: Final[tuple[str, ...]] = (
    "calibration",
    "column_drift",
    "contests",
    "cover",
    "drift_kinds",
    "error_drift",
    "error_resamples",
    "errors_in_runs",
    "gaps",
    "intervals",
    "lifetimes",
    "metric_now",
    "promotions",
    "ranking",
    "slices",
    "verdict",
    "watching",
)
"""Modules of this package; each has ``rows(quick: bool)``, which yields the rows of its table."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter streams")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    options = parser.parse_args()
    console, result = Console(), {}
    for part in options.only:
        rows = []
        for row in importlib.import_module(f"benchmarks.promises.{part}").rows(options.quick):
            rows.append(row)
            print(f"{part}: {row.what}: {_number(row.ours)}; {row.note}", file=sys.stderr, flush=True)
        result[part] = [{**row._asdict(), "agrees": row.agrees} for row in rows]
        if not options.json:
            console.print(_table(part, rows))
    if options.json:
        print(json.dumps(result))


def _table(part: str, rows: list[Row]) -> Table:
    table = Table(title=part.replace("_", " "), title_justify="left")
    for column in ("what", "ours", "expected", "± standard error", ""):
        table.add_column(column, justify="left" if column in ("what", "") else "right")
    for row in rows:
        table.add_row(row.what, _number(row.ours), _number(row.expected), _number(row.error), row.note)
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"


if __name__ == "__main__":
    main()

"""Whether probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.evaluated import CalibrationFigures, ReliabilityRow
from schemas.figure_words import figure
from streams.cli.measures.figures import print_figures
from streams.cli.terminal.output import out
from streams.cli.terminal.tables import Cell, print_table

_BINS = 10


def show_calibration(calibration: CalibrationFigures) -> None:
    """Print the scores of the probabilities, and beside each tenth of them how often it came true."""
    stretches = {"whole run": calibration.lifetime}
    if calibration.recent.n < calibration.lifetime.n:
        stretches["newest"] = calibration.recent
    print_figures(
        "probabilities",
        ["score", "over"],
        [
            ([score, name], shown)
            for name, one in stretches.items()
            for score, shown in (("log loss", one.log_loss), ("Brier score", one.brier))
        ],
    )
    errors: list[list[Cell]] = [[name, figure(one.calibration_error.value)] for name, one in stretches.items()]
    print_table("calibration error (no interval is known)", ["over", "value"], errors)
    out.print()
    print_figures("predicted probability minus share that came true", [""], [(["whole run"], calibration.bias)])
    print_table(
        f"predicted probability and outcome, newest {calibration.recent.n:,}",
        ["probability", "predicted", "came true", "labels"],
        _tenths(calibration.recent.rows),
    )
    out.print()


def _tenths(rows: Iterable[ReliabilityRow]) -> list[list[Cell]]:
    tenths: dict[int, list[ReliabilityRow]] = {}
    for row in rows:
        tenths.setdefault(min(int((row.low + row.high) / 2 * _BINS), _BINS - 1), []).append(row)
    shown: list[list[Cell]] = []
    for tenth, parts in sorted(tenths.items()):
        n = sum(part.n for part in parts)
        predicted, observed = (
            sum(part.n * getattr(part, of) for part in parts) / n for of in ("predicted", "observed")
        )
        shown.append(
            [f"{tenth / _BINS:.1f} to {(tenth + 1) / _BINS:.1f}", figure(predicted), figure(observed), f"{n:,}"]
        )
    return shown

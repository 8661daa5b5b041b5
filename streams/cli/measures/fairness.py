"""Gaps between the groups of protected attributes."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.evaluated import FairnessFigures, GapFigure, Parity, ProtectedAttribute
from streams.cli.measures.figures import print_figures, sure
from streams.cli.terminal.output import out
from streams.cli.terminal.tables import Cell, print_table


def show_fairness(fairness: FairnessFigures) -> None:
    """Print each gap between groups with its interval, and where it was alarmed; then the rates behind it."""
    for name, attribute in fairness.attributes.items():
        rows = [_row(criterion, gap) for criterion, parity in _parities(attribute) for gap in parity.gaps]
        title = f"gaps by {name}, in being answered {fairness.favourable}; {fairness.tolerance:g} is tolerated"
        print_table(title, ["rate", "between", "gap", "low", "high", "alarmed at"], rows)
        out.print()
        rates = [
            ([criterion, group], rate)
            for criterion, parity in _parities(attribute)
            for group, rate in parity.rates.items()
        ]
        print_figures(f"rates by {name}", ["rate", "of"], rates, counted="answers")


def _parities(attribute: ProtectedAttribute) -> Iterator[tuple[str, Parity]]:
    yield "selected", attribute.demographic_parity
    yield "of the deserving", attribute.equal_opportunity
    yield "of the others", attribute.equalised_odds.false_positives


def _row(criterion: str, gap: GapFigure) -> list[Cell]:
    between = f"{gap.group} and {'all others' if gap.against is None else gap.against}"
    alarmed = "" if gap.alarmed_at is None else f"{gap.alarmed_at:,}"
    return [(criterion, "bold red" if alarmed else ""), between, *sure(gap.gap), alarmed]

"""The decision in force, and what the labels that were served come to."""

from __future__ import annotations

from schemas.evaluated import DecisionFigures
from schemas.figure_words import figure
from streams.cli.measures.figures import print_figures
from streams.cli.terminal.output import out


def show_decision(decision: DecisionFigures) -> None:
    """Print precision, recall and cost of the served labels, and the threshold that decides now."""
    named = {"precision": decision.precision, "recall": decision.recall, "cost per answer": decision.cost}
    wanted = "" if decision.wanted is None else f": {decision.wanted:g} is wanted"
    print_figures(
        f"labels decided by {decision.by}{wanted}",
        ["of the labels served"],
        [([name], shown) for name, shown in named.items() if shown is not None],
    )
    if decision.threshold is not None:
        out.print(f"the threshold now: {decision.threshold:.4g}{_how_good(decision)}", style="dim")
        out.print()


def _how_good(decision: DecisionFigures) -> str:
    if decision.missing is not None:
        return f", until it is known better (needs {decision.missing})"
    return "" if decision.reached is None else f", whose {decision.by} has been {figure(decision.reached)} of late"

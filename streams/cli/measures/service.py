"""How well the service answered, and how far it is ahead of its baselines, with how sure that is."""

from __future__ import annotations

from schemas.status import Performance
from streams.cli.measures.figures import print_figures
from streams.cli.terminal.tables import Cell


def show_service(performance: Performance) -> None:
    """Print every shown metric over the whole run and over the newest labels; and the leads."""
    figures = performance.figures
    print_figures(
        "the service's answers, with 95 % intervals",
        ["metric", "over"],
        [
            ([name, over], shown)
            for name in figures.life
            for over, shown in (
                ("whole run", figures.life[name]),
                (f"newest {figures.window[name].n:,}", figures.window[name]),
            )
            if over == "whole run" or shown.n < figures.life[name].n
        ],
    )
    print_figures(
        "errors avoided: the baseline's minus the service's, on the same labels",
        ["beside", "over"],
        [
            ([_dim(name), over], shown)
            for name, lead in performance.leads.items()
            for over, shown in (("whole run", lead.life), (f"newest {lead.recent.n:,}", lead.recent))
            if over == "whole run" or shown.n < lead.life.n
        ],
    )


def _dim(name: str) -> Cell:
    return name, "dim"

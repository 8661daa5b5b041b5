"""The cover of prediction intervals and sets, and whether it pays to abstain."""

from __future__ import annotations

from schemas.evaluated import AbstainedFigures, UncertaintyFigures
from streams.cli.measures.figures import print_figures
from streams.cli.terminal.output import out


def show_uncertainty(uncertainty: UncertaintyFigures) -> None:
    """Print what was covered, beside what was wanted, and the answers that abstained."""
    named = {"whole run": uncertainty.cover, "newest": uncertainty.recent}
    if uncertainty.wanted is not None:
        print_figures(
            f"intervals or sets that shall cover {uncertainty.wanted:.0%}",
            ["cover over"],
            [([name], shown) for name, shown in named.items() if shown is not None],
        )
        if uncertainty.size is not None:
            print_figures("their width or number of classes", ["mean over"], [(["whole run"], uncertainty.size)])
        if uncertainty.delay:
            late = f"labels come {uncertainty.delay:,.0f} predictions late on average"
            out.print(f"{late}: no method covers a change that is younger", style="dim")
        out.print()
    if uncertainty.abstained is not None:
        _show_abstained(uncertainty.abstained)


def _show_abstained(abstained: AbstainedFigures) -> None:
    share = 0.0 if abstained.share is None else abstained.share
    print_figures(
        f"abstained: {share:.1%} of {abstained.predictions:,} answers",
        ["error of"],
        [(["those"], abstained.error), (["all others"], abstained.error_answered)],
    )
    rules = ", ".join(f"{rule.replace('_', ' ')} {times:,}" for rule, times in abstained.rules.items() if times)
    if rules:
        out.print(f"by rule: {rules}", style="dim")
        out.print()

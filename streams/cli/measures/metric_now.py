"""The metric now, where labels are late: an estimate, and said to be one."""

from __future__ import annotations

from dataclasses import replace

from schemas.evaluated import MetricNow
from schemas.figure_words import figure
from streams.cli.measures.figures import print_figures
from streams.cli.terminal.output import out


def show_metric_now(now: MetricNow) -> None:
    """Print the estimate beside the last labelled window, and how far off either was so far."""
    print_figures(
        f"{now.metric} now, an estimate: {now.pending:.0%} of the newest {now.predictions:,} predictions have no label",
        ["", "off by"],
        [
            (["estimate, 90 % band", figure(now.off_by)], replace(now.estimate, effective_n=None)),
            (["newest labels", figure(now.last_labelled_off_by)], now.last_labelled),
        ],
    )
    if now.closed:
        out.print(f"off by: on average, in the {now.closed:,} windows whose labels have come by now", style="dim")
        out.print()

"""The figures of a status as series: whose, over what, by which metric, and how sure.

One table, so that value, interval and number of labels go under one set of labels, and a rule can compare them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from schemas.evaluated import Figure
from schemas.status import SeriesFigures, Status

LABELS: Final = ("of", "who", "over", "name")
"""Kind of series, its name, stretch of the stream, metric."""

PARTS: Final = (
    ("", "value", None),
    ("_low", "low", "Lower end of its 95 % interval; absent while the labels cannot carry one."),
    ("_high", "high", "Upper end of its 95 % interval."),
    ("_labels", "n", "Labels behind it."),
    ("_effective_labels", "effective_n", "Independent labels that would say as much."),
)
"""Of every figure: ending of the family's name, field, meaning; that of the value is the family's own."""

FIGURES: Final = (
    *PARTS,
    ("_coverage", "coverage", "Share of its predictions whose label has come, over the whole life."),
)
"""Of those with labels `LABELS`, which are the only ones whose coverage is counted."""

MEANING: Final = "How well whom answered, by a metric; the lead over a baseline is the error avoided."


def figures_of(status: Status) -> Iterator[tuple[tuple[str, ...], Figure]]:
    """Each figure with its labels."""
    performance = status.performance
    yield from _series("service", "service", performance.figures)
    for name, figures in performance.candidate_figures.items():
        yield from _series("candidate", name, figures)
    for name, figures in performance.baseline_figures.items():
        yield from _series("baseline", name, figures)
    leading = performance.metric.name
    for name, figure in performance.version_figures.items():
        yield ("version", name, "life", leading), figure
    for name, lead in performance.leads.items():
        yield ("lead", name, "life", "error"), lead.life
        yield ("lead", name, "window", "error"), lead.recent


def _series(of: str, who: str, figures: SeriesFigures) -> Iterator[tuple[tuple[str, ...], Figure]]:
    over: dict[str, Mapping[str, Figure]] = {
        "life": figures.life,
        "window": figures.window,
        "faded": {"error": figures.faded_error},
    }
    for stretch, by_metric in over.items():
        for name, figure in by_metric.items():
            yield (of, who, stretch, name), figure

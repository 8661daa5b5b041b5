"""The metric over the log, with the drifts and promotions marked, in characters."""

from __future__ import annotations

import plotext

from streams.demo import Story

_HEIGHT = 16


def chart(story: Story, *, width: int) -> str:
    """Draw the leading metric over the sliding window against its baseline; ``width`` in columns."""
    metric = [(sample.position, sample.metric) for sample in story.samples if sample.metric is not None]
    baseline = [(sample.position, sample.baseline) for sample in story.samples if sample.baseline is not None]
    if len(metric) < 2:
        return "(too short a run for a chart)"
    plotext.clear_figure()
    plotext.theme("pro")
    plotext.plotsize(width, _HEIGHT)
    window = story.gauge.evaluation.window_events
    plotext.plot(*zip(*metric, strict=True), label=f"{story.metric[0]}, newest {window:,} labels", color="green")
    plotext.plot(*zip(*baseline, strict=True), label=story.baseline[0], color="gray")
    for alert in story.opened:
        plotext.vline(alert["position"], color="red")
    for version in story.versions:
        if version["step"] == "promoted" and version["position"] > 0:
            plotext.vline(version["position"], color="cyan")
    plotext.xlabel("offset; lines: red = drift alert, cyan = promotion")
    return str(plotext.build())

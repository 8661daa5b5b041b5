"""Two curves over the log, with the drifts and promotions marked beneath, in characters.

Curves differ in their marks and events in their letters, not in colour alone: a chart in a pipe has no colours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import plotext

from streams.demo.story import Story

_HEIGHT: Final = 16
_TICKS: Final = 5


def chart(story: Story, *, width: int) -> list[str]:
    """Lines of the leading metric over the sliding window, with and without retraining; ``width`` in columns."""
    samples = story.comparison.samples
    if sum(sample.retrained is not None for sample in samples) < 2:
        return ["(too short a run for a chart)"]
    window = story.gauge.evaluation.window_events
    marks = "\x1b[32m█\x1b[0m as served, · without retraining"
    if not story.comparison.changed:
        marks = "\x1b[32m█\x1b[0m as served, and without retraining alike"
    lines = [f"{story.gauge.metric} over the newest {window:,} labels: {marks}", *_curves(story, width).splitlines()]
    meaning = ["offset in the log"]
    for letter, what, records, colour in _events(story):
        if records:
            meaning.append(f"\x1b[{colour}m{letter}\x1b[0m {what}")
            lines.append(_row(letter, [record["position"] for record in records], samples[-1].position, lines, colour))
    lines.append("; ".join(meaning))
    return [re.sub(r" *(\x1b\[0m)? *$", r"\1", line) for line in lines]


def _events(story: Story) -> list[tuple[str, str, list[dict[str, Any]], str]]:
    return [
        ("D", "drift alert opened", story.opened, "31"),
        ("P", "new version promoted", story.promoted, "36"),
    ]


def _curves(story: Story, width: int) -> str:
    samples = story.comparison.samples
    last = samples[-1].position
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, _HEIGHT)
    if story.comparison.changed:
        _plot([(sample.position, sample.still) for sample in samples], marker="·", color="gray")
    _plot([(sample.position, sample.retrained) for sample in samples], marker="hd", color="green")
    plotext.xlim(0, last)
    ticks = [round(last * n / (_TICKS - 1)) for n in range(_TICKS)]
    plotext.xticks(ticks, [f"{tick:,}" for tick in ticks])
    return str(plotext.build()).rstrip()


def _plot(points: Sequence[tuple[int, float | None]], **how: Any) -> None:
    known = [point for point in points if point[1] is not None]
    if known:
        plotext.plot(*zip(*known, strict=True), **how)


def _row(letter: str, positions: Sequence[int], last: int, lines: Sequence[str], colour: str) -> str:
    """A letter under the column of each position."""
    frame = next(line for line in lines if "┌" in line)
    left, columns = frame.index("┌") + 1, frame.count("─") + frame.count("┬")
    marks = [" "] * columns
    for position in positions:
        marks[round(position / last * (columns - 1))] = letter
    return f"{' ' * left}\x1b[{colour}m{''.join(marks).rstrip()}\x1b[0m"

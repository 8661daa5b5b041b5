"""``rivergauge demo``: the stream live in the terminal, and at the end what happened.

Figures are by position in the log, so two runs end alike but for seconds.
"""

from __future__ import annotations

import asyncio
import os
import sys
import textwrap
import webbrowser
from contextlib import ExitStack

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from schemas.figure_words import figure
from streams.cli.demo.chart import chart
from streams.cli.demo.milestones import milestones, shortened
from streams.cli.demo.next_steps import following
from streams.cli.terminal.output import err, out, print_json
from streams.cli.terminal.tables import Cell, lay_out
from streams.demo.comparison import Sample
from streams.demo.demo import demo
from streams.demo.story import Story
from streams.here.exit_codes import ExitCode

_LINES = 10
_TOLD = ("drift opened", "version promoted")
_MILESTONES_SHOWN = 8
_WIDEST = 100
STILL = "without retraining"


def run(example: str, *, events: int | None, rate: float | None, as_json: bool) -> int:
    """Run a demo and end with its summary."""
    console = err if as_json else out
    err.print(f"starting a broker and a worker for the example '{example}'...", style="dim")
    with ExitStack() as stack:
        show = _LiveBoard(stack, console) if console.is_terminal else _Lines()
        story = asyncio.run(demo(example, events=events, rate=rate, on_ready=_open_page, on_change=show))
    width = min(console.width, _WIDEST)
    console.print(_summary(story, width), soft_wrap=False)
    console.print("\n".join(_wrapped(line, width) for line in following(example)))
    if as_json:
        print_json(story.as_json())
    return ExitCode.OK


def _open_page(url: str) -> None:
    err.print(f"its page, while it runs: {url}")
    # Without a screen Python would open a browser that takes over the terminal.
    if err.is_terminal and (sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()):
        webbrowser.open(url)


class _LiveBoard:
    """A display that redraws itself in place."""

    def __init__(self, stack: ExitStack, console: Console) -> None:
        self._width = min(console.width, _WIDEST)
        self._live = stack.enter_context(Live(console=console, refresh_per_second=8, transient=True))

    def __call__(self, story: Story) -> None:
        self._live.update(_board(story, self._width))


class _Lines:
    """A line for each tenth of the events, for logs and pipes; on standard error, so that results stay alone.

    What happened is told before the tenth in which it did, not when it was seen: a second run prints the same.
    """

    def __init__(self) -> None:
        self._told = 0
        self._seen = 0
        self._tenths = 0

    def __call__(self, story: Story) -> None:
        for sample in story.comparison.samples[self._seen :]:
            self._seen += 1
            tenth = sample.events * _LINES // story.total
            if tenth > self._tenths:
                self._tenths = tenth
                self._tell_milestones(story, below=sample.position)
                err.print(_progress(story, sample))

    def _tell_milestones(self, story: Story, *, below: int) -> None:
        told = [
            item for item in milestones(story.alerts, story.versions) if item.position < below and item.kind in _TOLD
        ]
        for item in told[self._told :]:
            err.print(item.text(err.width))
        self._told = max(len(told), self._told)


def _progress(story: Story, sample: Sample) -> str:
    return (
        f"{sample.events:,} of {story.total:,} events: {story.gauge.metric} {figure(sample.retrained)}, "
        f"{STILL} {figure(sample.still)}"
    )


def _board(story: Story, width: int) -> Panel:
    done, lag = story.comparison.events, max(story.sent.events - story.answered, 0)
    flow = Table.grid(padding=(0, 3))
    flow.add_row("events", f"{done:,} of {story.total:,}", ProgressBar(story.total, done, 20))
    flow.add_row("rate", f"{story.sent.events / max(story.seconds, 0.1):,.0f} events/s", f"lag {lag:,}")
    flow.add_row("dead letters", f"{story.dead_letters.total():,}", "")
    lines = [item.text(width - 4) for item in milestones(story.alerts, story.versions)[-_MILESTONES_SHOWN:]]
    title = Text(f"rivergauge: {story.gauge.name}")
    return Panel(Group(flow, Text(""), *_figures(story, width - 4), Text(""), *lines), title=title, width=width)


def _figures(story: Story, width: int) -> list[Text]:
    """The leading metric as served, without retraining, and of the best baseline."""
    comparison, window = story.comparison, story.gauge.evaluation.window_events
    standing, samples = comparison.standing(), comparison.samples
    newest = samples[-1] if samples else Sample(0, 0, None, None)
    header = [story.gauge.metric, "whole run", f"newest {window:,} labels"]
    rows: list[list[Cell]] = [
        [("as served", "bold"), (figure(standing.retrained), "bold"), figure(newest.retrained)],
        [STILL, figure(standing.still), figure(newest.still)],
        [(standing.baseline_name, "dim"), (figure(standing.baseline), "dim"), ""],
    ]
    return lay_out("", header, rows, prose=False, width=width)[1:]


def _summary(story: Story, width: int) -> Group:
    rate = story.sent.events / story.seconds
    what = (
        f"{story.sent.events:,} events in {story.seconds:.0f} s ({rate:,.0f}/s), {story.predictions:,} predictions, "
        f"{story.sent.labels:,} late labels, {story.dead_letters.total():,} dead letters"
    )
    lines = shortened(milestones(story.alerts, story.versions), width)
    return Group(
        Text(_wrapped(f"{story.gauge.name}: {what}", width)),
        Text(""),
        *_figures(story, width),
        Text(""),
        Text(_wrapped(_outcome(story), width)),
        Text(""),
        *(Text.from_ansi(line) for line in chart(story, width=width)),
        Text(""),
        *lines,
        Text(""),
    )


def _outcome(story: Story) -> str:
    if changed := story.comparison.changed:
        effect = f"retraining changed {changed:,} predictions"
    elif any(version["trigger"] != "start" for version in story.versions):
        effect = "retraining changed no prediction, because no challenger that it started was better"
    else:
        effect = "nothing called for retraining"
    return (
        f"drift alerts: {len(story.opened):,}; model versions: {len(story.made):,}, of which {len(story.promoted):,} "
        f"replaced another; {effect}"
    )


def _wrapped(text: str, width: int) -> str:
    """Prose broken at words; a command, which begins with a blank, as it is."""
    return text if text.startswith(" ") else textwrap.fill(text, width)

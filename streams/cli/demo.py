"""``rivergauge demo``: the stream live in the terminal, and at the end what happened."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from time import perf_counter

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streams.broker.inprocess import InProcessBrokerError
from streams.cli.chart import chart
from streams.cli.output import err, figure, out, print_json, refuse
from streams.datafile import DataFileError
from streams.demo import DemoError, Story, demo
from streams.exit_codes import ExitCode

_LINE_EVERY_S = 2.0
_NEWS_SHOWN = 8


def run(example: str, *, events: int | None, rate: float | None, as_json: bool) -> int:
    """Run a demo and end with its summary."""
    console = err if as_json else out
    console.print(f"starting a broker and a worker for the example '{example}'...", style="dim")
    try:
        with ExitStack() as stack:
            show = _LiveBoard(stack, console) if console.is_terminal else _Lines()
            story = asyncio.run(demo(example, events=events, rate=rate, on_change=show))
    except DataFileError as error:
        return refuse(str(error), as_json=as_json)
    except (DemoError, InProcessBrokerError) as error:
        return refuse(str(error), ExitCode.DEFECT, as_json=as_json)
    except KeyboardInterrupt:
        return refuse("interrupted", ExitCode.INTERRUPTED, as_json=as_json)
    console.print(_summary(story, width=min(console.width, 100)))
    if as_json:
        print_json(story.as_json())
    return ExitCode.OK


class _LiveBoard:
    """A display that redraws itself in place."""

    def __init__(self, stack: ExitStack, console: Console) -> None:
        self._width = min(console.width, 100)
        self._live = stack.enter_context(Live(console=console, refresh_per_second=8, transient=True))

    def __call__(self, story: Story) -> None:
        self._live.update(_board(story, self._width))


class _Lines:
    """One line every two seconds, for logs and pipes; on standard error, so that results stay alone."""

    def __init__(self) -> None:
        self._next = perf_counter()
        self._told = 0

    def __call__(self, story: Story) -> None:
        news = _news(story)
        for line in news[self._told :]:
            err.print(Text.from_markup(line))
        self._told = len(news)
        if perf_counter() >= self._next:
            self._next = perf_counter() + _LINE_EVERY_S
            (metric, value), (baseline, base) = story.metric, story.baseline
            err.print(
                f"{story.sent.events:,} of {story.total:,} events, {story.answered:,} answered, "
                f"{metric} {figure(value)}, {baseline} {figure(base)}, lag {_lag(story)}",
            )


def _lag(story: Story) -> str:
    return f"{max(story.sent.events - story.answered, 0):,}"


def _board(story: Story, width: int) -> Panel:
    table = Table.grid(padding=(0, 3))
    last = story.samples[-1] if story.samples else None
    (metric, value), (baseline, base) = story.metric, story.baseline
    table.add_row("events", f"{story.sent.events:,} of {story.total:,}", ProgressBar(story.total, story.answered, 30))
    table.add_row("rate", f"{story.sent.events / max(story.seconds, 0.1):,.0f} events/s", f"lag {_lag(story)}")
    window = "" if last is None else f"newest window {figure(last.metric)}"
    table.add_row(Text(metric, "bold"), Text(figure(value), "bold"), window)
    window = "" if last is None else f"newest window {figure(last.baseline)}"
    table.add_row(Text(baseline, "dim"), Text(figure(base), "dim"), Text(window, "dim"))
    table.add_row("dead letters", f"{story.dead_letters.total():,}", "")
    news = [Text.from_markup(line) for line in _news(story)[-_NEWS_SHOWN:]]
    return Panel(Group(table, Text(""), *news), title=f"rivergauge: {story.gauge.name}", width=width)


def _news(story: Story) -> list[str]:
    lines: list[tuple[int, str]] = []
    for alert in story.alerts:
        colour = {"opened": "red", "updated": "red", "closed": "green"}[alert["status"]]
        facts = f"loss {figure(alert['loss_before'])} -> {figure(alert['loss_now'])}"
        if alert["status"] != "closed":
            facts = f"{alert['severity']}, {facts}"
        text = f"[{colour}]drift {alert['status']}[/]: {alert['cause']} ({facts})"
        lines.append((alert["position"], text))
    for version in story.versions:
        if version["step"] == "registered":
            continue
        step = version["step"].replace("_", " ")
        text = f"[cyan]version {version['version']} {step}[/] ({version['candidate']}): {version['reason']}"
        lines.append((version["position"], text))
    return [f"{position:>9,}  {text}" for position, text in sorted(lines, key=lambda line: line[0])]


def _summary(story: Story, *, width: int) -> Group:
    (metric, value), (baseline, base) = story.metric, story.baseline
    rate = story.sent.events / story.seconds
    facts = (
        f"[bold]{story.gauge.name}[/]: {story.sent.events:,} events in {story.seconds:.0f} s ({rate:,.0f}/s), "
        f"{story.predictions:,} predictions, {story.sent.labels:,} late labels, "
        f"{story.dead_letters.total():,} dead letters\n"
        f"[bold]{metric} {figure(value)}[/], beside {baseline} {figure(base)}\n"
        f"drift alerts: {len(story.opened)}; model versions: {len(story.made)}"
    )
    news = [Text.from_markup(line) for line in _news(story)]
    return Group(Text.from_markup(facts), Text(""), Text.from_ansi(chart(story, width=width)), Text(""), *news)

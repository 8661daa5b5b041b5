"""How a demo ends: a chart and a story that can be read without colours, in 80 columns, and the next commands."""

from __future__ import annotations

import gzip
import itertools
import re
import subprocess

import pytest
from rich.text import Text

from streams.cli.demo.chart import chart
from streams.cli.demo.milestones import MOST_LINES, milestones, shortened
from streams.cli.demo.next_steps import following
from streams.data.datafile import find_example
from streams.demo.comparison import Comparison
from streams.demo.demo import demo
from streams.demo.story import Story
from streams.here.gaugefile import load
from tests.streams.cli.test_commands import rivergauge

INSECTS = find_example("insects")


@pytest.fixture(scope="module")
def story():
    gauge = load(INSECTS / "gauge.toml")
    story = Story(gauge, Comparison(gauge, INSECTS / "insects.csv.gz", events=2_500), total=2_500)
    story.comparison.finish()
    story.alerts[:] = [alert(1_787, "opened"), alert(1_934, "closed")]
    story.versions[:] = [version(0, "promoted"), version(1_787, "on_trial"), version(1_884, "promoted")]
    return story


def alert(position, status, severity="minor"):
    return {
        "position": position,
        "status": status,
        "drift": "concept",
        "cause": "the error rose",
        "severity": severity,
        "loss_before": 0.1,
        "loss_now": 0.2,
    }


def version(position, step):
    return {"position": position, "step": step, "version": "0-2", "candidate": "a[red]b", "reason": "it won"}


def plain(lines):
    return [Text.from_ansi(line).plain for line in lines]


@pytest.mark.parametrize("width", [80, 100])
def test_the_chart_keeps_to_its_width_and_ends_no_line_in_blanks(story, width):
    lines = plain(chart(story, width=width))

    assert max(map(len, lines)) <= width
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_curves_of_a_chart_can_be_told_apart_without_colours(story):
    lines = plain(chart(story, width=80))

    assert "█ as served, · without retraining" in lines[0]
    assert sum(line.count("·") for line in lines[1:]) > 5


def test_events_stand_under_their_offsets(story):
    lines = plain(chart(story, width=80))
    axis = next(line for line in lines if "└" in line)
    left, columns = axis.index("└") + 1, len(axis) - axis.index("└") - 2

    [drift], [promoted] = ([line for line in lines if line.strip() == letter] for letter in "DP")

    assert drift.index("D") == left + round(1_787 / 2_500 * (columns - 1))
    assert promoted.index("P") == left + round(1_884 / 2_500 * (columns - 1))


def test_a_chart_of_a_run_too_short_says_so(story):
    gauge = story.gauge
    short = Story(gauge, Comparison(gauge, INSECTS / "insects.csv.gz", events=20), total=20)
    short.comparison.finish()

    assert chart(short, width=80) == ["(too short a run for a chart)"]


def test_a_short_story_is_told_whole(story):
    told = milestones(story.alerts, story.versions)

    lines = shortened(told, 80)

    assert [line.plain.split()[0] for line in lines] == ["0", "1,787", "1,787", "1,884", "1,934"]
    assert "a[red]b" in lines[0].plain


def test_a_long_story_keeps_every_promotion_and_counts_what_it_leaves_out():
    alerts = [alert(n, status) for n in range(1_000, 41_000, 1_000) for status in ("opened", "closed")]
    versions = [version(n, "on_trial") for n in range(1_000, 41_000, 1_000)] + [version(40_500, "promoted")]

    lines = [line.plain for line in shortened(milestones(alerts, versions), 80)]

    assert len(lines) == MOST_LINES + 1
    assert "promoted" in lines[MOST_LINES - 1]
    assert lines[-1].startswith(f"and {121 - MOST_LINES} more: ")
    assert sum(map(int, re.findall(r"\((\d+)\)", lines[-1]))) == 121 - MOST_LINES


def test_lines_of_a_story_break_at_words():
    [line] = shortened(milestones([], [version(5, "promoted") | {"reason": "word " * 30}]), 80)

    assert max(map(len, line.plain.splitlines())) <= 80
    assert all(part.startswith(" " * 11) for part in line.plain.splitlines()[1:])


@pytest.mark.parametrize("example", ["insects", "flights"])
def test_the_next_commands_work_as_they_are_printed(example, tmp_path, monkeypatch):
    with gzip.open(find_example(example) / f"{example}.csv.gz") as file:
        rows = list(itertools.islice(file, 2_000))
    (tmp_path / f"{example}.csv.gz").write_bytes(gzip.compress(b"".join(rows)))
    monkeypatch.setattr("streams.cli.demo.next_steps.find_example", lambda name: tmp_path)
    monkeypatch.chdir(tmp_path)
    commands = [line for line in following(example) if line.startswith("  ")]

    done = [subprocess.run(c, shell=True, capture_output=True, text=True, timeout=240, check=False) for c in commands]

    assert [process.returncode for process in done] == [0] * len(commands), [process.stderr for process in done]
    assert len(commands) == 3


@pytest.mark.broker
async def test_two_demos_end_alike_but_for_seconds(story):
    ends = []
    for rate in (1_000, 4_000):
        told = await demo("insects", events=600, rate=rate)
        result = told.as_json()
        del result["events_per_second"], result["seconds"]
        ends.append((result, chart(told, width=80)))

    assert ends[0] == ends[1]
    assert ends[0][0]["without_retraining"] == ends[0][0]["metric"]
    assert [point["position"] for point in ends[0][0]["curve"]][-2:] == [594, 600]


@pytest.mark.broker
def test_the_demo_in_a_pipe_is_80_columns_wide_and_compares():
    done = rivergauge("demo", "--events", "300", "--rate", "2000")

    assert done.returncode == 0
    assert "without retraining" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if not line.startswith("  ")) <= 80
    assert "\x1b" not in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].endswith("insects.csv.gz")

"""Tables keep names whole, long lists are shortened with a count, and progress is plain where nobody looks."""

from __future__ import annotations

import pytest

from streams.cli import progress as shown_progress
from streams.cli.progress import progress
from streams.cli.tables import lay_out

LONG = "a-hoeffding-adaptive-tree-with-a-name-of-more-than-60-letters-indeed"
METRICS = ["Accuracy", "BalancedAccuracy", "GeometricMean", "CohenKappa", "LogLoss"]
REASON = "the first candidate leads from the start, and nobody has said for how long"


@pytest.mark.parametrize("width", [None, 300, 80, 40, 20])
def test_a_table_keeps_every_name_and_figure_whole(width):
    rows = [
        [(f"{LONG}[x]", "bold"), "5,081", *("0.8207" for _ in METRICS)],
        ["no_change", "5", *(["–"] * len(METRICS))],
    ]

    lines = lay_out("figures", ["series", "labels", *METRICS], rows, prose=False, width=width)

    text = "\n".join(line.plain for line in lines)
    words = text.split()
    assert words.count(f"{LONG}[x]") == 1
    assert words.count("0.8207") == len(METRICS)
    assert set(METRICS) <= set(words)
    assert "…" not in text


@pytest.mark.parametrize("width", [80, 60, 30])
def test_no_line_is_wider_than_the_terminal_unless_a_name_is(width):
    rows = [["0", "0-1", "promoted", "naive_bayes", REASON], ["1,884", "0-2", "on trial", "[/b]", "it races"]]

    lines = lay_out("versions", ["position", "version", "step", "candidate", "why"], rows, prose=True, width=width)

    assert max(len(line.plain) for line in lines) <= width
    assert " ".join(REASON.split()) in " ".join(" ".join(line.plain for line in lines).split())


def test_in_a_pipe_a_row_is_one_line():
    rows = [["0", "0-1", "promoted", LONG, REASON]]

    lines = lay_out("versions", ["position", "version", "step", "candidate", "why"], rows, prose=True, width=None)

    assert len(lines) == 3
    assert lines[2].plain.endswith(REASON)


def test_progress_is_a_plain_line_now_and_then_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr(shown_progress, "LINE_EVERY_S", 0.0)

    with progress("backtest", 4_000) as done:
        done(1_000)
        done(4_000)

    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "backtest: 1,000 of 4,000 events, 25%\n")


def test_progress_is_silent_when_the_work_is_short(capsys):
    with progress("backtest", 4_000) as done:
        done(1_000)

    assert capsys.readouterr().err == ""

"""How far long work has got: a plain line now and then where nobody looks."""

from __future__ import annotations

from streams.cli.terminal import progress as shown_progress
from streams.cli.terminal.progress import progress


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

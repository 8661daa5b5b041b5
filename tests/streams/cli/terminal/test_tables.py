"""Tables keep names whole, whatever the width."""

from __future__ import annotations

import pytest

from streams.cli.terminal.tables import lay_out

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

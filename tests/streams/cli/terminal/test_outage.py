"""A broker that is away: one line for people, however often the client tries."""

from __future__ import annotations

import logging

import pytest

from streams.broker.inprocess import InProcessBroker
from streams.cli.terminal.outage import AGAIN_S, CLIENT, SHORT_S, Outage
from tests.streams.cli.showing import gauge_file, rivergauge

LINE = logging.LogRecord(CLIENT, logging.ERROR, "", 0, "unable to connect", (), None)


def test_an_outage_is_told_once_it_lasts_and_seldom_from_then():
    now, told = [0.0], []
    outage = Outage(lambda: told.append(now[0]), clock=lambda: now[0])

    for tenth in range(400):
        now[0] = tenth / 10
        outage.emit(LINE)

    assert told == [SHORT_S, SHORT_S + AGAIN_S]


def test_trouble_that_passes_is_told_by_nobody():
    now, told = [0.0], []
    outage = Outage(lambda: told.append(now[0]), clock=lambda: now[0])

    for now[0] in (0.0, 1.0, 100.0, 101.0, 300.0):
        outage.emit(LINE)

    assert told == []


@pytest.mark.broker
@pytest.mark.parametrize("words", [("status",), ("alerts", "tail"), ("dlq", "redrive")])
def test_a_command_whose_broker_is_away_ends_with_one_sentence(words, tmp_path, caplog):
    with InProcessBroker() as broker:
        path = gauge_file(tmp_path, broker.bootstrap_servers)

    done = rivergauge(*words, path)

    assert done.exit_code == 3
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert caplog.records == []

"""``rivergauge reset --version`` far back: a version that five promotions have replaced answers again as it did."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load
from streams.orders.desk import Desk
from tests import builders
from tests.streams import reading
from tests.streams.orders.operator import command, gauge_file
from tests.streams.serving import send, work

pytestmark = pytest.mark.broker

WORLD = 200
"""Records after which the label is the opposite of what it was."""
ENDS = (400, 700, 900, 1_100, 1_300)
"""Where the worker stops and starts again: between any two promotions."""
RETRAINING = """
[evaluation]
holdout = 0
[drift]
enabled = false
[retraining]
on_drift = false
every_labels = 20
warm_up_labels = 5
patience_labels = 60
error_rate = 0.5
start = "fresh"
"""


def values(count: int) -> list[bytes]:
    bad = [(n % 5 > 2) is (n // WORLD % 2 == 0) for n in range(count)]
    return [builders.record(n, a=n % 5, y="bad" if bad[n] else "good") for n in range(count)]


async def answers(path: Path) -> list[dict[str, Any]]:
    gauge = load(path)
    records = await reading.records(gauge.connection.bootstrap_servers, gauge.topics.predictions)
    return [json.loads(record.value) for record in records]


async def test_a_version_five_promotions_back_answers_as_it_did(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka, delivery="exactly-once", every_events=50, more=RETRAINING)
    gauge, log = load(path), values(ENDS[-1])
    for first, end in zip((0, *ENDS), ENDS, strict=False):
        await send(gauge, log[first:end])
        assert await work(gauge) is ExitCode.OK
    before = await answers(path)
    async with Desk.opened(gauge, os.environ) as desk:
        copies = {copy.version: copy.position for copy in await desk.store.archived(0)}
        kept = [identity.position for identity in (await desk.standing(0)).snapshots]
    assert len(copies) == 6
    assert min(kept) > sorted(copies.values())[-3]  # what is kept besides reaches back one promotion or two
    first = copies["0-1"]

    said = await command("reset", path, "--version", "0-1", "--yes", "--json")
    assert await work(gauge) is ExitCode.OK

    [order] = json.loads(said.out)["orders"]
    assert (said.code, order["begin"], order["epoch"]) == (0, first, 1)
    again = (await answers(path))[len(before) :]
    assert again[0]["version"] == "0-1"
    names = ("position", "y_pred", "probabilities")
    assert [[one[name] for name in names] for one in again] == [[one[name] for name in names] for one in before[first:]]

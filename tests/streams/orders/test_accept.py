"""``rivergauge accept`` on a real Kafka: what it tells, what it refuses, and what a service does afterwards.

Oracle for what is published: the same records folded by a learner to which nothing happens but the change itself.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from schemas.gauge import Gauge
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load
from streams.orders.desk import Desk
from streams.orders.orders import Orders
from tests.streams.orders.operator import command, expected, forgotten, gauge_file, published, twin, values
from tests.streams.serving import send, work

pytestmark = pytest.mark.kafka

CHANGED, ALL = 1_000, 2_000


@pytest.fixture(params=["exactly-once", "at-least-once"])
def path(request: pytest.FixtureRequest, kafka: str, tmp_path: Path) -> Path:
    return gauge_file(tmp_path, kafka, delivery=request.param)


def edit(path: Path, more: str, **replaced: str) -> Gauge:
    """Change the gauge file, and read it."""
    text = path.read_text()
    for then, now in replaced.items():
        text = text.replace(then, now)
    path.write_text(text + more)
    return load(path)


async def accepted(path: Path, *words: str) -> dict[str, Any]:
    """The first order that was written."""
    said = await command("accept", path, *words, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)["orders"][0]


async def test_an_accepted_policy_continues_with_the_state_that_another_made(path: Path):
    old = load(path)
    await send(old, values(CHANGED))
    assert await work(old) is ExitCode.OK
    await send(old, values(ALL)[CHANGED:])
    new = edit(path, "[retraining]\nmargin = 0.1\n")
    assert await work(new) is ExitCode.STATE

    told = await command("accept", path)
    for point in ("before image", "before snapshot write"):
        killed = await command(path, "--point", point, module="faults.worker")
        assert killed.code == -signal.SIGKILL, killed.err
    assert await work(new) is ExitCode.OK

    assert (told.code, told.err) == (0, "")
    place, change, difference = told.out.splitlines()
    assert place == f"{new.topics.input}/0 continues from offset {CHANGED} with its state:"
    assert change == "  accept retraining.margin: 0.02 -> 0.1: takes effect at the next start after rivergauge accept"
    assert difference == f"  gauge file {old.digest} then, {new.digest} now"
    assert await published(path) == expected(new, twin(old, values(ALL)))
    assert (await command("accept", path)).out.startswith("nothing to do")
    assert await work(old) is ExitCode.STATE  # there is no way back without an order


async def test_what_cannot_be_accepted_is_refused_and_nothing_is_written(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka)
    before = path.read_text()
    old = load(path)
    await send(old, values(200))
    nothing_ran = await command("accept", path)
    assert await work(old) is ExitCode.OK

    edit(path, "", **{'a = "number"': 'a = "number"\nb = { type = "number", optional = true }'})
    dear = await command("accept", path)
    path.write_text(before + "[retraining]\nmargin = 0.1\n")
    other = tmp_path / "other.toml"
    other.write_text(before + "[retraining]\nmargin = 0.2\n")
    against_another = await command("accept", path, "--against", other)
    no_partition = await command("accept", path, "7")
    no_number = await command("accept", path, "every", "--json")

    said = [nothing_ran, dear, against_another, no_partition, no_number]
    assert [one.code for one in said] == [2] * 5
    assert "no snapshot at 0 to continue with, there is none of this epoch" in nothing_ran.err
    assert "the state does not fit these changes: features" in dear.err
    assert f"made by gauge file {old.digest}, got --against" in against_another.err
    assert "partition must be 0 to 0" in no_partition.err
    assert "PARTITION must be a number or 'all', got 'every'" in json.loads(no_number.out)["problems"][0]["what"]
    async with Desk.opened(old, os.environ) as desk:
        assert (await desk.standing(0)).orders == Orders()


async def test_workers_that_died_are_to_finish_under_the_old_rules_first(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka, every_events=10_000)
    old, before = load(path), path.read_text()
    await send(old, values(CHANGED))
    killed = await command(path, "--point", "after commit", "--nth", "2", module="faults.worker")
    assert killed.code == -signal.SIGKILL, killed.err
    edit(path, "[retraining]\nmargin = 0.1\n")
    await forgotten(old)

    refused = await command("accept", path, "0")
    path.write_text(before)
    assert await work(old) is ExitCode.OK
    edit(path, "[retraining]\nmargin = 0.1\n")
    old_file = tmp_path / "old.toml"
    old_file.write_text(before)
    order = await accepted(path, "0", "--against", old_file)

    assert refused.code == 2
    assert "the newest state is at 0: the workers were not stopped in order" in refused.err
    assert "run a worker with that gauge file and those libraries, stop it in order" in refused.err
    assert (order["partition"], order["position"]) == (0, CHANGED)

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

from models.learner import Learner
from schemas.gauge import Gauge
from streams.delivery.envelope import Output
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load
from streams.orders.desk import Desk
from streams.orders.orders import Orders
from tests.streams.orders.operator import command, expected, gauge_file, open_fold, published, rows, values
from tests.streams.serving import bury, send, work

pytestmark = pytest.mark.kafka

CHANGED, ALL = 1_000, 2_000


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


def twin(old: Gauge, new: Gauge) -> list[Output]:
    """What is published where the gauge file changes at one record, and nothing happens otherwise."""
    before = open_fold(old)
    outputs = [output for piece in before.fold(rows(values(CHANGED))) for output in piece.outputs]
    learner: Learner = before.core
    learner.adopt(new)
    after = open_fold(new, learner)
    return outputs + [output for piece in after.fold(rows(values(ALL))[CHANGED:]) for output in piece.outputs]


CANDIDATE = '[[candidates]]\nname = "tree"\nrecipe = "hoeffding_tree"\n'
MARGIN = "[retraining]\nmargin = 0.1\n"
SEVERAL = f'{MARGIN}[evaluation]\nalso = ["F1"]\n[drift]\nfalse_alarms = "1 per 1000 events"\n'


async def run_and_edit(path: Path, more: str) -> tuple[Gauge, Gauge]:
    """A service has run, more records have come, and its file is changed: the gauge then, and now."""
    old = load(path)
    await send(old, values(CHANGED))
    assert await work(old) is ExitCode.OK
    await send(old, values(ALL)[CHANGED:])
    return old, edit(path, more)


@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])
async def test_a_new_candidate_races_from_the_accepted_record_on_whoever_dies(
    kafka: str, tmp_path: Path, delivery: str
):
    path = gauge_file(tmp_path, kafka, delivery=delivery)
    old, new = await run_and_edit(path, CANDIDATE)

    assert (await accepted(path))["position"] == CHANGED
    killed = await command(path, "--point", "before snapshot write", module="faults.worker")
    await bury(new)
    assert await work(new) is ExitCode.OK

    assert killed.code == -signal.SIGKILL, killed.err
    assert await published(path) == expected(new, twin(old, new))


async def test_several_changes_are_told_and_take_effect_at_the_same_record(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka)
    old, new = await run_and_edit(path, SEVERAL)
    assert await work(new) is ExitCode.STATE

    checked = await command("check", path, "--against-state", "--json")
    told = await command("accept", path)
    assert await work(new) is ExitCode.OK

    where = ["drift.false_alarms", "evaluation.also", "retraining.margin"]
    assert checked.code == ExitCode.TO_ACCEPT
    assert sorted(change["where"] for change in json.loads(checked.out)["changes"]) == where
    assert (told.code, told.err) == (0, "")
    place, *changes, difference = told.out.splitlines()
    assert place == f"{new.topics.input}/0 continues from offset {CHANGED} with its state:"
    assert sorted(line.partition(": ")[0] for line in changes) == [f"  accept {name}" for name in where]
    assert difference == f"  gauge file {old.digest} then, {new.digest} now"
    assert await published(path) == expected(new, twin(old, new))
    assert (await command("accept", path)).out.startswith("nothing to do")


async def test_a_new_candidate_is_registered_once_at_the_first_record_behind_the_change(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka)
    old = load(path)
    await send(old, values(CHANGED))
    assert await work(old) is ExitCode.OK
    new = edit(path, CANDIDATE)
    await accepted(path)
    await send(old, values(ALL)[CHANGED:])
    assert await work(new) is ExitCode.OK

    events = [json.loads(value) for topic, _, value in await published(path) if topic == new.topics.versions]

    of_it = [(event["step"], event["position"]) for event in events if event["candidate"] == "tree"]
    assert of_it[0] == ("registered", CHANGED)
    assert [step for step, _ in of_it].count("registered") == 1


async def test_there_is_no_way_back_without_an_order(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka)
    old = load(path)
    await send(old, values(200))
    assert await work(old) is ExitCode.OK
    new = edit(path, MARGIN)
    await accepted(path)
    await send(old, values(300)[200:])
    assert await work(new) is ExitCode.OK

    assert await work(old) is ExitCode.STATE


async def test_who_took_over_and_folded_nothing_can_be_gone_back_from(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka)
    text = path.read_text()
    old = load(path)
    await send(old, values(200))
    assert await work(old) is ExitCode.OK
    new = edit(path, MARGIN)
    await accepted(path)
    assert await work(new) is ExitCode.OK

    path.write_text(text)
    assert await work(old) is ExitCode.STATE
    await accepted(path)

    assert await work(old) is ExitCode.OK


async def test_a_version_from_before_a_change_is_begun_with_after_it(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka)
    old = load(path)
    await send(old, values(200))
    assert await work(old) is ExitCode.OK
    new = edit(path, MARGIN)
    await accepted(path)

    assert (await command("reset", path, "--version", "0-1", "--yes")).code == 0

    assert await work(new) is ExitCode.OK
    assert (await command("accept", path)).out.startswith("nothing to do")


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
    assert [one.code for one in said] == [0, 2, 2, 2, 2]
    assert nothing_ran.out.startswith("nothing to do")
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
    edit(path, MARGIN)
    await bury(old)

    refused = await command("accept", path, "0")
    path.write_text(before)
    assert await work(old) is ExitCode.OK
    edit(path, MARGIN)
    old_file = tmp_path / "old.toml"
    old_file.write_text(before)
    order = await accepted(path, "0", "--against", old_file)

    assert refused.code == 2
    assert "the newest state is at 0: the workers were not stopped in order" in refused.err
    assert "run a worker with that gauge file and those libraries, stop it in order" in refused.err
    assert (order["partition"], order["position"]) == (0, CHANGED)

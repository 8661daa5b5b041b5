"""``rivergauge reset`` on a real Kafka: what it says, what it asks, and what readers see afterwards.

Oracle for what is published: the same records folded by a learner to which nothing ever happens.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from schemas.gauge import Gauge
from streams.here.exit_codes import ExitCode
from streams.here.gaugefile import load
from streams.orders.desk import Desk, OrderRefusedError
from streams.orders.orders import Replay
from streams.orders.reset import carry_out, plan
from streams.view.open_alerts import open_alerts
from tests.streams.orders.operator import command, expected, gauge_file, published, twin, values
from tests.streams.serving import bury, delete_input, send, work

pytestmark = pytest.mark.kafka

PUBLISHED, ALL = 1_500, 2_000


@pytest.fixture(params=["exactly-once", "at-least-once"])
def path(request: pytest.FixtureRequest, kafka: str, tmp_path: Path) -> Path:
    return gauge_file(tmp_path, kafka, delivery=request.param)


async def run_and_grow(gauge: Gauge) -> None:
    """The first records are scored and published, and more have come since."""
    await send(gauge, values(PUBLISHED))
    assert await work(gauge) is ExitCode.OK
    await send(gauge, values(ALL)[PUBLISHED:])


async def killed_while_it_learns_silently(path: Path) -> None:
    said = await command(path, "--point", "during replay", "--nth", "3", module="faults.worker")
    assert said.code == -signal.SIGKILL, said.err
    await bury(load(path))


async def test_a_silent_reset_publishes_nothing_twice_whoever_dies_meanwhile(path: Path):
    gauge = load(path)
    await run_and_grow(gauge)

    said = await command("reset", path, "--silent", "--yes", "--json")
    [order] = json.loads(said.out)["orders"]
    await killed_while_it_learns_silently(path)
    assert await work(gauge) is ExitCode.OK

    assert (said.code, order["replay"], order["epoch"]) == (0, "silent", 1)
    assert (order["records"], order["already_published"]) == (ALL, PUBLISHED)
    first = twin(gauge, values(PUBLISHED))
    second = twin(gauge, values(ALL), epoch=1, silent_below=PUBLISHED)
    assert await published(path) == expected(gauge, first + second)


async def test_an_order_without_its_commit_and_a_second_reset_are_silent_up_to_the_same_record(
    kafka: str, tmp_path: Path
):
    path = gauge_file(tmp_path, kafka)
    gauge = load(path)
    await run_and_grow(gauge)
    async with Desk.opened(gauge, os.environ) as desk:
        await desk.write((await plan(desk, 0, replay=Replay.SILENT)).order)  # and here the operator's process dies
    await killed_while_it_learns_silently(path)

    async with Desk.opened(gauge, os.environ) as desk:
        again = await plan(desk, 0, replay=Replay.SILENT)
        await carry_out(desk, again, open_alerts)
    assert await work(gauge) is ExitCode.OK

    assert (again.order.epoch, again.order.outputs_end) == (2, PUBLISHED)
    first = twin(gauge, values(PUBLISHED))
    second = twin(gauge, values(ALL), epoch=2, silent_below=PUBLISHED)
    assert await published(path) == expected(gauge, first + second)


async def test_a_silent_epoch_folds_again_without_its_snapshots_and_stays_silent(path: Path, tmp_path: Path):
    gauge = load(path)
    await run_and_grow(gauge)
    assert (await command("reset", path, "--silent", "--yes")).code == 0
    assert await work(gauge) is ExitCode.OK
    before = await published(path)

    for snapshot in tmp_path.rglob("*.snapshot"):
        snapshot.unlink()
    assert await work(gauge) is ExitCode.OK

    assert await published(path) == before


async def test_a_reset_that_is_not_silent_publishes_a_second_set_under_ids_of_its_own(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka)
    gauge = load(path)
    await run_and_grow(gauge)

    said = await command("reset", path, "--yes")
    assert await work(gauge) is ExitCode.OK

    assert f"{ALL:,} records will be scored and published, {PUBLISHED:,} of which have published outputs" in said.out
    outputs = twin(gauge, values(PUBLISHED)) + twin(gauge, values(ALL), epoch=1)
    assert await published(path) == expected(gauge, outputs)


async def test_nothing_is_ordered_before_somebody_agrees(kafka: str, tmp_path: Path):
    path = gauge_file(tmp_path, kafka)
    gauge = load(path)
    await send(gauge, values(60))
    assert await work(gauge) is ExitCode.OK

    alone = await command("reset", path)
    for_a_program = await command("reset", path, "--json")
    declined = await command("reset", path, answer="no")

    assert (alone.code, for_a_program.code, declined.code) == (2, 2, 130)
    assert "there is no terminal to ask at; give --yes" in alone.err
    assert "60 records will be scored and published, 60 of which have published outputs already" in alone.err
    assert json.loads(for_a_program.out)["exit_code"] == 2
    assert "60 records will be scored" in declined.err
    async with Desk.opened(gauge, os.environ) as desk:
        assert (await desk.standing(0)).orders.epoch == 0

    agreed = await command("reset", path, answer="silent")

    assert (agreed.code, "60 records will be learned silently, 0 more scored and published" in agreed.out) == (0, True)
    async with Desk.opened(gauge, os.environ) as desk:
        standing = await desk.standing(0)
    assert (standing.orders.epoch, standing.orders.silent_below) == (1, 60)
    assert standing.mark is not None
    assert (standing.mark.snapshot, standing.mark.published) == (0, 60)


async def test_a_plan_is_not_carried_out_once_a_worker_has_run(kafka: str, tmp_path: Path):
    gauge = load(gauge_file(tmp_path, kafka))
    await send(gauge, values(60))
    assert await work(gauge) is ExitCode.OK
    async with Desk.opened(gauge, os.environ) as desk:
        planned = await plan(desk, 0, replay=Replay.SILENT)
    await send(gauge, values(80)[60:])
    assert await work(gauge) is ExitCode.OK

    async with Desk.opened(gauge, os.environ) as desk:
        with pytest.raises(OrderRefusedError, match="has moved since it was looked at"):
            await carry_out(desk, planned, open_alerts)
        assert (await desk.standing(0)).orders.epoch == 0


async def test_outputs_of_a_log_that_was_made_anew_silence_nothing(kafka: str, tmp_path: Path):
    gauge = load(gauge_file(tmp_path, kafka))
    await send(gauge, values(60))
    assert await work(gauge) is ExitCode.OK
    await delete_input(gauge)
    await send(gauge, values(90)[10:])

    async with Desk.opened(gauge, os.environ) as desk:
        planned = await plan(desk, 0, replay=Replay.SILENT)

    assert (planned.records, planned.already_published, planned.order.silent_below) == (80, 0, 0)

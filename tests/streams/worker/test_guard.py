"""A worker that hangs is ended from without, whatever holds it: real processes, with models of a user's own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from schemas.gauge import Gauge
from streams.broker.inprocess import InProcessBroker
from streams.here.exit_codes import ExitCode
from streams.worker.guard import LONGEST_S, LOOK_S, STOP_PATIENCE_S, Looks
from tests import builders

pytestmark = pytest.mark.broker

STALLED_AFTER_S = 2.0
WITHIN_S = 60
AT = 5
"""The offset at which models hang: their sixth event."""

MODELS = f"""
import re, sys, time
from river import base

class Hanging(base.Classifier):
    def __init__(self, hang):
        self.hang, self.seen = hang, 0
    def learn_one(self, x, y):
        pass
    def predict_proba_one(self, x):
        self.seen += 1
        if self.seen == {AT} + 1:
            self.hang()
        return {{0: 0.5, 1: 0.5}}
    def predict_one(self, x):
        return 0

def forever():
    while True:
        pass

def swallowing():
    while True:
        try:
            time.sleep(0.01)
        except BaseException:
            pass

HANGS = {{
    "loop": forever,
    "sleep": lambda: time.sleep(1e9),
    "regex": lambda: re.match(r"(a+)+b", "a" * 64),
    "sum": lambda: sum(range(10**15)),
    "swallowing": swallowing,
}}
def leaving():
    sys.exit(3)

HANGS["leaving"] = leaving
loop, sleep, regex, sum_, swallowing, leaving = (
    lambda gauge, seed, hang=hang: Hanging(hang) for hang in HANGS.values()
)
"""
NAMES = ("loop", "sleep", "regex", "sum_", "swallowing", "leaving")

SCRIPT = (
    "import pathlib, sys\nfrom schemas.gauge import Gauge\nfrom streams.here import logs\n"
    "from streams.worker import worker\nlogs.configure()\n"
    "gauge = Gauge.model_validate_json(pathlib.Path(sys.argv[1]).read_text())\nsys.exit(worker.run(gauge))\n"
)


@pytest.fixture(scope="module")
def broker() -> Iterator[InProcessBroker]:
    with InProcessBroker() as running:
        yield running


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A user's package, whose models hang."""
    (tmp_path / "hanging_models.py").write_text(MODELS)
    metadata = tmp_path / "hanging_models-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hanging-models\nVersion: 1.0\n")
    points = "\n".join(f"{name} = hanging_models:{name}" for name in NAMES)
    (metadata / "entry_points.txt").write_text(f"[rivergauge.models]\n{points}\n")
    return tmp_path


def make_gauge(
    broker: InProcessBroker, name: str, stalled_after_s: float = STALLED_AFTER_S, candidate: object = None
) -> Gauge:
    gauge = builders.gauge(
        f'delivery = "at-least-once"\n[topics]\ninput = "{name}"\n'
        f'[connection]\nbootstrap_servers = "{broker.bootstrap_servers}"\n'
        f'[server]\nport = 0\nstalled_after_seconds = {stalled_after_s}\n[label]\narrival = "with_event"',
        candidates=[candidate or {"name": "theirs", "entry_point": name.partition("-")[0]}],
    )
    for topic in (gauge.topics.input, *gauge.topics.outputs):
        broker.create_topic(topic, 1)
    return gauge


HANGING_DISC = """
import time
from streams.snapshots.stores import directory
directory._write = lambda file, blob: time.sleep(1e9)
"""


async def started(gauge: Gauge, path: Path, script: str = SCRIPT) -> asyncio.subprocess.Process:
    (path / "gauge.json").write_text(gauge.model_dump_json())
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, str(path / "gauge.json")),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(path), *sys.path]), "HOME": str(path)},
    )


async def until_said(process: asyncio.subprocess.Process, words: str) -> list[str]:
    assert process.stderr is not None
    said: list[str] = []
    async with asyncio.timeout(WITHIN_S):
        async for line in process.stderr:
            said.append(line.decode())
            if words in said[-1]:
                return said
    raise AssertionError("".join(said))


async def send(gauge: Gauge, count: int) -> None:
    from tests.streams.worker.test_worker import send as sent

    await sent(gauge, 0, [builders.record(n, a=n % 5, y="good") for n in range(count)])


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    assert process.stderr is not None
    async with asyncio.timeout(WITHIN_S):
        said = (await process.stderr.read()).decode()
        return await process.wait(), said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["loop", "sleep", "regex", "sum_"])
async def test_a_model_that_hangs_ends_the_worker_with_8_and_the_log_names_the_record(broker, installed, name):
    gauge = make_gauge(broker, name)
    await send(gauge, 10)

    code, said = await ended(await started(gauge, installed))

    assert code == ExitCode.STALLED == 8, said
    assert "nothing has moved in it for 2 s" in said
    assert f"partition 0, offset {AT}" in said
    assert f"rivergauge skip 0 {AT} makes it a dead letter" in said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["loop", "swallowing"])
async def test_a_worker_whose_model_hangs_ends_within_seven_seconds_of_sigterm(broker, installed, name):
    gauge = make_gauge(broker, f"{name}-stop", stalled_after_s=600)
    process = await started(gauge, installed)
    await until_said(process, "partition taken over")
    await send(gauge, 10)
    await asyncio.sleep(1.0)

    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    code, said = await ended(process)

    assert code == ExitCode.STALLED, said
    assert time.monotonic() - begun < STOP_PATIENCE_S + 1
    assert "it was asked to stop, and has not in 6.5 s" in said
    assert f"partition 0, offset {AT}" in said


@pytest.mark.slow
async def test_a_model_that_wants_to_leave_does_not_keep_the_worker_from_ending(broker, installed):
    gauge = make_gauge(broker, "leaving-stop")
    process = await started(gauge, installed)
    await until_said(process, "partition taken over")
    await send(gauge, 10)
    await asyncio.sleep(1.0)

    begun = time.monotonic()
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    await ended(process)

    assert time.monotonic() - begun < STOP_PATIENCE_S + 1


async def test_on_a_disc_that_hangs_a_worker_that_is_told_to_stop_ends_and_names_the_disc(broker, installed):
    gauge = make_gauge(broker, "hanging-disc", 600, candidate="no_change")
    process = await started(gauge, installed, HANGING_DISC + SCRIPT)
    await until_said(process, "partition taken over")
    await send(gauge, 10)
    await asyncio.sleep(3.0)

    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, said = await ended(process)

    assert code == ExitCode.STATE == 7, said
    assert time.monotonic() - begun < STOP_PATIENCE_S
    assert f"the disc of {installed}/" in said
    assert "everything is published" in said
    assert "not acknowledged" not in said


async def test_a_worker_whose_key_went_says_so_and_does_not_end_well_and_the_next_makes_no_new_one(broker, installed):
    gauge = make_gauge(broker, "key-gone", 600, candidate="no_change")
    process = await started(gauge, installed)
    await until_said(process, "partition taken over")
    await send(gauge, 10)
    await asyncio.sleep(1.0)
    process.send_signal(signal.SIGTERM)
    assert (await ended(process))[0] == 0
    [key] = installed.rglob("snapshot.key")

    process = await started(gauge, installed)
    await until_said(process, "partition taken over")
    key.unlink()
    await send(gauge, 10)
    await asyncio.sleep(1.0)
    process.send_signal(signal.SIGTERM)
    code, said = await ended(process)
    last_code, last_said = await ended(await started(gauge, installed))

    assert code == ExitCode.STATE, said
    assert "snapshot not written" in said
    assert f"{key} is gone or cannot be read" in said
    assert last_code == ExitCode.USAGE, last_said
    assert f"{key} is gone, and there are snapshots that it may have signed" in last_said
    assert not key.exists()


def test_a_stop_takes_as_long_by_the_clock_however_late_the_looks_are():
    looks = Looks(100.0)

    for n in range(1, 21):
        looks.take(n, 100.0 + 0.4 * n, asked=n > 2)

    assert looks.asked_s == pytest.approx(18 * 0.4)
    assert looks.still_s == 0


def test_a_clock_that_jumps_and_a_process_that_is_stopped_end_nothing():
    looks = Looks(0.0)

    looks.take(1, 0.1, asked=True)
    looks.take(1, 30_000.0, asked=True)
    looks.pass_over(60_000.0)
    looks.take(1, 60_000.1, asked=True)

    assert looks.asked_s == pytest.approx(0.1 + LONGEST_S + 0.1)
    assert looks.still_s == pytest.approx(2 * LOOK_S)


def test_the_signal_that_ends_a_worker_has_the_number_of_its_exit_code():
    assert int(signal.SIGFPE) == int(ExitCode.STALLED)

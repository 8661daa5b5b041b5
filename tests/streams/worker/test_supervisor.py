"""The supervisor with processes and a clock that the test holds; real ones are in test_workers_on_kafka.py."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence

import pytest

from streams.here.exit_codes import ExitCode
from streams.worker.supervisor import PAUSES_S, SHORT_LIFE_S, STOPS_WITHIN_S, Patience, Supervisor, as_exit_code

KILLED = -signal.SIGKILL


class Machine:
    """Processes that end when the test says so, and a time that passes when nothing else can happen.

    ``lives[k]`` lists the lives of worker k in order: (seconds, exit code). After the last one it lives until it is
    told to stop, and then ends with ``stops_with[k]`` (0 if not given; ``None``: only SIGKILL ends it). ``fails[k]``
    are raised at its first attempts to be started.
    """

    def __init__(
        self,
        *lives: Sequence[tuple[float, int]],
        stops_with: dict[int, int | None] | None = None,
        fails: dict[int, list[Exception]] | None = None,
    ) -> None:
        self.now = 0.0
        self.starts: list[tuple[float, int]] = []
        self.signals: list[tuple[int, int]] = []
        self.slept: list[float] = []
        self.supervisor = Supervisor(len(lives), self.spawn, clock=lambda: self.now, sleep=self.sleep)
        self._lives = [list(those) for those in lives]
        self._stops_with = stops_with or {}
        self._fails = fails or {}
        self._alarms: list[tuple[float, asyncio.Event]] = []

    async def spawn(self, worker: int) -> FakeProcess:
        if self._fails.get(worker):
            raise self._fails[worker].pop(0)
        self.starts.append((self.now, worker))
        lives = self._lives[worker]
        return FakeProcess(self, worker, lives.pop(0) if lives else None)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.until(self.now + seconds)

    async def until(self, when: float) -> None:
        alarm = (when, asyncio.Event())
        self._alarms.append(alarm)
        try:
            await alarm[1].wait()
        finally:
            self._alarms.remove(alarm)

    def stops_with(self, worker: int) -> int | None:
        return self._stops_with.get(worker, ExitCode.OK)

    async def run(self, *, stop_at: float | None = None) -> int:
        """Run the supervisor to its end, and tell it to stop at a moment, if one is given."""
        running = asyncio.create_task(self.supervisor.run())
        if stop_at is not None:
            stopper = asyncio.create_task(self._stop_at(stop_at))
        while not running.done():
            for _ in range(50):  # turns of the loop: more than any of its chains is long
                await asyncio.sleep(0)
            pending = [alarm for alarm in self._alarms if not alarm[1].is_set()]
            if running.done():
                break
            assert pending, f"nothing will happen any more; starts {self.starts}, signals {self.signals}"
            self.now = min(when for when, _ in pending)
            for when, event in pending:
                if when <= self.now:
                    event.set()
        if stop_at is not None:
            stopper.cancel()
        return running.result()

    async def _stop_at(self, when: float) -> None:
        await self.until(when)
        self.supervisor.stop()


class FakeProcess:
    def __init__(self, machine: Machine, worker: int, life: tuple[float, int] | None) -> None:
        self.pid = 1000 + len(machine.starts)
        self._machine, self._worker = machine, worker
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._life = None if life is None else asyncio.create_task(self._live(*life))

    async def wait(self) -> int:
        return await asyncio.shield(self._over)

    def send_signal(self, number: int) -> None:
        if self._over.done():
            raise ProcessLookupError
        self._machine.signals.append((self._worker, number))
        code = KILLED if number == signal.SIGKILL else self._machine.stops_with(self._worker)
        if code is not None:
            self._end(code)

    async def _live(self, seconds: float, code: int) -> None:
        await self._machine.until(self._machine.now + seconds)
        self._end(code)

    def _end(self, code: int) -> None:
        if not self._over.done():
            self._over.set_result(code)


async def test_all_workers_run_and_a_stop_ends_them_with_0():
    machine = Machine([], [], [])

    code = await machine.run(stop_at=100)

    assert code == ExitCode.OK
    assert machine.starts == [(0, 0), (0, 1), (0, 2)]
    assert sorted(machine.signals) == [(0, signal.SIGTERM), (1, signal.SIGTERM), (2, signal.SIGTERM)]


@pytest.mark.parametrize("ended_with", [KILLED, *(code for code in ExitCode if code not in {0, 2, 4, 5, 6, 7})])
async def test_a_worker_that_failed_is_started_again_and_the_other_is_left_alone(ended_with):
    machine = Machine([(40, ended_with)], [])

    code = await machine.run(stop_at=100)

    assert code == ExitCode.OK
    assert machine.starts == [(0, 0), (0, 1), (40 + PAUSES_S[0], 0)]


async def test_pauses_grow_while_lives_are_short_and_begin_anew_after_a_long_one():
    short, long = (1, 70), (SHORT_LIFE_S, 70)
    machine = Machine([short, short, short, long, short])

    code = await machine.run(stop_at=100)

    assert code == ExitCode.OK
    assert machine.slept[:-1] == [0.5, 1.0, 2.0, 0.5, 0.5]  # the last is the wait for the end


async def test_five_short_lives_in_a_row_end_all_with_the_workers_code():
    machine = Machine([(1, ExitCode.BROKER_UNREACHABLE)] * 9, [])

    code = await machine.run()

    assert code == ExitCode.BROKER_UNREACHABLE
    assert [worker for _, worker in machine.starts].count(0) == 5
    assert machine.signals == [(1, signal.SIGTERM)]
    assert machine.now == 5 + sum(PAUSES_S)


@pytest.mark.parametrize("lived_s", [1, 1_000])
@pytest.mark.parametrize("refused", [2, 4, 5, 6, 7])
async def test_a_refusal_ends_all_at_once_however_long_the_worker_lived(refused: int, lived_s: float):
    machine = Machine([(lived_s, refused)], [])

    code = await machine.run()

    assert code == refused
    assert machine.starts == [(0, 0), (0, 1)]
    assert machine.signals == [(1, signal.SIGTERM)]


async def test_a_worker_that_was_stopped_alone_is_not_started_again_and_the_last_one_ends_the_supervisor():
    machine = Machine([(1, ExitCode.OK)], [(5, ExitCode.OK)])

    code = await machine.run()

    assert code == ExitCode.OK
    assert machine.starts == [(0, 0), (0, 1)]
    assert machine.now == 5


async def test_a_stop_during_a_pause_starts_nothing():
    machine = Machine([(1, 70), (1, 70), (1, 70)])

    code = await machine.run(stop_at=1 + 0.5 + 1 + 0.25)

    assert code == ExitCode.OK
    assert len(machine.starts) == 2
    assert machine.now == 2.75


async def test_a_worker_that_does_not_stop_is_killed_and_the_exit_code_says_so():
    machine = Machine([], [], stops_with={1: None})

    code = await machine.run(stop_at=10)

    assert code == 128 + signal.SIGKILL
    assert machine.signals[-1] == (1, signal.SIGKILL)
    assert machine.now == 10 + STOPS_WITHIN_S


async def test_a_worker_that_cannot_publish_the_rest_gives_the_exit_code():
    machine = Machine([], [], stops_with={0: ExitCode.BROKER_UNREACHABLE})

    assert await machine.run(stop_at=10) == ExitCode.BROKER_UNREACHABLE


async def test_a_worker_that_is_stopped_before_it_has_begun_ended_in_order():
    machine = Machine([], stops_with={0: -signal.SIGTERM})

    assert await machine.run(stop_at=0) == ExitCode.OK


async def test_a_process_that_cannot_be_made_counts_as_a_short_life():
    machine = Machine([], fails={0: [BlockingIOError("no processes left"), BlockingIOError("no processes left")]})

    assert await machine.run(stop_at=10) == ExitCode.OK
    assert machine.starts == [(PAUSES_S[0] + PAUSES_S[1], 0)]


async def test_a_defect_of_the_supervisor_stops_the_workers_and_is_raised():
    machine = Machine([], [], fails={1: [ZeroDivisionError()]})

    with pytest.raises(ZeroDivisionError):
        await machine.run()
    assert machine.signals == [(0, signal.SIGTERM)]


def test_patience_counts_a_life_of_exactly_the_limit_as_long():
    patience = Patience()
    for _ in range(4):
        patience.after(lived_s=SHORT_LIFE_S - 0.001)

    assert patience.after(lived_s=SHORT_LIFE_S) == PAUSES_S[0]
    assert patience.after(lived_s=SHORT_LIFE_S - 0.001) == PAUSES_S[0]


@pytest.mark.parametrize(("code", "wanted"), [(0, 0), (70, 70), (-9, 137), (-15, 143)])
def test_a_death_by_signal_becomes_the_shells_exit_code(code, wanted):
    assert as_exit_code(code) == wanted

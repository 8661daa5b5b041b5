"""The faults, one function each: break a stream so many times, then have it verified.

A function gets a stage, random numbers and the rounds of one batch, which share a stream. It marks what each round
showed; what the verifier finds at the end is every round's of the batch.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer

from faults import events
from faults.nurseries import Worker
from faults.rounds import Round
from faults.stage import FaultError, Stage, Stream

POINTS: Final = (
    "before fence", "after fence", "before correction", "after correction", "during replay",
    "before begin", "after begin", "after send", "after offsets", "after commit",
    "before image", "after image", "before snapshot write", "after snapshot write", "before prune",
)  # fmt: skip
"""Every named point of the protocol; a test compares this with what a worker tells an observer."""

COMMITTING: Final = ("before begin", "after begin", "after send", "after offsets", "after commit")
ONCE: Final = frozenset({"before fence", "after fence", "before correction", "after correction"})
"""Points that a start comes to once."""

LIVE_S: Final = 40.0
REACHED_S: Final = 15.0


class Scenario(NamedTuple):
    """A kind of fault: how often it is tried, how many rounds share a stream, how many streams run at once."""

    name: str
    rounds: int
    batch: int
    parallel: int
    run: Callable[[Stage, random.Random, Sequence[Round]], Awaitable[None]]
    summary: str
    own_broker: bool = False


# -- what several have in common --------------------------------------------------------------------------------------


def note_recovery(one: Round, worker: Worker, live_s: float | None) -> None:
    """Keep how long a start took, and how many records it had to learn again."""
    if live_s is not None:
        one.figures["live_s"] = round(live_s, 3)
    if taken := worker.taken_over():
        one.figures["replay"] = sum(published - position for _, position, published, _ in taken[:1])


async def settle(stream: Stream, *, river: bool = False, aborted: Path | None = None, workers: int = 1) -> None:
    """Bring a stream to its end with unbroken workers, stop them, and have everything verified."""
    while len(stream.running()) < workers:
        await stream.start()
    await stream.filler.stop()
    await stream.caught_up()
    metric = None
    if river:
        found = re.search(r'^rivergauge_metric\{.*name="Accuracy".*\} (\S+)', await stream.running()[0].metrics(), re.M)
        if found is None:
            raise FaultError("/metrics must show the accuracy, and does not")
        metric = float(found[1])
    await stream.finish()
    await stream.verify(river=river, metric=metric, aborted=aborted)


def expect_killed(one: Round, worker: Worker, status: int | None) -> None:
    """A worker that ended before it was killed ended by itself, which it must not."""
    if status != -signal.SIGKILL:
        one.failed(f"ended by itself with {status}: {worker.last_words()}")


# -- workers die ------------------------------------------------------------------------------------------------------


async def kills(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, course: str = events.FULL) -> None:
    """One worker, killed at random moments of its start and of its life."""
    store = rng.choice(("directory", "topic"))
    async with stage.stream("kills", rng, store=store, course=course) as stream:
        stream.filler.start()
        for one in rounds:
            worker = await stream.start()
            # Seconds since the fork would only hit the start of a worker on a busy machine.
            taken, moment = rng.random() < 0.75, rng.uniform(0.0, 2.0)
            if taken:
                await _until(lambda worker=worker: bool(worker.taken_over()), "a take-over", LIVE_S)  # type: ignore[misc]
            await asyncio.sleep(moment)
            live = await worker.is_live()
            expect_killed(one, worker, await worker.kill())
            note_recovery(one, worker, None)
            one.figures["live"] = int(live)
            since = "the take-over" if taken else "the start"
            one.what = f"killed {moment:.3f} s after {since}, {'live' if live else 'not live yet'}, {store} store"
            await stream.evict()
        await settle(stream, river=course is events.INCREMENTAL)


async def recovery(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """One worker killed while it is live; its successor waits for the dead one's session like any other."""
    async with stage.stream("recovery", rng, rate=300) as stream:
        stream.filler.start()
        worker = await stream.start()
        if await worker.live_after(LIVE_S) is None:
            raise FaultError(f"not live within {LIVE_S} s: {worker.last_words()}")
        for one in rounds:
            await asyncio.sleep(rng.uniform(0.5, 2.0))
            expect_killed(one, worker, await worker.kill())
            worker = await stream.start()
            live = await worker.live_after(LIVE_S)
            note_recovery(one, worker, live)
            one.what = "killed while live; restarted at once"
            if live is None:
                one.failed(f"not live within {LIVE_S} s: {worker.last_words()}")
        await settle(stream)


async def points(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, named: Sequence[str] = POINTS) -> None:
    """A worker that kills itself at a named point, each point in turn, in an order of chance."""
    async with stage.stream("points", rng, rate=300, snapshot_events=150) as stream:
        stream.filler.start()
        first = await stream.start()
        if await first.live_after(LIVE_S) is None:
            raise FaultError(f"not live within {LIVE_S} s: {first.last_words()}")
        await _until(lambda: len(stream.snapshots()) >= 2, "two snapshots", REACHED_S)
        await first.kill()
        await stream.evict()
        order = [(one, named[one.number % len(named)]) for one in rounds]
        rng.shuffle(order)
        for one, point in order:
            nth = 1 if point in ONCE else rng.randint(1, 2)
            one.what = f"killed itself {point}, time {nth}"
            if "correction" in point:
                # The commit is corrected only if the snapshot that it names cannot be used.
                named_one = await _snapshot_named(stream)
                damage([file for file in stream.snapshots() if position(file) >= named_one], rng)
            await _killed_at(stream, one, point, nth)
        await settle(stream)


async def _snapshot_named(stream: Stream) -> int:
    """The position of the snapshot that the commit names; after a correction to 0 a worker has to make one first."""
    if (named := (await stream.marks())[0][0]) > 0:
        return named
    worker = await stream.start()
    deadline = monotonic() + REACHED_S
    while (named := (await stream.marks())[0][0]) == 0:
        if monotonic() > deadline:
            raise FaultError(f"no commit names a snapshot within {REACHED_S} s: {worker.last_words()}")
        await asyncio.sleep(0.1)
    await worker.kill()
    await stream.evict()
    return named


async def _killed_at(stream: Stream, one: Round, point: str, nth: int) -> None:
    worker = await stream.start(point, nth)
    status = await worker.ended_within(REACHED_S)
    if status is None:
        # There was less of it than nth: the first is reached always.
        await worker.kill()
        await stream.evict()
        worker = await stream.start(point, 1)
        status = await worker.ended_within(REACHED_S)
        one.what = f"killed itself {point}, time 1"
    if status is None:
        await worker.kill()
        one.failed(f"'{point}' was not reached within {REACHED_S} s")
    else:
        expect_killed(one, worker, status)
    note_recovery(one, worker, None)
    await stream.evict()


async def several(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """Three workers on six partitions; one of them is killed and started again, while the group still rebalances."""
    async with stage.stream("several", rng, partitions=6, rate=300, snapshot_events=100) as stream:
        stream.filler.start()
        alive = [await stream.start() for _ in range(3)]
        for one in rounds:
            await asyncio.sleep(rng.choice((rng.uniform(0.2, 3.0), rng.uniform(3.0, 14.0))))
            victim = rng.randrange(3)
            expect_killed(one, alive[victim], await alive[victim].kill())
            one.what = f"worker {victim} of 3 killed after {monotonic() - alive[victim].started_at:.1f} s"
            alive[victim] = await stream.start()
        await settle(stream, workers=3)


async def storm(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, seconds: float = 300.0) -> None:
    """Four workers, eight partitions: workers join and leave, in order or not, for minutes."""
    [one] = rounds
    async with stage.stream("storm", rng, partitions=8, rate=300, snapshot_events=100) as stream:
        stream.filler.start()
        for _ in range(4):
            await stream.start()
        until, changes = monotonic() + seconds, 0
        while monotonic() < until:
            await asyncio.sleep(rng.uniform(1.0, 6.0))
            running = stream.running()
            if len(running) > 4 or (len(running) > 1 and rng.random() < 0.6):
                leaver = rng.choice(running)
                number = rng.choice((signal.SIGTERM, signal.SIGKILL))
                leaver.send(number)
                status = await leaver.ended_within(8.0)
                if status not in (0, -signal.SIGKILL):
                    one.failed(f"{number.name}: ended with {status}: {leaver.last_words()}")
            else:
                await stream.start()
            changes += 1
        one.what = f"{changes} workers joined or left in {seconds:.0f} s"
        one.figures["changes"] = changes
        await settle(stream, workers=4)


async def sigterm(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """SIGTERM under load: exit code 0 within five seconds, S = E, and the successor has nothing to replay."""
    async with stage.stream("sigterm", rng, rate=500, snapshot_events=1_000) as stream:
        stream.filler.start()
        left: dict[int, tuple[int, int]] = {}
        for one in rounds:
            worker = await stream.start()
            await _until(lambda worker=worker: bool(worker.taken_over()), "a take-over", LIVE_S)  # type: ignore[misc]
            taken = worker.taken_over()
            if left and taken and any(taken[0][1:3] != left[p] for p in left):
                one.failed(f"the successor took over at {taken[0]}, expected S and E {left}")
            await asyncio.sleep(rng.uniform(0.0, 1.5))
            begun = monotonic()
            worker.send(signal.SIGTERM)
            code = await worker.ended_within(8.0)
            took = monotonic() - begun
            one.what, one.figures["stop_s"] = f"SIGTERM {took:.2f} s before its end", round(took, 3)
            if code != 0 or took > 5.0:
                await worker.kill()
                one.failed(f"exit code 0 within 5 s expected, got {code} after {took:.2f} s: {worker.last_words()}")
                await stream.evict()
            left = await stream.marks()
            if any(s != e for s, e in left.values()):
                one.failed(f"S = E expected, got {left}")
        await settle(stream)


# -- snapshots are damaged --------------------------------------------------------------------------------------------


def position(file: Path) -> int:
    """The position that a snapshot's file name carries."""
    return int(file.stem.partition("-")[2])


def damage(files: Sequence[Path], rng: random.Random) -> None:
    """Flip a bit, cut off the end, empty it, or put other bytes there."""
    for file in files:
        blob = bytearray(file.read_bytes())
        how = rng.choice(("flip", "cut", "empty", "foreign")) if blob else "foreign"
        if how == "flip":
            blob[rng.randrange(len(blob))] ^= 1 << rng.randrange(8)
        elif how == "cut":
            del blob[rng.randrange(len(blob)) :]
        elif how == "empty":
            blob.clear()
        else:
            blob[:] = rng.randbytes(rng.randrange(1, 5_000))
        file.write_bytes(blob)


async def damaged(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, newest: int | None) -> None:
    """A worker killed at a random moment, and its newest snapshots damaged; ``None``: all of them."""
    async with stage.stream("damaged", rng, store="directory") as stream:
        stream.filler.start()
        worker = await stream.start()
        for one in rounds:
            if await worker.live_after(LIVE_S) is None:
                one.failed(f"not live within {LIVE_S} s: {worker.last_words()}")
            await _until(lambda: len(stream.snapshots()) >= (newest or 1) + 1, "enough snapshots", REACHED_S)
            moment = rng.uniform(0.0, 1.0)
            await asyncio.sleep(moment)
            expect_killed(one, worker, await worker.kill())
            files = stream.snapshots()[:newest]
            damage(files, rng)
            await stream.evict()
            one.what = f"killed after {moment:.3f} s live, {len(files)} snapshots damaged"
            worker = await stream.start()
            live = await worker.live_after(LIVE_S)
            note_recovery(one, worker, live)
            if live is None:
                one.failed(f"not live within {LIVE_S} s: {worker.last_words()}")
            passed_over = worker.said().count("snapshot passed over")
            if passed_over < len(files):
                one.failed(f"{len(files)} snapshots were damaged, {passed_over} passed over")
        await settle(stream)


async def _until(condition: Callable[[], bool], what: str, patience_s: float) -> None:
    until = monotonic() + patience_s
    while not condition():
        if monotonic() > until:
            raise FaultError(f"{what} expected within {patience_s} s")
        await asyncio.sleep(0.05)


# -- workers that come back -------------------------------------------------------------------------------------------


async def zombies(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """A worker stopped beyond its session and continued, at a random moment or in the middle of a commit.

    The other takes over; the zombie goes on as a member or ends with its reason.
    """
    async with stage.stream("zombies", rng, partitions=2, rate=100, snapshot_events=200) as stream:
        stream.filler.start()
        stays = await stream.start()
        for one in rounds:
            point = rng.choice((None, *COMMITTING))
            zombie = await stream.start(point, rng.randint(1, 20), "stop")
            if point is None:
                await zombie.live_after(LIVE_S)
                await asyncio.sleep(rng.uniform(0.0, 2.0))
                zombie.send(signal.SIGSTOP)
            await _until(partial(_is_stopped, zombie), f"a stop {point or 'from outside'}", LIVE_S)
            stopped = monotonic()
            await asyncio.sleep(rng.uniform(10.5, 17.0))
            if await _others_go_on(stream):
                one.what = f"stopped {point or 'at a random moment'} for {monotonic() - stopped:.1f} s"
            else:
                one.failed("the other worker must have taken both partitions over, and has not")
            zombie.send(signal.SIGCONT)
            code = await zombie.ended_within(rng.uniform(1.0, 4.0))
            if code is None:
                one.what += "; went on as a member"
            else:
                one.what += f"; ended with {code}: {zombie.last_words()}"
                if code < 0 or code == 70:
                    one.failed("it must go on or end with a reason that is no defect")
            if not stays.is_running:
                one.failed(f"the other worker ended with {stays.ended.result()}: {stays.last_words()}")
                stays = await stream.start()
            if zombie.is_running:
                # The next round's zombie is another; sometimes the one that goes is the one that stayed.
                if rng.random() < 0.5:
                    stays, zombie = zombie, stays
                zombie.send(signal.SIGTERM)
                code = await zombie.ended_within(8.0)
                if code != 0:
                    one.failed(f"SIGTERM afterwards: 0 expected, got {code}: {zombie.last_words()}")
        await settle(stream)


async def _others_go_on(stream: Stream) -> bool:
    """Wait until every partition is published beyond what it is now: who goes on is not the one that is stopped."""
    before, until = await stream.marks(), monotonic() + LIVE_S
    while monotonic() < until:
        await asyncio.sleep(0.2)
        after = await stream.marks()
        if all(after[partition][1] > mark[1] for partition, mark in before.items()):
            return True
    return False


def _is_stopped(worker: Worker) -> bool:
    if not worker.is_running:
        raise FaultError(f"ended with {worker.ended.result()} before it was stopped: {worker.last_words()}")
    return Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


# -- the broker goes --------------------------------------------------------------------------------------------------


async def broker_killed(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """The broker killed and started again; the same worker goes on by itself."""
    broker = stage.broker
    assert broker is not None, "this needs a broker of its own"
    async with stage.stream("broker-killed", rng, rate=200) as stream:
        worker = await _begun(stream)
        for one in rounds:
            await asyncio.sleep(rng.uniform(0.5, 4.0))
            away = rng.choice((0.0, rng.uniform(0.0, 15.0)))
            await asyncio.to_thread(broker.kill)
            await asyncio.sleep(away)
            begun = monotonic()
            await asyncio.to_thread(broker.start)
            one.what = f"killed, started again after {away:.1f} s"
            worker = await _recovered(stream, worker, one, begun)
        await settle(stream)


async def broker_paused(stage: Stage, rng: random.Random, rounds: Sequence[Round], *, seconds: float) -> None:
    """The broker stopped for seconds; the same worker goes on by itself."""
    broker = stage.broker
    assert broker is not None, "this needs a broker of its own"
    async with stage.stream("broker-paused", rng, rate=200) as stream:
        worker = await _begun(stream)
        for one in rounds:
            await asyncio.sleep(rng.uniform(0.5, 4.0))
            broker.pause()
            await asyncio.sleep(seconds)
            broker.resume()
            one.what = f"paused for {seconds:.0f} s"
            worker = await _recovered(stream, worker, one, monotonic())
        await settle(stream)


async def _begun(stream: Stream) -> Worker:
    stream.filler.start()
    worker = await stream.start()
    if await worker.live_after(LIVE_S) is None:
        raise FaultError(f"not live within {LIVE_S} s: {worker.last_words()}")
    return worker


async def _recovered(stream: Stream, worker: Worker, one: Round, begun: float) -> Worker:
    """Wait until what is sent is published again; another worker is started if the old one ended."""
    try:
        ends = dict(stream.filler.ends)
        until = begun + 90.0
        while True:
            if not worker.is_running:
                one.failed(f"the worker ended with {worker.ended.result()}: {worker.last_words()}")
                worker = await stream.start()
            try:
                marks = await stream.marks()
            except Exception:  # noqa: BLE001  # the harness's own client meets the same fault
                marks = {}
            if all(marks.get(n, (0, 0))[1] > end for n, end in ends.items()):
                one.figures["recovered_s"] = round(monotonic() - begun, 3)
                return worker
            if monotonic() > until:
                raise FaultError(f"not recovered within 90 s: log ends {ends}, S and E {marks}")
            await asyncio.sleep(0.2)
    except FaultError as error:
        one.failed(str(error))
        return worker


# -- upstream ---------------------------------------------------------------------------------------------------------


async def aborted(stage: Stage, rng: random.Random, rounds: Sequence[Round]) -> None:
    """An upstream's transactions, some aborted: nothing of those is predicted or learned."""
    async with (
        stage.stream("aborted", rng, rate=300) as stream,
        AIOKafkaProducer(bootstrap_servers=stage.servers, transactional_id=f"{stream.gauge.name}-up") as upstream,
    ):
        stream.filler.start()
        worker = await stream.start()
        gone: list[tuple[int, int]] = []
        source = events.events(rng.randrange(5_000))
        topic = stream.gauge.topics.input
        for one in rounds:
            count, commit = rng.randint(1, 200), rng.random() < 0.3
            await upstream.begin_transaction()
            sent = [await upstream.send(topic, next(source), partition=0) for _ in range(count)]
            offsets = [(await one).offset for one in sent]
            await asyncio.sleep(rng.uniform(0.0, 0.5))
            if commit:
                await upstream.commit_transaction()
                stream.filler.ends[0] = max(stream.filler.ends[0], offsets[-1] + 1)
            else:
                await upstream.abort_transaction()
                gone += [(0, offset) for offset in offsets]
            one.what = f"{count} records {'committed' if commit else 'aborted'} by an upstream"
            if rng.random() < 0.2:
                expect_killed(one, worker, await worker.kill())
                await stream.evict()
                worker = await stream.start()
        file = stream.folder / "aborted.json"
        file.write_text(json.dumps(gone))
        await settle(stream, aborted=file)


SCENARIOS: Final = (
    Scenario("points", 20 * len(POINTS), len(POINTS), 1, points, "every named point, one worker"),
    Scenario("kills", 160, 20, 1, kills, "kill -9 at random moments, one worker"),
    Scenario(
        "kills-river", 40, 20, 1, partial(kills, course=events.INCREMENTAL),
        "the same, an incremental champion checked through River alone",
    ),
    Scenario("damaged-1", 30, 10, 1, partial(damaged, newest=1), "kill -9, the newest snapshot damaged"),
    Scenario("damaged-2", 30, 10, 1, partial(damaged, newest=2), "kill -9, the two newest damaged"),
    Scenario("damaged-all", 30, 10, 1, partial(damaged, newest=None), "kill -9, all snapshots damaged"),
    Scenario("zombies", 30, 10, 3, zombies, "SIGSTOP beyond the session, SIGCONT"),
    Scenario("sigterm", 20, 20, 1, sigterm, "SIGTERM under load: exit 0 within 5 s, S = E"),
    Scenario("aborted", 20, 20, 1, aborted, "upstream transactions, most aborted"),
    Scenario("recovery", 20, 5, 2, recovery, "kill -9 while live, the session waited out"),
    Scenario("broker-killed", 10, 5, 1, broker_killed, "kill -9 of the broker, restarted", True),
    Scenario("broker-paused-5", 5, 5, 1, partial(broker_paused, seconds=5.0), "broker paused for 5 s", True),
    Scenario("broker-paused-20", 3, 3, 1, partial(broker_paused, seconds=20.0), "broker paused for 20 s", True),
    Scenario("broker-paused-70", 2, 2, 1, partial(broker_paused, seconds=70.0), "broker paused for 70 s", True),
    Scenario("several", 60, 20, 1, several, "kill -9 at random moments, three workers, six partitions"),
    Scenario("storm", 1, 1, 1, storm, "rebalance storm: four workers, eight partitions, five minutes"),
)  # fmt: skip

"""What comes in is taken back."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from faults import events
from faults.rounds import Round
from faults.scenarios.steps import expect_killed, settle
from faults.stage import Stage


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

"""The verifier, a process of its own: the input log and the outputs, as a consumer of committed records sees them.

    python -m faults.verify GAUGE [--aborted FILE] [--river] [--metric VALUE] [--patience SECONDS]

The twin is a learner that was never interrupted: decoder, learner and envelope over the log's bytes, one record after
the other. Every output record of every partition must equal the twin's: id, key, value, headers, timestamp, order.
``--river`` also has River alone answer (an incremental champion without hold-out, drift reactions and rivals), and
``--metric`` compares the accuracy that the service showed with River's. ``--aborted`` is a JSON list of
[partition, offset] that an upstream aborted: no output may name them. Prints one JSON object; exits with 0 if all is
equal, with 1 if not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from faults import bare_river
from faults.compare import Differences, Seen, compare
from models.door.decoder import Decoder
from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Effect
from streams.delivery.envelope import Envelope
from streams.here.gaugefile import load
from streams.here.libraries import libraries
from streams.kafka.connection import client_settings
from streams.kafka.topic_table import DEFAULT_MAX_MESSAGE_BYTES

PATIENCE_S: Final = 60.0


def twin(gauge: Gauge, partition: int, log: Iterable[Any]) -> dict[str, list[Seen]]:
    """What an uninterrupted learner says about a partition's records, by output topic."""
    decoder, learner = Decoder(gauge), Learner(gauge, partition=partition, libraries=libraries())
    envelope = Envelope(gauge, partition, DEFAULT_MAX_MESSAGE_BYTES)
    said: dict[str, list[Seen]] = defaultdict(list)
    for record in log:
        kinds: Counter[type[Effect]] = Counter()
        for effect in learner.handle(decoder.decode(record), record.offset):
            output = envelope.seal(effect, record.offset, kinds[type(effect)], record.timestamp)
            kinds[type(effect)] += 1
            said[output.topic].append(_seen(output.key, output.value, output.headers, output.timestamp or -1))
    return said


def _seen(key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]], timestamp: int) -> Seen:
    fixed = tuple((name, bytes(content)) for name, content in headers)
    return Seen(dict(fixed).get("ce_id", b"").decode(), key, value, fixed, timestamp)


async def committed_records(
    settings: dict[str, Any], topics: Sequence[str], patience_s: float
) -> dict[TopicPartition, list[Any]]:
    """All records on topics that a consumer of committed records sees, once no transaction is open on them."""
    found: dict[TopicPartition, list[Any]] = {}
    async with (
        asyncio.timeout(patience_s),
        AIOKafkaConsumer(**settings, isolation_level="read_committed", enable_auto_commit=False) as consumer,
        AIOKafkaConsumer(**settings, enable_auto_commit=False) as uncommitted,
    ):
        places = []
        for topic in topics:
            # A client that was never told to care for a topic does not know its partitions (aiokafka 0.14).
            await consumer._client.add_topic(topic)
            places += [TopicPartition(topic, n) for n in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(places)
        while (ends := await consumer.end_offsets(places)) != await uncommitted.end_offsets(places):
            await asyncio.sleep(0.1)
        for place in places:
            found[place] = []
            consumer.seek(place, 0)
        unread = {place for place in places if ends[place]}
        while unread:
            for place, records in (await consumer.getmany(*unread, timeout_ms=200)).items():
                found[place] += records
            unread = {place for place in unread if await consumer.position(place) < ends[place]}
    return found


def verdict(gauge: Gauge, found: dict[TopicPartition, list[Any]], options: argparse.Namespace) -> dict[str, Any]:
    """Compare everything; ``ok`` and what is behind it."""
    topics = gauge.topics
    inputs = {place.partition: records for place, records in found.items() if place.topic == topics.input}
    differences: dict[str, Differences] = {topic: Differences() for topic in topics.outputs}
    river = 0
    accuracy: float | None = None
    for partition, log in sorted(inputs.items()):
        said = twin(gauge, partition, log)
        for topic in topics.outputs:
            seen = [_seen(r.key, r.value, r.headers, r.timestamp) for r in found[TopicPartition(topic, partition)]]
            differences[topic] = differences[topic].plus(compare(said.get(topic, []), seen))
        if options.river:
            records = [(record.offset, record.value) for record in log]
            answers, accuracy = bare_river.answers(records, str(gauge.label.field), list(gauge.classes))
            river += bare_river.differing(
                answers, [r.value for r in found[TopicPartition(topics.predictions, partition)]]
            )
    aborted = _of_aborted(options.aborted, topics.predictions, found)
    metric_differs = options.metric is not None and accuracy != options.metric
    named = {topic.removeprefix(f"{topics.input}."): d for topic, d in differences.items()}
    ok = all(d.none for d in differences.values()) and not (river or aborted or metric_differs)
    empty = not differences[topics.predictions].expected
    return {
        "ok": ok and not empty,
        "events": sum(len(log) for log in inputs.values()),
        **{name: d._asdict() for name, d in named.items()},
        **(
            {"river_differs": river, "river_accuracy": accuracy, "metric_differs": metric_differs}
            if options.river
            else {}
        ),
        **({"of_aborted": aborted} if options.aborted else {}),
    }


def _of_aborted(file: Path | None, topic: str, found: dict[TopicPartition, list[Any]]) -> int:
    if file is None:
        return 0
    gone = {(partition, offset) for partition, offset in json.loads(file.read_text())}
    said = (
        (place.partition, json.loads(record.value)["position"])
        for place, records in found.items()
        if place.topic == topic
        for record in records
    )
    return sum(position in gone for position in said)


async def _run(options: argparse.Namespace) -> dict[str, Any]:
    gauge = load(options.gauge)
    settings = client_settings(gauge.connection, {})
    found = await committed_records(settings, [gauge.topics.input, *gauge.topics.outputs], options.patience)
    return verdict(gauge, found, options)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m faults.verify", description=__doc__.partition("\n")[0])
    parser.add_argument("gauge", type=Path)
    parser.add_argument("--aborted", type=Path)
    parser.add_argument("--river", action="store_true")
    parser.add_argument("--metric", type=float)
    parser.add_argument("--patience", type=float, default=PATIENCE_S)
    return parser.parse_args(words)


def main() -> int:
    """Verify and say so."""
    said = asyncio.run(_run(arguments()))
    print(json.dumps(said))
    return 0 if said["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

"""The gauge file that a kept state was made with, out of the state itself: nobody has to keep the old file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from schemas.gauge import Gauge, GaugeError, parse_meaning
from streams.here.failures import StateRefusedError
from streams.snapshots import state
from streams.snapshots.failures import SnapshotMissingError, SnapshotRefusedError
from streams.snapshots.format import About, verify
from streams.snapshots.stores.store import SnapshotStore


def gauge_of(about: About) -> Gauge:
    """What the gauge file that made a state says, with the defaults of this release.

    Raises
    ------
    StateRefusedError
        If this release does not take what the file says.
    """
    try:
        return parse_meaning(about.gauge_file)
    except GaugeError as error:
        raise StateRefusedError(
            f"the state at {about.position} of {about.topic}/{about.partition} was made by another release of "
            f"Rivergauge, with a gauge file that this one does not take: {error}; use that release, or start over with "
            "rivergauge reset"
        ) from error


async def gauges_of_state(gauge: Gauge, environ: Mapping[str, str], settings: Mapping[str, Any]) -> list[Gauge]:
    """The gauges that the newest kept states of a gauge's partitions were made with, each once; empty if none is kept.

    Workers may be running. Nothing is written, no key is made.

    Parameters
    ----------
    gauge
        Its name, ``topics.input`` and ``[snapshots]`` tell where the states are.
    environ, settings
        The environment, and what connects to Kafka.

    Raises
    ------
    SnapshotKeyError, SnapshotStoreError
        If there is no key to check them by, or the store cannot be read.
    StateRefusedError
        See `gauge_of`.
    """
    store = state.store(gauge, environ, settings)
    try:
        found = [gauge_of(about) async for about in _newest(store, gauge, environ)]
    finally:
        await store.close()
    return list({made.digest: made for made in found}.values())


async def _newest(store: SnapshotStore, gauge: Gauge, environ: Mapping[str, str]) -> AsyncIterator[About]:
    partition, partitions = 0, gauge.topics.partitions
    while partition < partitions:
        for identity in await store.list(partition):
            try:
                about = verify(await store.get(identity), state.key(gauge, environ)).header
            except (SnapshotRefusedError, SnapshotMissingError):
                continue  # a restart passes it over as well
            partitions = max(partitions, about.partitions)
            yield about
            break
        partition += 1

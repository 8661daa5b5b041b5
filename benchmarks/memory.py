"""Whether a worker's memory stays flat: its resident size on the way through one long topic."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.places import Place
from benchmarks.processes import BenchmarkError
from benchmarks.service import worker
from benchmarks.workload import Stream

_POLL_S: Final = 0.1
_STALLED_AFTER_S: Final = 120.0


def measure(
    stream: Stream, model: str, marks: Sequence[int], *, place: Place, scratch: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """Resident bytes, as ``/metrics`` has them, when the worker passes each of ``marks`` events, under full load.

    Delivery and snapshots are the defaults; an image for a snapshot is made by a child, which is not counted.
    """
    topic = place.new_input("long")
    place.fill(topic, stream.records(marks[-1]))
    found: list[dict[str, float]] = []
    with worker(place, topic, model, scratch, delivery="exactly-once") as service:
        position, progressed = 0.0, time.monotonic()
        while len(found) < len(marks):
            service.check()
            now = service.metrics()
            if now.get("rivergauge_position", 0) > position:
                position, progressed = now["rivergauge_position"], time.monotonic()
            elif time.monotonic() - progressed > _STALLED_AFTER_S:
                raise BenchmarkError(f"the worker stands at {position:.0f} of {marks[-1]}")
            if position >= marks[len(found)]:
                found.append({"position": position, "rss_bytes": now["process_resident_memory_bytes"]})
                say(f"memory at {position:,.0f} events: {found[-1]['rss_bytes'] / 1e6:,.1f} MB")
            time.sleep(_POLL_S)
    return {
        "broker": place.name,
        "model": model,
        "marks": found,
        "growth_bytes": found[-1]["rss_bytes"] - found[0]["rss_bytes"],
    }

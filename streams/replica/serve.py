"""What a replica's process runs: the worker's listener, guard and ways to end, with a replica for its work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from schemas.gauge import Gauge
from streams.worker.worker import Load

if TYPE_CHECKING:  # it brings River and aiokafka, for which the first second does not wait
    from streams.replica.replica import Replica


def replica(gauge: Gauge, *, environ: Mapping[str, str], **options: Any) -> Load:
    """What a `streams.worker.worker.Worker` loads to be a replica."""

    def load() -> Callable[[Callable[[BaseException], None]], Replica]:
        from streams.replica.replica import Replica

        return lambda fail: Replica(gauge, environ=environ, fail=fail, **options)

    return load

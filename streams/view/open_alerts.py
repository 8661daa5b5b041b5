"""Which episodes of a partition are open, by its alerts alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.gauge import Gauge
from streams.here.failures import TopicsError
from streams.orders.endings import Alerts
from streams.view.follower import Follower
from streams.view.view import View


async def open_alerts(gauge: Gauge, settings: Mapping[str, Any], partition: int) -> Alerts:
    """What a partition's alerts come to, as far as they are committed; nothing where the topic is missing.

    Raises
    ------
    WorkerError
        If the broker cannot be reached, or does not let us read.
    """
    view = View()
    try:
        await Follower(gauge, settings, view, kinds=("alert",), partition=partition).read_to_end()
    except TopicsError:
        return Alerts()
    newest = view.position(partition)
    return Alerts([one.last for one in view.episodes.open()], 0 if newest is None else newest[1] + 1)

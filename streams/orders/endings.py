"""What a reset ends: the episodes that were open, which nobody goes on with.

The learner that would have closed them is gone with its epoch. So the reset closes them, under ids of that epoch, at
the position up to which it had come: no record of it was or will be published there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert
from streams.delivery.envelope import Envelope, Output
from streams.orders.orders import Reset


class Alerts(NamedTuple):
    """What one partition's alerts come to: the newest record of each episode that is open, and a position that is above
    those of all.
    """

    open: Sequence[DriftAlert] = ()
    end: int = 0


ReadAlerts: TypeAlias = Callable[[Gauge, Mapping[str, Any], int], Awaitable[Alerts]]
"""Reads the alerts of a gauge's partition (`streams.view.open_alerts`), given the client settings."""


def endings(gauge: Gauge, order: Reset, alerts: Alerts, *, dealt_with: int, kept: Collection[str]) -> list[Output]:
    """The records that close what is open, but for the episodes ``kept``, with which the new epoch's state goes on.

    ``dealt_with`` is the position up to which the epoch before had come.
    """
    position = max(dealt_with, alerts.end)
    envelope = Envelope(gauge, order.partition, 0, epoch=order.epoch - 1)
    over = [alert for alert in alerts.open if alert.episode not in kept]
    return [envelope.seal(_closed(alert, order, position), position, n, None) for n, alert in enumerate(over)]


def _closed(alert: DriftAlert, order: Reset, position: int) -> DriftAlert:
    return alert._replace(
        position=position,
        time=None,
        status=AlertStatus.CLOSED,
        cause=f"the gauge was started over, as epoch {order.epoch}: this is watched no more",
        figure=None,
        moved=None,
        expected_share=None,
        advice=None,
    )

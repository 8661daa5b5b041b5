"""A message to every receiver at which nothing is wrong, so that who sets one up sees it arrive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import aiohttp

from schemas.alerts import Severity
from schemas.gauge import Gauge, Receiver
from schemas.record_table import KIND_OF
from schemas.records import AlertStatus, DriftAlert
from streams.notify.address import Address
from streams.notify.messages import message
from streams.notify.told import Outcome
from streams.notify.webhook import Delivery, Message, Webhook
from streams.view.published import Place, Published

WORDS: Final = "rivergauge notify --try: nothing is wrong"


async def tried(gauge: Gauge, where: Mapping[str, Address]) -> dict[str, Delivery]:
    """What became of an opening and its end at each receiver, by its name; each is tried once.

    The end is sent where the opening was taken. Nothing is recorded, and no broker is asked.
    """
    found = {}
    async with aiohttp.ClientSession() as session:
        for name, address in where.items():
            webhook = Webhook(name, address.url, address.headers, give_up_after_s=0, session=session)
            for status in (AlertStatus.OPENED, AlertStatus.CLOSED):
                found[name] = await webhook.deliver(_message(gauge, gauge.notify.receivers[name], status))
                if found[name].outcome is not Outcome.DELIVERED:
                    break
    return found


def _message(gauge: Gauge, receiver: Receiver, status: AlertStatus) -> Message:
    now = datetime.now(UTC)
    alert = DriftAlert(
        position=0,
        time=now,
        episode="try",
        status=status,
        cause=WORDS,
        severity=Severity.MINOR,
        drift=receiver.kinds[0],
        detector="none",
        statistic=0.0,
        threshold=0.0,
        loss_before=None,
        loss_now=None,
        version="none",
        first=0,
        last=0,
        labels=0,
        coverage=0.0,
    )
    identity = f"{gauge.topics.input}:0:0:alert:try-{now.timestamp():.6f}"
    published = Published(0, 0, 0, identity, Place(0, 0, 0), KIND_OF[DriftAlert], alert)
    return message(receiver.form, gauge.name, gauge.notify, published, alert)

"""What a monitor has found, for whoever decides what is done about it."""

from __future__ import annotations

from typing import NamedTuple

from schemas.alerts import DriftKind, Severity
from schemas.records import AlertStatus


class Finding(NamedTuple):
    """News of one episode; ``subject`` is what the episode is about where its kind has several."""

    kind: DriftKind
    subject: str | None
    status: AlertStatus
    severity: Severity

"""Monitors: what watches the stream for changes and opens alerts.

A new monitor is a class in a file of its own and a row in `MONITORS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from models.asked import Asked
from models.drift.budget import Part
from models.drift.columns.monitor import ColumnMonitor
from models.drift.episodes import Episodes
from models.drift.error_monitor import ErrorMonitor
from models.turn import Turn
from schemas.events import Label
from schemas.gauge import Drift, Gauge


class Monitor(Protocol):
    """Watches the stream; reports episodes.

    It is a part of the state: what it holds is bounded, and follows from its arguments alone.
    """

    def event(self, asked: Asked, turn: Turn) -> None:
        """An event was answered; its label may come at once, later or never. Held-out events come here too."""

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> None:
        """A label has come, in order of arrival. ``champion`` leads now, not when the event was asked."""

    def answering_changed(self) -> None:
        """Another version leads, or decides otherwise: its error has a reference of its own."""

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file from the next record on."""

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""


MONITORS: Final[dict[str, Callable[[Gauge, Episodes], Monitor | None]]] = {
    "error": ErrorMonitor,
    "columns": ColumnMonitor.of,
}
"""By name, what makes the monitor that a gauge file asks for; ``None`` where it does not."""


class Monitors:
    """The monitors that a gauge file asks for."""

    def __init__(self, gauge: Gauge, episodes: Episodes) -> None:
        self._episodes = episodes
        self._events = episodes.spending(Part.COLUMNS)
        self._labels = episodes.spending(Part.ERRORS)
        self._look_as(gauge.drift)
        made = {name: make(gauge, episodes) for name, make in MONITORS.items()}
        self.by_name = {name: monitor for name, monitor in made.items() if monitor is not None}

    def event(self, asked: Asked, turn: Turn) -> None:
        """An event was answered."""
        if self._looks_at_events:
            self._events.look(turn.time)
        for monitor in self.by_name.values():
            monitor.event(asked, turn)

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> None:
        """A label has come."""
        if self._looks_at_labels and not asked.held_out:
            self._labels.look(turn.time)
        for monitor in self.by_name.values():
            monitor.label(asked, y, champion, turn)

    def answering_changed(self) -> None:
        """Another version leads, or decides otherwise."""
        for monitor in self.by_name.values():
            monitor.answering_changed()

    def _look_as(self, drift: Drift) -> None:
        self._looks_at_labels = drift.enabled
        self._looks_at_events = drift.enabled and drift.columns.enabled

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file: a monitor that it adds begins there, one that it drops ends."""
        self._look_as(gauge.drift)
        kept = {}
        for name, make in MONITORS.items():
            monitor = self.by_name.get(name)
            if monitor is not None:
                monitor.adopt(gauge)
            made = make(gauge, self._episodes)
            if made is not None:
                kept[name] = made if monitor is None else monitor
        self.by_name = kept

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        for name, monitor in self.by_name.items():
            yield from (f"monitor {name}: {what}" for what in monitor.broken())

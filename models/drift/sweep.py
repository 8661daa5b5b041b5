"""What other budgets of false alarms would have raised: the monitors of a learner, with others beside them.

Each of the others looks at what the learner's own look at, with a budget and episodes of its own, and nothing follows
from what it finds. So it tells of this run: with another budget other challengers would have started.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from models.asked import Asked
from models.counts import Counts
from models.drift.budget import Part
from models.drift.episodes import Episodes
from models.drift.monitor import Monitors
from models.names import Names
from models.turn import Turn
from schemas.alerts import Chance
from schemas.events import Label
from schemas.gauge import Drift, Gauge
from schemas.records import AlertStatus, DriftAlert


class Swept(NamedTuple):
    """What one budget would have raised of one kind of watch: what chance gives at most, and the alerts that opened."""

    false_alarms: str
    watch: str
    chance: Chance
    opened: list[DriftAlert]


class _Beside:
    def __init__(self, gauge: Gauge, false_alarms: str, counts: Counts) -> None:
        drift = Drift(
            **{name: getattr(gauge.drift, name) for name in Drift.model_fields}
            | {"false_alarms": false_alarms, "quiet": []}
        )
        changed = gauge.model_copy(update={"drift": drift})
        self.episodes = Episodes(changed, Names(0), counts)
        self.monitors = Monitors(changed, self.episodes)
        self.opened: list[DriftAlert] = []

    def take(self, turn: Turn) -> None:
        alerts = [one for one in turn.effects if isinstance(one, DriftAlert)]
        self.opened += [alert for alert in alerts if alert.status is AlertStatus.OPENED]

    def of(self, part: Part) -> Iterator[DriftAlert]:
        return (alert for alert in self.opened if self.episodes.part_of(alert.drift) is part)


class Sweep(Monitors):
    """Monitors with those of other budgets beside them; for a run over a file, whose state is not kept.

    Parameters
    ----------
    budgets
        As ``drift.false_alarms`` has them.
    """

    def __init__(self, gauge: Gauge, episodes: Episodes, budgets: Iterable[str]) -> None:
        super().__init__(gauge, episodes)
        self._beside = {budget: _Beside(gauge, budget, episodes.counts) for budget in budgets}

    def event(self, asked: Asked, turn: Turn) -> None:
        """An event was answered."""
        super().event(asked, turn)
        for one in self._beside.values():
            aside = Turn(turn.position, turn.time)
            one.monitors.event(asked, aside)
            one.take(aside)

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> None:
        """A label has come."""
        super().label(asked, y, champion, turn)
        for one in self._beside.values():
            aside = Turn(turn.position, turn.time)
            one.monitors.label(asked, y, champion, aside)
            one.take(aside)

    def answering_changed(self) -> None:
        """Another version leads, or decides otherwise."""
        super().answering_changed()
        for one in self._beside.values():
            one.monitors.answering_changed()

    def found(self) -> list[Swept]:
        """What each budget would have raised, by the watch that spends it; of those that have looked at something."""
        return [
            Swept(budget, str(part), one.episodes.spending(part).chance(), [*one.of(part)])
            for budget, one in self._beside.items()
            for part in (Part.ERRORS, Part.COLUMNS)
            if one.episodes.spending(part).events
        ]

"""The monitor of all columns: rows go in, and each alarm of theirs becomes an episode with what moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from models.asked import Asked
from models.drift.budget import Part, budget_of
from models.drift.columns.blocks import Blocks, Judged
from models.drift.columns.columns import Rows, columns_of
from models.drift.columns.movements import movements
from models.drift.columns.open import Open
from models.drift.columns.severity import severity_of
from models.drift.episodes import Episodes
from models.drift.evidence.column import Role
from models.drift.evidence.kinds import ADVICE, kind_of
from models.drift.evidence.kinds import Judged as Movement
from models.drift.grounds import Grounds
from models.turn import Turn
from schemas.alerts import DriftKind, Moved
from schemas.events import Label
from schemas.gauge import Gauge
from schemas.records import AlertStatus

DETECTOR: Final = "columns"
SHOWN: Final = 20
"""Columns that an alert shows."""
YOUNG_EVENTS: Final = 20_000
"""Events until a stream has shown how it wanders; most false alarms that were met lay before."""

_ANSWERS: Final = frozenset({Role.SCORE, Role.PREDICTED})
_YOUNG: Final = (
    f"within the first {YOUNG_EVENTS:,} events what is usual for the stream (a first rain, a first weekend) may look "
    "like a change: drift.columns.history_events holds early alarms back"
)
_WATCHED_OTHERWISE: Final = "the gauge file has changed: columns are watched otherwise"


class Now(NamedTuple):
    """Where an alert stands: the evidence over the budget, the version that answered, the turn."""

    statistic: float
    version: str
    turn: Turn


class ColumnMonitor:
    """Watches features, what is answered, labels, their delay and traffic; held-out events too, but not their labels.

    An alarm opens an episode of the kind that it seems to be of. When names are fixed, some blocks later, the episode
    is updated, or gives way to one of the kind that it turned out to be.
    """

    def __init__(self, gauge: Gauge, episodes: Episodes) -> None:
        self._episodes = episodes
        self._spend(gauge)
        self._open: dict[DriftKind, Open] = {}
        self._alarmed_as: DriftKind | None = None
        self._was_open = False
        self._first: int | None = None
        self._rows: Rows | None
        self._blocks: Blocks | None
        self._rows, self._blocks = _watch(gauge)

    def _spend(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._budget = budget_of(gauge.drift, Part.COLUMNS)
        self._history = gauge.drift.columns.history_events

    @classmethod
    def of(cls, gauge: Gauge, episodes: Episodes) -> Self | None:
        """The monitor that a gauge file may ask for: where columns are not watched, it closes what was open."""
        return cls(gauge, episodes) if gauge.drift.enabled else None

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        for kind in self._open:
            if self._episodes.name_of(kind, None) is None:
                yield f"the watch on columns has an episode of {kind}, and none is open"
        if self._blocks is not None:
            yield from self._blocks.broken()

    def adopt(self, gauge: Gauge) -> None:
        """Spend the budget of a changed gauge file; where it has other columns or blocks, watch from the beginning."""
        before = self._gauge
        self._spend(gauge)
        if _watched(before) == _watched(gauge):
            return
        self._rows, self._blocks = _watch(gauge)
        self._alarmed_as = None
        for one in self._open.values():
            one.ended = True

    def answering_changed(self) -> None:
        """What is answered is another model's from here on."""
        if self._blocks is not None:
            for place, one in enumerate(columns_of(self._gauge)):
                if one.column.role in _ANSWERS:
                    self._blocks.restart(place)

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> None:
        """A label has come: it is seen with the next event."""
        if self._rows is not None and not asked.held_out:
            self._rows.label(asked, y, turn)

    def event(self, asked: Asked, turn: Turn) -> None:
        """An event was answered."""
        if self._open:
            for kind in [kind for kind, one in self._open.items() if one.ended]:
                self._close(kind, _WATCHED_OTHERWISE, Now(0.0, asked.lineup.answering, turn))
        rows, blocks = self._rows, self._blocks
        if rows is None or blocks is None:
            return
        if self._first is None:
            self._first = turn.position
        blocks.at(turn.time)
        judged = blocks.add(rows.row(asked, turn), budget=self._budget, history=self._history)
        if judged is not None and (judged.alarm is not None or self._open):
            self._judged(judged, blocks, Now(self._budget * judged.total, asked.lineup.answering, turn))

    def _judged(self, judged: Judged, blocks: Blocks, now: Now) -> None:
        if judged.alarmed or judged.fixed:
            assert judged.alarm is not None
            moved = movements(
                judged.alarm, blocks, [one.column for one in columns_of(self._gauge, now.turn.vocabulary)]
            )
            kind = kind_of(moved)
            if judged.alarmed:
                self._alarmed_as, self._was_open = kind, kind in self._open
                self._tell(kind, moved, "columns moved", now)
            else:
                self._fix(kind, moved, now)
                if kind in self._open:
                    self._open[kind].follow(blocks, judged.alarm)
        if judged.alarm is None:
            for kind, one in [*self._open.items()]:
                why = one.look(blocks)
                if why is not None:
                    self._close(kind, why, now)

    def _fix(self, kind: DriftKind, moved: list[Movement], now: Now) -> None:
        seemed, alarms = self._alarmed_as, 1
        if seemed is not None and seemed is not kind and not self._was_open and seemed in self._open:
            self._close(seemed, f"it turned out to be of another kind: {kind}", now)
            alarms = 0
        self._tell(kind, moved, "what moved is known", now, alarms)

    def _tell(self, kind: DriftKind, moved: list[Movement], cause: str, now: Now, alarms: int = 1) -> None:
        status = AlertStatus.UPDATED
        if kind not in self._open:
            if not self._episodes.may_open(kind, None):
                return
            status = AlertStatus.OPENED
            self._open[kind] = Open()
        one = self._open[kind]
        one.names = [movement.moved.column for movement in moved[:SHOWN]]
        one.severity = severity_of(moved, of=len(columns_of(self._gauge)))
        more = f", and {len(moved) - SHOWN} more" if len(moved) > SHOWN else ""
        shown = tuple(movement.moved for movement in moved[:SHOWN])
        self._report(kind, status, f"{cause}: {', '.join(one.names)}{more}", now, shown, alarms)

    def _close(self, kind: DriftKind, cause: str, now: Now) -> None:
        self._report(kind, AlertStatus.CLOSED, f"{', '.join(self._open[kind].names)}: {cause}", now, None)
        del self._open[kind]

    def _report(
        self,
        kind: DriftKind,
        status: AlertStatus,
        cause: str,
        now: Now,
        moved: tuple[Moved, ...] | None,
        alarms: int = 1,
    ) -> None:
        is_young = self._blocks is not None and self._blocks.events < YOUNG_EVENTS
        grounds = Grounds(
            cause=cause,
            severity=self._open[kind].severity,
            detector=DETECTOR,
            statistic=now.statistic,
            threshold=1.0,
            version=now.version,
            first=self._first or 0,
            moved=moved,
            advice=ADVICE.get(kind),
            alarms=alarms,
            note=_YOUNG if is_young else None,
        )
        self._episodes.report(kind, None, status, grounds, now.turn)


def _watched(gauge: Gauge) -> tuple[object, ...]:
    """What the watch is of: where it changes, it begins anew."""
    columns = gauge.drift.columns
    listed = [(one.column.name, one.column.role) for one in columns_of(gauge)] if columns.enabled else []
    return (columns.block_events, columns.season, bool(budget_of(gauge.drift, Part.COLUMNS)), listed)


def _watch(gauge: Gauge) -> tuple[Rows, Blocks] | tuple[None, None]:
    watched = columns_of(gauge)
    if not watched or not gauge.drift.columns.enabled or not budget_of(gauge.drift, Part.COLUMNS):
        return None, None
    codes = tuple(one.column.is_category for one in watched)
    columns = gauge.drift.columns
    most = max(one.most for one in watched)
    return Rows(watched), Blocks(codes, most, columns.block_events, tuple(columns.season))

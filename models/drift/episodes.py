"""Episodes: what is wrong, from its opening to its close. This is the only place that makes an alert.

A monitor decides when something is wrong, and reports it here. Here it gets a name, is counted and, unless its kind is
watched in silence, becomes a record. Of one subject of a kind at most one episode is open: it is opened once, updated
only while it is open, and closed once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from models.counts import Counts
from models.drift.budget import Part, Spending, budget_of
from models.drift.finding import Finding
from models.drift.grounds import Grounds
from models.names import Names
from models.turn import Turn
from schemas.alerts import DRIFTS, Chance, DriftKind, Severity
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert
from schemas.status import OpenEpisode, Watched

_Key: TypeAlias = tuple[str, str | None]
"""Kind and subject; the kind as plain text, as a snapshot holds no tuples of enum members."""

_PART_OF: Final = {
    DriftKind.CONCEPT: Part.ERRORS,
    DriftKind.COVARIATE: Part.COLUMNS,
    DriftKind.PRIOR: Part.COLUMNS,
    DriftKind.DATA_FAULT: Part.COLUMNS,
    DriftKind.LABELS: Part.COLUMNS,
    DriftKind.PERFORMANCE: Part.PERFORMANCE,
}
"""What watches for a kind, and spends budget on it. Fairness has a promise of its own, and failures are no chance."""

_MOST_COOLING: Final = 1_000
"""Subjects whose cool-down is kept; the oldest is forgotten first."""


class Episode(NamedTuple):
    """One that is open: its name, where it was opened, and how bad it was when it was last reported.

    A ``quiet`` one was opened in silence, and stays so to its close.
    """

    name: str
    position: int
    severity: Severity
    quiet: bool


class Episodes:
    """All episodes of one learner, by kind and subject; a kind that has one subject only has ``None``.

    It holds the open ones, a number for each kind, and of the newest 1,000 that have closed where that was, while a
    cool-down is declared.
    """

    def __init__(self, gauge: Gauge, names: Names, counts: Counts) -> None:
        self.names = names
        self.counts = counts
        self.cooldown = gauge.drift.cooldown_labels
        self._quiet = [*gauge.drift.quiet]
        self._open: dict[_Key, Episode] = {}
        self._opened: dict[DriftKind, int] = {}
        self._cooling: dict[_Key, int] = {}
        self._spendings = {part: Spending(budget_of(gauge.drift, part)) for part in Part}

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file from the next record on.

        An episode that is open stays as quiet or as loud as it was opened.
        """
        self.cooldown = gauge.drift.cooldown_labels
        self._quiet = [*gauge.drift.quiet]
        for part, spending in self._spendings.items():
            spending.spend(budget_of(gauge.drift, part))

    def spending(self, part: Part) -> Spending:
        """What a part of the budget came to; whoever watches counts here what it looks at."""
        return self._spendings[part]

    def part_of(self, kind: DriftKind) -> Part | None:
        """The part of the budget that what watches for a kind spends; ``None`` of a kind with another promise."""
        return _PART_OF.get(kind)

    def may_open(self, kind: DriftKind, subject: str | None) -> bool:
        """Whether an episode may be opened now: none is open, and none has closed less than a cool-down ago.

        To be asked before `report` is told of an opening. That no model is left knows no cool-down.
        """
        key = (str(kind), subject)
        if key in self._open:
            return False
        closed = self._cooling.get(key) if self.cooldown else None
        return closed is None or kind is DriftKind.MODELS or self._now(kind) - closed >= self.cooldown

    def report(self, kind: DriftKind, subject: str | None, status: AlertStatus, grounds: Grounds, turn: Turn) -> None:
        """Open, update or close an episode: emit the alert unless it is quiet, and put the finding on the turn.

        Raises
        ------
        ValueError
            If an episode is opened that may not be, or news come of one that is not open; nothing has changed then.
        """
        key = (str(kind), subject)
        part = grounds.part or self.part_of(kind)
        spending = None if part is None else self._spendings[part]
        if status is AlertStatus.OPENED:
            episode = self._begun(kind, subject, grounds, turn)
            if spending is not None:
                spending.alarms += grounds.alarms
        elif key in self._open:
            episode = self._open[key]._replace(severity=grounds.severity)
        else:
            raise ValueError(f"only an open episode is {status}, and none is open of {kind}, {subject}")
        if status is AlertStatus.CLOSED:
            del self._open[key]
            self._cool(key, self._now(kind))
        else:
            self._open[key] = episode
        finding = Finding(kind, subject, status, grounds.severity)
        if not episode.quiet:
            chance = None if spending is None else spending.chance(grounds.note)
            turn.emit(self._alert(finding, episode, grounds, chance, turn))
        turn.findings.append(finding)

    def _begun(self, kind: DriftKind, subject: str | None, grounds: Grounds, turn: Turn) -> Episode:
        if not self.may_open(kind, subject):
            raise ValueError(f"an episode of {kind}, {subject}, may not be opened: ask may_open before")
        number = self._opened[kind] = self.opened(kind) + 1
        # An episode of the error has a bare number: it was the first kind there was.
        called = number if kind is DriftKind.CONCEPT else f"{kind}-{number}"
        return Episode(self.names.of(called), turn.position, grounds.severity, kind in self._quiet)

    def _now(self, kind: DriftKind) -> int:
        # What is watched without labels must not cool down for ever where labels never come.
        return self.counts.predictions if self.part_of(kind) is Part.COLUMNS else self.counts.labels

    def _cool(self, key: _Key, now: int) -> None:
        if not self.cooldown:
            self._cooling.clear()
            return
        self._cooling.pop(key, None)
        self._cooling[key] = now
        if len(self._cooling) > _MOST_COOLING:
            del self._cooling[next(iter(self._cooling))]

    def _alert(
        self, finding: Finding, episode: Episode, grounds: Grounds, chance: Chance | None, turn: Turn
    ) -> DriftAlert:
        return DriftAlert(
            position=turn.position,
            time=turn.time,
            episode=episode.name,
            status=finding.status,
            cause=grounds.cause,
            severity=grounds.severity,
            drift=finding.kind,
            detector=grounds.detector,
            statistic=grounds.statistic,
            threshold=grounds.threshold,
            loss_before=grounds.loss_before,
            loss_now=grounds.loss_now,
            version=grounds.version,
            first=grounds.first,
            last=turn.position,
            labels=self.counts.labels,
            coverage=self.counts.coverage,
            subject=finding.subject,
            figure=grounds.figure,
            chance=chance,
            moved=grounds.moved,
            expected_share=grounds.expected_share,
            advice=grounds.advice,
            severity_by=grounds.severity_by,
        )

    def name_of(self, kind: DriftKind, subject: str | None) -> str | None:
        """The name of the episode that is open; ``None`` if none is."""
        episode = self._open.get((str(kind), subject))
        return None if episode is None else episode.name

    @property
    def any_open(self) -> bool:
        """Whether an episode is open, of any kind."""
        return bool(self._open)

    def subjects(self, kind: DriftKind) -> list[str | None]:
        """What the open episodes of a kind are about."""
        return [subject for open_kind, subject in self._open if open_kind == kind]

    def opened(self, kind: DriftKind) -> int:
        """How many episodes of a kind were opened."""
        return self._opened.get(kind, 0)

    @property
    def total(self) -> int:
        """How many episodes were opened."""
        return sum(self._opened.values())

    @property
    def drifting(self) -> bool:
        """Whether an episode of a change of the world is open."""
        return any(kind in DRIFTS for kind, _ in self._open)

    def status(self) -> Watched:
        """Which episodes are open, how many there were, and what the budget came to."""
        return Watched(
            open=[
                OpenEpisode(
                    episode=one.name,
                    kind=DriftKind(kind),
                    subject=subject,
                    severity=one.severity,
                    position=one.position,
                    quiet=one.quiet,
                )
                for (kind, subject), one in self._open.items()
            ],
            opened={kind: self.opened(kind) for kind in DriftKind},
            chances={str(part): spending.chance() for part, spending in self._spendings.items() if spending.events},
        )

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        names = [episode.name for episode in self._open.values()]
        if len({*names}) < len(names):
            yield f"two episodes that are open share a name: {', '.join(sorted(names))}"
        for kind, subject in self._open:
            if not self.opened(DriftKind(kind)):
                yield f"an episode of {kind}, {subject}, is open, and none was opened"
        if len(self._cooling) > _MOST_COOLING:
            yield f"{len(self._cooling)} subjects cool down"

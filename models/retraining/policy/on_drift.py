"""A reason for a challenger: an episode of one of the kinds that were named, or of all of them at the same time."""

from __future__ import annotations

from models.drift.episodes import Episodes
from models.drift.finding import Finding
from models.retraining.policy.facts import Facts
from schemas.alerts import DriftKind
from schemas.gauge import Conditions, Retraining
from schemas.records import AlertStatus


class OnDrift:
    """It comes up with the news of an episode, opened or worse, and is gone when that closes.

    Parameters
    ----------
    policy
        What names the kinds.
    episodes
        Those that are open; facts hold news that were entered there before.
    """

    def __init__(self, policy: Retraining, episodes: Episodes) -> None:
        self._policy = policy
        self._episodes = episodes
        self._kinds: tuple[DriftKind, ...] = ()

    @property
    def is_on(self) -> bool:
        """See `Condition.is_on`."""
        return self._policy.conditions is not None

    def adopt(self, policy: Retraining) -> None:
        """See `Condition.adopt`."""
        if policy.conditions != self._policy.conditions:
            self._kinds = ()
        self._policy = policy

    def take(self, facts: Facts) -> None:
        """See `Condition.take`."""
        if facts.findings and (wanted := self._policy.conditions) is not None:
            for finding in facts.findings:
                self._hear(finding, wanted)

    def _hear(self, finding: Finding, wanted: Conditions) -> None:
        kind = finding.kind
        if kind not in wanted.kinds:
            return
        if finding.status is AlertStatus.CLOSED:
            gone = not self._episodes.subjects(kind)
            if wanted.all is not None and gone:
                self._kinds = ()
            else:
                self._kinds = tuple(one for one in self._kinds if one is not kind or not gone)
        elif wanted.all is None:
            self._kinds = (*(one for one in self._kinds if one is not kind), kind)
        elif all(map(self._episodes.subjects, wanted.all)):
            self._kinds = (*wanted.all,)

    def due(self, labels: int) -> str | None:
        """See `Condition.due`."""
        return f"drift: {' and '.join(self._kinds)}" if self._kinds else None

    def started(self, labels: int) -> None:
        """See `Condition.started`."""
        self._kinds = ()

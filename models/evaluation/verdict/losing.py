"""The alert that the service is worse than a baseline: an episode that opens and closes by evidence.

It is about the newest labels, never about the whole life. A service that drifted away may lead over its life for long
after it has become useless, and one that began badly may trail over its life for long after it has caught up. As the
lead at first is over the whole life too, a service that never was better is found as early.

The evidence is an interval that holds at every look, so that looking often costs no false alarms: each stretch of
labels may spend what the gauge's budget gives to as many labels. A service that is as good as the baseline is called
worse that seldom; one that is better, hardly ever.

It opens nothing where the leading metric is no mean of errors and is ahead of the baseline over the whole life: where
classes are rare, the commonest class is seldom wrong and of no use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from models.drift.budget import Part, budget_of
from models.drift.episodes import Episodes
from models.drift.grounds import Grounds
from models.evaluation.verdict.lead import PERIOD, Found, Lead, Stretch
from models.judging.severity import severity
from models.turn import Turn
from schemas.alerts import DriftKind
from schemas.evaluated import Figure
from schemas.gauge import Gauge, Task
from schemas.records import AlertStatus

LOOK_EVERY: Final = 50
"""Labels from one look to the next."""
FEWEST_LABELS: Final = 1_000
"""Labels in a row that open an episode, or close it. A worse hour is no worse model, and dependence that is longer than
a few per cent of the labels looked at cannot be seen."""


class Losing:
    """Watches the service's lead over each baseline; at most one episode is open, about one baseline.

    Parameters
    ----------
    leads
        The board's, by baseline: they are taken in before this looks.
    """

    def __init__(self, gauge: Gauge, episodes: Episodes, leads: Mapping[str, Lead]) -> None:
        self._episodes = episodes
        self._spending = episodes.spending(Part.PERFORMANCE)
        self._numeric = gauge.task is Task.REGRESSION
        self._alerts = gauge.drift.enabled
        self._alpha = _alpha(gauge)
        self._leads = leads
        self._closing = Stretch(numeric=self._numeric)
        self.subject: str | None = None
        """The baseline that the open episode is about."""

    def adopt(self, gauge: Gauge) -> None:
        """Spend the budget of a changed gauge file."""
        self._alerts = gauge.drift.enabled
        self._alpha = _alpha(gauge)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        if self.subject is None and self._closing.n:
            yield f"an episode that is not open would close after {self._closing.n} labels"
        if self.subject is not None and self._episodes.name_of(DriftKind.PERFORMANCE, self.subject) is None:
            yield f"the service is said to lose to {self.subject}, and no episode is open"

    def extend(self, baseline: str, found: Found) -> None:
        """Take in what was found of labels, for the episode that is open."""
        if self.subject == baseline:
            self._closing.extend(found)

    def look(self, champion: str, turn: Turn, ahead: Callable[[str], bool]) -> None:
        """Look at the leads, every `LOOK_EVERY` labels.

        Parameters
        ----------
        champion
            The version that answered.
        ahead
            Says of a baseline whether the leading metric is on the service's side. Asked seldom.
        """
        if self._alerts:
            self._spending.look(turn.time, LOOK_EVERY)
        if self.subject is not None:
            if self._closing.n >= FEWEST_LABELS:
                self._judge(self.subject, champion, turn)
        elif self._alerts:
            self._look(champion, turn, ahead)

    def recent(self) -> dict[str, Figure]:
        """The lead over each baseline over the newest labels: where it surely trails, of the stretch that shows it."""
        shown = {name: self._trails(lead) or lead.older for name, lead in self._leads.items()}
        return {
            name: stretch.figure(alpha=self._alpha) for name, stretch in shown.items() if stretch.n >= FEWEST_LABELS
        }

    def _look(self, champion: str, turn: Turn, ahead: Callable[[str], bool]) -> None:
        found = {name: self._trails(lead) for name, lead in self._leads.items()}
        trailing = {name: stretch for name, stretch in found.items() if stretch is not None and not ahead(name)}
        if trailing:
            subject = min(trailing, key=lambda name: trailing[name].ahead.value or 0.0)
            if self._episodes.may_open(DriftKind.PERFORMANCE, subject):
                self.subject = subject
                self._report(AlertStatus.OPENED, subject, trailing[subject], champion, turn)

    def _trails(self, lead: Lead) -> Stretch | None:
        """A stretch in which the service surely trails."""
        for stretch in (lead.older, lead.younger):
            if stretch.n >= FEWEST_LABELS and (stretch.ahead.value or 0.0) < 0:
                high = stretch.figure(alpha=self._alpha).high
                if high is not None and high < 0:
                    return stretch
        return None

    def _judge(self, subject: str, champion: str, turn: Turn) -> None:
        closing, self._closing = self._closing, Stretch(numeric=self._numeric)
        if (closing.ahead.value or 0.0) < 0:
            return
        self._report(AlertStatus.CLOSED, subject, closing, champion, turn)
        self.subject = None
        for lead in self._leads.values():
            lead.forget_the_newest()  # what opened this episode opens no other one

    def _report(self, status: AlertStatus, subject: str, stretch: Stretch, champion: str, turn: Turn) -> None:
        figure = stretch.figure(alpha=self._alpha)
        assert figure.value is not None
        assert stretch.error is not None
        assert stretch.first is not None
        other = stretch.error + figure.value
        grounds = Grounds(
            cause=_CAUSES[status].format(subject),
            severity=severity(other, stretch.error, numeric=self._numeric),
            detector="paired_lead",
            statistic=-figure.value,
            threshold=0.0 if figure.high is None else figure.high - figure.value,
            loss_before=other,
            loss_now=stretch.error,
            version=champion,
            first=stretch.first,
            figure=figure,
        )
        self._episodes.report(DriftKind.PERFORMANCE, subject, status, grounds, turn)


_CAUSES: Final = {AlertStatus.OPENED: "{} would serve better", AlertStatus.CLOSED: "no longer worse than {}"}


def _alpha(gauge: Gauge) -> float:
    """What one stretch may spend on one of two baselines: a false alarm costs as much as one of drift."""
    return min(0.05, budget_of(gauge.drift, Part.PERFORMANCE) * PERIOD / 2)

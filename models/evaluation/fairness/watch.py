"""The protected attributes of a gauge: what their groups are served, and an alert where one is treated otherwise.

Selection is counted on every answer, when it is given: it needs no label, and labels that never come cannot bend it.
Rates of true and false positives are counted on the answers whose labels have come.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from models.answer import Answer
from models.asked import Asked
from models.drift.episodes import Episodes
from models.drift.grounds import Grounds
from models.evaluation.fairness.criterion import Bounds, Criterion, News
from models.evaluation.fairness.episode import Episode
from models.evaluation.fairness.pairing import Group
from models.groups import MISSING, said_of, slices_of
from models.turn import Turn
from schemas.alerts import DriftKind
from schemas.evaluated import EqualisedOdds, FairnessFigures, ProtectedAttribute
from schemas.events import Label
from schemas.gauge import Gauge
from schemas.records import AlertStatus

CRITERIA: Final = {
    "selected": "demographic parity",
    "true_positives": "equal opportunity",
    "false_positives": "equalised odds (false positives)",
}
"""What each rate of an attribute is about, in the order in which news is told."""


class Attribute:
    """One protected attribute; ``at`` is its place among the slices, ``definition`` what its groups are made by."""

    __slots__ = ("at", "definition", "false_positives", "name", "selected", "true_positives")

    def __init__(self, name: str, gauge: Gauge) -> None:
        self.name = name
        self.at = slices_of(gauge).index(name)
        self.definition = said_of(gauge)[name]
        tolerance = gauge.fairness.tolerance
        whole, half = _bounds(gauge)
        self.selected = Criterion(tolerance=tolerance, bounds=whole)
        self.true_positives = Criterion(tolerance=tolerance, bounds=half)
        self.false_positives = Criterion(tolerance=tolerance, bounds=half)

    def spend(self, gauge: Gauge) -> None:
        """Hold what was seen so far, too, against the bounds of a changed gauge file."""
        whole, half = _bounds(gauge)
        self.selected.spend(whole)
        self.true_positives.spend(half)
        self.false_positives.spend(half)

    def criteria(self) -> list[tuple[str, Criterion]]:
        """What is watched, with what it is about."""
        return [(about, getattr(self, rate)) for rate, about in CRITERIA.items()]


class FairnessWatch:
    """Rates and gaps of every protected attribute; emits alerts. A measure (`models.evaluation.measure`)."""

    def __init__(self, gauge: Gauge, episodes: Episodes) -> None:
        self._episodes = episodes
        self._made_for = _made_for(gauge)
        self._favourable = gauge.classes.index(_favourable(gauge))
        self._favourable_name = _favourable(gauge)
        self._tolerance = gauge.fairness.tolerance
        self._attributes = [Attribute(name, gauge) for name in gauge.fairness.protected]
        self._given_up: list[tuple[str, str, Episode]] = []

    @classmethod
    def of(cls, gauge: Gauge, episodes: Episodes) -> FairnessWatch | None:
        """The watch that a gauge file asks for; ``None`` without protected attributes."""
        return cls(gauge, episodes) if gauge.fairness.protected else None

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file: an attribute that is the same keeps what it has seen.

        Another tolerance or favourable class begins all of them anew; the episodes of what is no longer watched close
        at the next answer.
        """
        kept = {one.name: one for one in self._attributes}
        if _made_for(gauge) != self._made_for:
            kept = {}
            if gauge.fairness.protected:
                self._made_for = _made_for(gauge)
                self._favourable_name = _favourable(gauge)
                self._favourable = gauge.classes.index(self._favourable_name)
                self._tolerance = gauge.fairness.tolerance
        attributes, said = [], said_of(gauge)
        for name in gauge.fairness.protected:
            one = kept.get(name)
            if one is None or one.definition != said[name]:
                one = Attribute(name, gauge)
            else:
                one.at = slices_of(gauge).index(name)
                one.spend(gauge)
            attributes.append(one)
        self._given_up += [
            (one.name, about, episode)
            for one in self._attributes
            if one not in attributes
            for about, criterion in one.criteria()
            for episode in criterion.open_episodes()
        ]
        self._attributes = attributes

    @property
    def given_up(self) -> bool:
        """Whether episodes of what is no longer watched are still to be closed."""
        return bool(self._given_up)

    def predicted(self, asked: Asked, turn: Turn) -> None:
        """An event was answered."""
        if self._given_up:
            self._close_given_up(asked, turn)
        y_pred = asked.served.y_pred
        if y_pred is None:
            return
        selected = 1 if y_pred == self._favourable else 0
        groups = asked.aside
        for attribute in self._attributes:
            group = groups[attribute.at]
            if group is not None and group != MISSING:
                criterion = attribute.selected
                due = criterion.groups.update(group, selected, turn.position)
                if due:
                    self._look(attribute.name, "selected", criterion, due, asked, turn)

    def label(self, asked: Asked, y: Label, served: Answer, turn: Turn) -> None:
        """The label of an event has come."""
        y_pred = served.y_pred
        if y_pred is None:
            return
        selected = 1 if y_pred == self._favourable else 0
        deserved = y == self._favourable
        groups = asked.aside
        for attribute in self._attributes:
            group = groups[attribute.at]
            if group is not None and group != MISSING:
                criterion = attribute.true_positives if deserved else attribute.false_positives
                due = criterion.groups.update(group, selected, turn.position)
                if due:
                    rate = "true_positives" if deserved else "false_positives"
                    self._look(attribute.name, rate, criterion, due, asked, turn)

    def figures(self) -> FairnessFigures | None:
        """Rates and gaps of every attribute."""
        if not self._attributes:
            return None
        return FairnessFigures(
            favourable=self._favourable_name,
            tolerance=self._tolerance,
            attributes={one.name: self._of(one) for one in self._attributes},
        )

    def _of(self, attribute: Attribute) -> ProtectedAttribute:
        selected, true, false = (
            criterion.figures(partial(self._name_of, attribute.name, about))
            for about, criterion in attribute.criteria()
        )
        both = [parity.difference for parity in (true, false) if parity.difference is not None]
        return ProtectedAttribute(
            demographic_parity=selected,
            equal_opportunity=true,
            equalised_odds=EqualisedOdds(difference=max(both) if len(both) == 2 else None, false_positives=false),
        )

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        for attribute in self._attributes:
            for about, criterion in attribute.criteria():
                yield from (f"{attribute.name}, {about}: {what}" for what in criterion.broken())

    def _look(
        self,
        attribute: str,
        rate: str,
        criterion: Criterion,
        due: tuple[Group, ...],
        asked: Asked,
        turn: Turn,
    ) -> None:
        about = CRITERIA[rate]
        for news in criterion.look(due, turn.position, partial(self._may_open, attribute, about)):
            self._report(news, attribute, about, asked, turn)

    def _may_open(self, attribute: str, about: str, group: str, against: str | None) -> bool:
        return self._episodes.may_open(DriftKind.FAIRNESS, _subject(attribute, group, against, about))

    def _name_of(self, attribute: str, about: str, episode: Episode) -> str | None:
        subject = _subject(attribute, episode.group, episode.against, about)
        return self._episodes.name_of(DriftKind.FAIRNESS, subject)

    def _close_given_up(self, asked: Asked, turn: Turn) -> None:
        for attribute, about, episode in self._given_up:
            figure, cause = episode.figure(switches=0), "it is no longer watched in this way"
            news = News(AlertStatus.CLOSED, cause, episode, "none", 0.0, 0.0, figure)
            self._report(news, attribute, about, asked, turn)
        self._given_up = []

    def _report(self, news: News, attribute: str, about: str, asked: Asked, turn: Turn) -> None:
        episode = news.episode
        grounds = Grounds(
            cause=news.cause,
            severity=episode.severity,
            detector=news.detector,
            statistic=news.statistic,
            threshold=news.threshold,
            version=asked.lineup.answering,
            first=episode.first,
            figure=news.figure,
        )
        subject = _subject(attribute, episode.group, episode.against, about)
        self._episodes.report(DriftKind.FAIRNESS, subject, news.status, grounds, turn)


def _subject(attribute: str, group: str, against: str | None, about: str) -> str:
    return f"{attribute}: {group} against {'all others' if against is None else against}, {about}"


def _favourable(gauge: Gauge) -> str | int | bool:
    favourable = gauge.fairness.favourable
    if favourable is None:
        favourable = gauge.label.positive
    assert favourable is not None
    return favourable


def _made_for(gauge: Gauge) -> tuple[str | int | bool | None, float]:
    # What all rates and bets were made with.
    return (_favourable(gauge) if gauge.fairness.protected else None, gauge.fairness.tolerance)


def _bounds(gauge: Gauge) -> tuple[Bounds, Bounds]:
    # Equalised odds look at two rates, and equal opportunity at one of these.
    section = gauge.fairness
    return Bounds(section.error_rate, section.budget), Bounds(section.error_rate / 2, section.budget / 2)

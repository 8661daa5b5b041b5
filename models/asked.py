"""An event that was predicted: what is kept of it until its label comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple, TypeAlias

from models.answer import Answer
from schemas.events import Features, Label


class Lineup(NamedTuple):
    """Who stood where when an event was predicted: version names.

    ``champion`` is the version that others have to beat, ``answering`` the one whose answer was published: the same,
    unless another live version has the better record of late. ``standing`` is by candidate. ``strict`` and ``bold`` are
    who would have answered by either rule of `models.retraining.lead`.
    """

    champion: str
    standing: dict[str, str]
    answering: str
    strict: str = ""
    bold: str = ""


class Issued(NamedTuple):
    """How sure a prediction was, as it was published; kept where the gauge declares ``[uncertainty]``.

    ``number`` counts the predictions that are not held out. ``q`` is what its interval or set was made from, ``size``
    the one's width or the other's number of classes; both are ``None`` where there was none. ``abstained`` is the rule
    by which it abstained.
    """

    number: int
    q: tuple[float, ...] | None
    size: float | None
    abstained: str | None


class Asked(NamedTuple):
    """An event that was predicted: what the models saw and what each of them answered.

    ``aside`` holds its group in each slice (`models.groups.slices_of`); empty without slices. ``number`` counts the
    events that were asked, from 1 on.
    """

    position: int
    x: Features
    answers: dict[str, Answer]
    baselines: dict[str, Answer]
    lineup: Lineup
    held_out: bool
    event_id: str
    aside: tuple[str | None, ...] = ()
    issued: Issued | None = None
    number: int = 0

    @property
    def served(self) -> Answer:
        """The answer that was published."""
        return self.answers[self.lineup.answering]


Labelled: TypeAlias = tuple[Asked, Label, int]
"""An event that was predicted, the label that has come for it, and the position at which that came."""


def by_lineup(labelled: Iterable[Labelled]) -> Iterator[tuple[Lineup, list[Labelled]]]:
    """Labels in their order, those one after the other whose events were answered by the same version, with the same
    ones standing, together.
    """
    for _, together in groupby(labelled, key=lambda one: one[0].lineup[1:3]):
        group = [*together]
        yield group[0][0].lineup, group


def of_version(version: str, labelled: Iterable[Labelled]) -> list[tuple[Label, Answer]]:
    """Labels of the events that a version was asked, and its answers, empty ones too."""
    return [(y, asked.answers[version]) for asked, y, _ in labelled if version in asked.answers]


def answers_in(labelled: Iterable[tuple[Label, Answer]]) -> list[tuple[Label, Answer]]:
    """Those for which there was an answer."""
    return [one for one in labelled if one[1][0] is not None]

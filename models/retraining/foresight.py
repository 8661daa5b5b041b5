"""Which version would answer the next event, and what, without asking it in earnest."""

from __future__ import annotations

from models.answer import Answer
from models.retraining.guard import Guard
from models.retraining.lead import Lead
from models.retraining.roster import Roster
from models.retraining.succession import heir_of
from models.retraining.version import Version
from schemas.events import Features


def foresee(roster: Roster, lead: Lead, guard: Guard, x: Features) -> tuple[Version, Answer] | None:
    """What `models.retraining.panel.Panel.ask` would let be published; nothing has changed afterwards.

    ``None`` if no model would be left.
    """
    answers = roster.answering
    if all(version.conduct.bears_another for version in (roster.champion, answers)):
        return answers, guard.foresee(answers, x)[0]
    foreseen = {version.name: guard.foresee(version, x) for version in roster.live}
    lost = [version for version in roster.live if foreseen[version.name][1]]
    if roster.champion in lost:
        heir = heir_of(roster, lost, lead.barred(roster))
        if heir is None:
            return None
        answers = heir
    elif answers in lost:
        answers = roster.champion
    return answers, foreseen[answers.name][0]

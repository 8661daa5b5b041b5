"""Episodes: each is opened once, updated only while it is open, and closed once, whatever is reported."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.drift.episodes import Episodes
from models.drift.grounds import Grounds
from schemas.alerts import DriftKind, Severity
from schemas.records import AlertStatus
from tests import builders

OPENED, UPDATED, CLOSED = AlertStatus.OPENED, AlertStatus.UPDATED, AlertStatus.CLOSED


def grounds(severity: Severity = Severity.MINOR) -> Grounds:
    return Grounds(
        cause="it moved", severity=severity, detector="told", statistic=2.0, threshold=1.0, version="0-1", first=3
    )


def names(episodes: Episodes, *steps: tuple[DriftKind, str | None, AlertStatus]) -> list[str]:
    """The names of the alerts that follow from news."""
    turn = builders.turn(7)
    for kind, subject, status in steps:
        episodes.report(kind, subject, status, grounds(), turn)
    return [alert.episode for alert in builders.alerts(turn.effects)]


def test_an_alert_tells_the_evidence_and_when_it_was_reported():
    episodes, turn = builders.episodes(2), builders.turn(7)
    episodes.counts.labels = episodes.counts.predictions = 5

    episodes.report(DriftKind.COVARIATE, "pressure", OPENED, grounds(Severity.MAJOR), turn)

    [alert] = builders.alerts(turn.effects)
    assert (alert.position, alert.first, alert.last, alert.labels, alert.coverage) == (7, 3, 7, 5, 1.0)
    assert (alert.drift, alert.subject, alert.status) == (DriftKind.COVARIATE, "pressure", OPENED)
    assert (alert.cause, alert.severity, alert.detector, alert.version) == ("it moved", "major", "told", "0-1")
    assert [tuple(finding) for finding in turn.findings] == [("covariate", "pressure", "opened", "major")]


def test_each_kind_has_numbers_of_its_own_and_the_error_a_bare_one():
    steps = [(kind, None, OPENED) for kind in (DriftKind.CONCEPT, DriftKind.FAIRNESS, DriftKind.DATA_FAULT)]
    again = [(DriftKind.FAIRNESS, "sex", OPENED), (DriftKind.CONCEPT, None, CLOSED), (DriftKind.CONCEPT, None, OPENED)]

    assert names(builders.episodes(3), *steps, *again) == [
        "3-1", "3-fairness-1", "3-data_fault-1", "3-fairness-2", "3-1", "3-2",
    ]  # fmt: skip


def test_an_episode_keeps_its_name_in_another_epoch():
    episodes = builders.episodes(3)
    before = names(episodes, (DriftKind.CONCEPT, None, OPENED))

    episodes.names.rename(3, 1)

    assert before + names(episodes, (DriftKind.CONCEPT, None, CLOSED)) == ["3-1", "3-1"]
    assert names(episodes, (DriftKind.CONCEPT, None, OPENED)) == ["3.1-2"]


@pytest.mark.parametrize(
    ("before", "status"), [([], UPDATED), ([], CLOSED), ([OPENED], OPENED), ([OPENED, CLOSED], CLOSED)]
)
def test_news_that_cannot_be_changes_nothing(before: list[AlertStatus], status: AlertStatus):
    episodes, turn = builders.episodes(), builders.turn()
    names(episodes, *((DriftKind.PRIOR, None, step) for step in before))
    state = repr(vars(episodes))

    with pytest.raises(ValueError, match="episode"):
        episodes.report(DriftKind.PRIOR, None, status, grounds(), turn)

    assert repr(vars(episodes)) == state
    assert (turn.effects, turn.findings) == ([], [])


@given(
    st.lists(
        st.tuples(st.sampled_from(DriftKind), st.sampled_from((None, "a", "b")), st.sampled_from(AlertStatus)),
        max_size=60,
    )
)
def test_an_episode_is_opened_once_updated_while_open_and_closed_once(steps):
    episodes = builders.episodes()
    stories: dict[str, list[AlertStatus]] = {}
    subjects: dict[str, tuple[DriftKind, str | None]] = {}
    for position, (kind, subject, status) in enumerate(steps):
        turn = builders.turn(position)
        if status is OPENED and not episodes.may_open(kind, subject):
            continue
        if status is not OPENED and episodes.name_of(kind, subject) is None:
            continue
        episodes.report(kind, subject, status, grounds(), turn)
        [alert] = builders.alerts(turn.effects)
        stories.setdefault(alert.episode, []).append(alert.status)
        assert subjects.setdefault(alert.episode, (kind, subject)) == (alert.drift, alert.subject)
        assert [*episodes.broken()] == []
    for story in stories.values():
        assert story[0] is OPENED
        assert story.count(OPENED) == 1
        assert CLOSED not in story[:-1]
    assert episodes.total == len(stories)
    assert episodes.drifting is any(
        story[-1] is not CLOSED and subjects[name][0] not in ("performance", "fairness", "models")
        for name, story in stories.items()
    )

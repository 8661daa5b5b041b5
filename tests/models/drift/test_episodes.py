"""Episodes: each is opened once, updated only while it is open, and closed once, whatever is reported."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.drift.budget import Part
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


def test_for_a_cool_down_no_episode_of_the_same_kind_and_subject_opens():
    episodes = builders.episodes(text="[drift]\ncooldown_labels = 10")
    names(episodes, (DriftKind.CONCEPT, None, OPENED))
    episodes.counts.labels = 5
    names(episodes, (DriftKind.CONCEPT, None, CLOSED))

    allowed = []
    for labels in (5, 14, 15):
        episodes.counts.labels = labels
        allowed.append(episodes.may_open(DriftKind.CONCEPT, None))

    assert allowed == [False, False, True]
    episodes.counts.labels = 14
    assert episodes.may_open(DriftKind.PERFORMANCE, None)
    assert episodes.may_open(DriftKind.CONCEPT, "another")
    with pytest.raises(ValueError, match="may not be opened"):
        names(episodes, (DriftKind.CONCEPT, None, OPENED))


def test_what_needs_no_labels_cools_down_by_predictions_and_an_outage_never_does():
    episodes = builders.episodes(text="[drift]\ncooldown_labels = 10")
    names(episodes, *((kind, None, step) for kind in ("covariate", "models") for step in (OPENED, CLOSED)))

    assert not episodes.may_open(DriftKind.COVARIATE, None)
    assert episodes.may_open(DriftKind.MODELS, None)
    episodes.counts.predictions = 10
    assert episodes.may_open(DriftKind.COVARIATE, None)


def test_a_quiet_kind_is_counted_and_decided_upon_and_no_record_is_published():
    episodes, turn = builders.episodes(text='[drift]\nquiet = ["covariate"]'), builders.turn(7)

    episodes.report(DriftKind.COVARIATE, "a", OPENED, grounds(), turn)
    episodes.report(DriftKind.PRIOR, None, OPENED, grounds(), turn)

    assert [alert.drift for alert in builders.alerts(turn.effects)] == ["prior"]
    assert [finding.kind for finding in turn.findings] == ["covariate", "prior"]
    status = episodes.status()
    assert (status.opened["covariate"], status.opened["prior"], episodes.total) == (1, 1, 2)
    assert [(one.kind, one.subject, one.quiet) for one in status.open] == [
        ("covariate", "a", True),
        ("prior", None, False),
    ]


@pytest.mark.parametrize(("before", "after"), [("", 'quiet = ["prior"]'), ('quiet = ["prior"]', "")])
def test_an_episode_is_published_whole_or_not_at_all(before: str, after: str):
    episodes = builders.episodes(text=f"[drift]\n{before}")
    told = names(episodes, (DriftKind.PRIOR, None, OPENED))

    episodes.adopt(builders.gauge(f"[drift]\n{after}"))
    told += names(episodes, (DriftKind.PRIOR, None, UPDATED), (DriftKind.PRIOR, None, CLOSED))

    assert told == ([] if before else ["0-prior-1"] * 3)


def test_an_alert_tells_what_the_budget_of_its_watch_came_to():
    episodes = builders.episodes()
    episodes.spending(Part.COLUMNS).look(None, 100_000)
    turn = builders.turn(7)

    for kind in (DriftKind.PRIOR, DriftKind.LABELS, DriftKind.FAIRNESS, DriftKind.MODELS):
        episodes.report(kind, None, OPENED, grounds(), turn)

    chances = [alert.chance for alert in builders.alerts(turn.effects)]
    assert [None if one is None else (one.alarms, one.expected) for one in chances] == [
        (1, pytest.approx(0.4)), (2, pytest.approx(0.4)), None, None,
    ]  # fmt: skip


def test_of_the_subjects_that_cool_down_the_oldest_is_forgotten():
    episodes = builders.episodes(text="[drift]\ncooldown_labels = 10")

    for n in range(1_001):
        names(episodes, (DriftKind.COVARIATE, str(n), OPENED), (DriftKind.COVARIATE, str(n), CLOSED))

    assert [*episodes.broken()] == []
    assert episodes.may_open(DriftKind.COVARIATE, "0")
    assert not episodes.may_open(DriftKind.COVARIATE, "1")


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

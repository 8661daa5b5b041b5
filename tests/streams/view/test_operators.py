"""What waits for an operator, or is as one has wanted it: read back from the steps of versions."""

from __future__ import annotations

import pytest

from schemas.records import VersionStep
from streams.view import shown
from streams.view.view import View
from tests.streams.delivery import test_envelope as golden
from tests.streams.view.wire import on_the_wire

PAUSED, RESUMED = VersionStep.PAUSED, VersionStep.RESUMED
PROPOSED, PROMOTED = VersionStep.PROPOSED, VersionStep.PROMOTED


def viewed(*steps, partition=0):
    """A view of these steps: of (version, step) or of (version, step, epoch)."""
    view = View()
    for position, (version, step, *epoch) in enumerate(steps):
        who = {"who": "ann@ops", "why": "the new sensor"} if step in (PAUSED, RESUMED) else {}
        event = golden.VERSION._replace(position=position, version=version, step=step, parent=None, **who)
        view.take(on_the_wire(event, partition=partition, epoch=epoch[0] if epoch else 0, offset=position))
    return view


def test_a_pause_lasts_until_it_is_ended_whoever_leads_meanwhile():
    paused = viewed(("0-1", PROMOTED), ("0-1", PAUSED), ("0-2", PROMOTED))
    resumed = viewed(("0-1", PROMOTED), ("0-1", PAUSED), ("0-2", PROMOTED), ("0-2", RESUMED))

    told = shown.status(paused)["partitions"]["0"]
    assert told["paused"] == {"position": 1, "who": "ann@ops", "why": "the new sensor"}
    assert told["champion"]["version"] == "0-2"
    assert shown.status(resumed)["partitions"]["0"]["paused"] is None
    assert paused.versions.paused(1) is None


@pytest.mark.parametrize(
    "step", [VersionStep.DECLINED, PROMOTED, VersionStep.REJECTED, VersionStep.RETIRED], ids=lambda step: step.value
)
def test_a_proposal_lasts_until_the_version_takes_its_next_step(step):
    proposed = viewed(("0-1", PROMOTED), ("0-2", PROPOSED), ("0-3", VersionStep.REGISTERED))
    ended = viewed(("0-1", PROMOTED), ("0-2", PROPOSED), ("0-2", step))

    assert shown.status(proposed)["partitions"]["0"]["proposed"]["version"] == "0-2"
    assert shown.status(ended)["partitions"]["0"]["proposed"] is None


def test_where_the_log_was_begun_anew_nothing_is_paused_or_proposed():
    view = viewed(("0-1", PROMOTED), ("0-1", PAUSED), ("0-2", PROPOSED), ("0.1-1", PROMOTED, 1))

    assert (view.versions.paused(0), view.versions.proposed(0)) == (None, None)


@pytest.mark.parametrize(
    "first",
    [
        {"version": "0-1", "step": VersionStep.DEMOTED},
        {"version": "0.1-4", "step": VersionStep.REGISTERED, "parent": "0-3"},
        {"version": "0.1-4", "step": VersionStep.REGISTERED, "trigger": "added"},
    ],
)
def test_where_an_epoch_goes_on_with_a_state_what_was_paused_or_proposed_in_it_still_is(first):
    view = viewed(("0-1", PROMOTED), ("0-1", PAUSED), ("0-2", PROPOSED))
    step = golden.VERSION._replace(**{"position": 9, "parent": None, "trigger": "drift", **first})
    view.take(on_the_wire(step, epoch=1, offset=9))

    told = shown.status(view)["partitions"]["0"]
    assert (told["paused"]["who"], told["proposed"]["version"]) == ("ann@ops", "0-2")
    assert not any(life.is_gone for life in view.versions.newest_first())


@pytest.mark.parametrize(
    "first", [("0.1-1", "start", None), ("0.1-1", "start", "saved:0-3"), ("0.1-3", "drift", "0.1-1")]
)
def test_where_it_begins_with_nothing_nothing_is_whatever_is_the_first_to_be_published(first):
    version, trigger, parent = first
    view = viewed(("0-1", PROMOTED), ("0-1", PAUSED), ("0-2", PROPOSED))
    step = VersionStep.REGISTERED
    registered = golden.VERSION._replace(position=9, version=version, step=step, trigger=trigger, parent=parent)
    view.take(on_the_wire(registered, epoch=1, offset=9))

    assert (view.versions.paused(0), view.versions.proposed(0)) == (None, None)
    assert {life.name for life in view.versions.newest_first() if not life.is_gone} == {version}

"""Every invariant can fail: each state here is broken in one way, and the check names it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import copy
from typing import Any

import pytest

from models.counts import Counts
from models.drift import episodes
from models.drift.watch import Episode
from models.evaluation.holdout import HeldOutWindow
from models.invariants import BrokenStateError
from models.labels import waiting
from models.labels.waiting import EarlyLabel
from models.learner import Learner
from models.retraining.version import Life
from schemas.alerts import Severity
from schemas.events import LabelReceived
from tests import builders

TEXT = "[evaluation]\nholdout = 0\nwindow_events = 10\n[retraining]\nevery_labels = 20\n[label]\nhorizon_events = 8"


def learner(task: str = "binary", text: str = TEXT) -> Learner:
    """Two candidates, a challenger on trial, two events that wait, and an early label."""
    names = ["mean", "no_change"] if task == "regression" else ["naive_bayes", "majority"]
    ys = (1.0, 2.0) if task == "regression" else ("good", "bad")
    values = [builders.record(n, a=float(n % 3), y=ys[n % 3 > 1]) for n in range(25)]
    values += [builders.record("w", a=1.0), builders.record("v", a=1.0), builders.label("early", ys[0])]
    made, _ = builders.run(builders.gauge(text, task=task, candidates=names), values)
    assert made.status().versions.on_trial == 1
    return made


def _pop(items: dict[str, Any]) -> None:
    items.pop(next(iter(items)))


def _wait_for_each_other(broken: Learner) -> None:
    room = broken.labels
    label = LabelReceived("w", None, None, True, b"")
    room._early.put("w", EarlyLabel(27, label), clock=room._clock)


def _turn_around(broken: Learner) -> None:
    broken.labels._pending._waiting.move_to_end("w")


def _wait_too_long(broken: Learner) -> None:
    broken.labels._clock += 8


def _two_of_one_name(broken: Learner) -> None:
    broken.panel.live[1].name = broken.panel.live[0].name
    broken.panel.roster.line_up()


def _lead_from_outside(broken: Learner) -> None:
    broken.panel.roster._champion = copy(broken.panel.champion)


def _stand_in_beside_a_model(broken: Learner) -> None:
    roster = broken.panel.roster
    roster.stand_in = roster.trials.pop()  # type: ignore[assignment]
    roster.line_up()


def _miss_a_racers_contest(broken: Learner) -> None:
    _pop(broken.panel._contests._on)


def _another_challenger(broken: Learner) -> None:
    rivalry = next(iter(broken.panel._contests._on.values()))
    rivalry.challenger = copy(rivalry.challenger)


def _swap_places(broken: Learner) -> None:
    standing = broken.panel.roster.standing
    standing["naive_bayes"], standing["majority"] = standing["majority"], standing["naive_bayes"]


def _fill_the_window(broken: Learner) -> None:
    broken.board._window = HeldOutWindow(broken.board._shown, size=0, number=1, first=0)


def _half_open(broken: Learner) -> None:
    broken.monitors.by_name["error"]._watch.open = Episode(first=0, loss_before=0.1, tolerance=0.1)


def _two_named_alike(broken: Learner) -> None:
    episode = episodes.Episode("0-1", 7, Severity.MINOR, quiet=False)
    broken.episodes._open.update({("prior", None): episode, ("labels", None): episode})


def _cleared(made: Callable[[Learner], Any]) -> Callable[[Learner], None]:
    return lambda broken: made(broken).clear()


def _set(made: Callable[[Learner], Any], name: str, value: Any) -> Callable[[Learner], None]:
    return lambda broken: setattr(made(broken), name, value)


BREAKS: list[tuple[str, Callable[[Learner], None]]] = [
    ("wait for each other", _wait_for_each_other),
    ("order of arrival", _turn_around),
    ("waits since record", _wait_too_long),
    ("early labels are said to have 7 bytes", _set(lambda b: b.labels._early, "size", 7)),
    ("have their label, wait for it or have waited in vain", _set(lambda b: b.labels, "expired", 1)),
    ("have their label, wait for it or have waited in vain", _set(lambda b: b.counts, "labels", 24)),
    ("records refused", _set(lambda b: b.counts, "events", 26)),
    ("records refused", _set(lambda b: b.counts, "events", 28)),
    ("below position", _set(lambda b: b, "next_offset", 26)),
    ("not those of the gauge file", lambda b: _pop(b.board.candidates)),
    ("counts that are not the learner's", _set(lambda b: b.board, "counts", Counts())),
    ("counts that are not the learner's", _set(lambda b: b.episodes, "counts", Counts())),
    ("pairs were counted", _cleared(lambda b: b.board.served._lifetime._pairs.blocks)),
    ("answers are in the window", lambda b: b.board.served._recent.pop()),
    ("answers were scored on", _set(lambda b: b.board.baselines["no_change"]._lifetime.error, "n", 99)),
    ("the only candidate's, and is not", _set(lambda b: b.board, "_shares_series", True)),
    ("is full and still open", _fill_the_window),
    ("differ on whether one is open", _half_open),
    ("is open, and none was opened", _two_named_alike),
    ("share a name: 0-1, 0-1", _two_named_alike),
    ("versions live and none leads", _set(lambda b: b.panel.roster, "_champion", None)),
    ("stand, stand in or are on trial", _cleared(lambda b: b.panel.roster.trials)),
    ("the lineup is not", _cleared(lambda b: b.panel.lineup.standing)),
    ("is not alive", _lead_from_outside),
    ("two live versions have one name", _two_of_one_name),
    ("its life says retired", _set(lambda b: b.panel.live[-1], "life", Life.RETIRED)),
    ("its life says on_trial", _set(lambda b: b.panel.champion, "life", Life.ON_TRIAL)),
    ("stands for naive_bayes", _swap_places),
    ("stands in while a model leads", _stand_in_beside_a_model),
    ("contests are not those", _miss_a_racers_contest),
    ("contests are not those", _another_challenger),
    ("were made, 3 registered and 0 not", _set(lambda b: b.panel._registry, "made", 4)),
    ("are gone and 3 live", lambda b: b.panel._registry.steps.update(["retired"])),
    ("is not declared", _set(lambda b: b.panel.roster, "leader", "knn")),
]


@pytest.mark.parametrize(("what", "breaks"), BREAKS)
def test_a_broken_state_is_named(what, breaks):
    broken = learner()

    breaks(broken)

    with pytest.raises(BrokenStateError, match=what):
        broken.check()


def test_detectors_without_references_are_named():
    broken = learner("regression")
    broken.monitors.by_name["error"]._watch._references.clear()

    with pytest.raises(BrokenStateError, match="1 detectors have 0 references"):
        broken.check()


def test_too_many_bytes_are_named(monkeypatch):
    made = learner()
    monkeypatch.setattr(waiting, "EARLY_BYTES", 10)

    with pytest.raises(BrokenStateError, match="which is more than 10"):
        made.check()


def test_where_labels_come_with_their_events_none_can_be_more_than_the_predictions():
    made = learner(text=TEXT.replace("[label]", '[label]\narrival = "with_event"'))
    made.counts.labels = 28

    with pytest.raises(BrokenStateError, match="of 27 predictions 28"):
        made.check()


def test_a_state_is_sound_before_the_first_record_and_after_a_restore():
    Learner(builders.gauge()).check()
    pickle.loads(pickle.dumps(learner())).check()

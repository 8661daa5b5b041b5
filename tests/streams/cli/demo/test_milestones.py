"""Alerts as lines: what they are about, what moved, what is asked of people."""

from __future__ import annotations

from typing import Any

from streams.cli.demo.milestones import milestones, shortened

ALERT: dict[str, Any] = {
    "position": 7,
    "status": "opened",
    "drift": "data_fault",
    "cause": "a source changed its unit",
    "severity": "major",
    "subject": None,
    "loss_before": None,
    "loss_now": None,
    "moved": [
        {"column": "a", "what": "location", "weight": 1.0, "words": "a: values x 1000", "before": {}, "after": {}}
    ],
    "expected_share": None,
    "advice": "mend the source",
}


def test_an_alert_tells_its_kind_what_moved_and_what_is_asked():
    [told] = milestones([ALERT], [])

    assert (told.kind, told.head) == ("data fault alert opened", "data fault alert opened")
    assert told.rest == ": a source changed its unit; a: values x 1000; mend the source (major)"


def test_what_moved_is_told_when_it_opens_and_not_again():
    [told] = milestones([ALERT | {"status": "closed", "loss_before": 0.1, "loss_now": 0.2}], [])

    assert told.rest == ": a source changed its unit; mend the source (loss 0.1000 -> 0.2000)"


def test_a_data_fault_is_kept_before_what_is_told_often():
    often = [ALERT | {"position": n, "drift": "concept", "status": "updated"} for n in range(20)]

    lines = shortened(milestones([*often, ALERT | {"position": 30}], []), 200)

    assert any("data fault alert opened" in line.plain for line in lines)

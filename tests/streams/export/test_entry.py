"""What is told of versions to a registry. Oracle: the records that were read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas.records import ModelVersion, VersionStep
from streams.export.entry import aliases, entries
from streams.snapshots.identity import Identity
from streams.view.view import View
from tests.streams.view.wire import on_the_wire

AT = datetime(2024, 1, 1, tzinfo=UTC)


def step(version: str, step: VersionStep, position: int, time: datetime | None = AT, **figures: float | None):
    return ModelVersion(
        position, time, version, step, "naive_bayes", None, "start", "why", "d" * 8, None, None, 0, {}, figures
    )


def view_of(*steps: tuple[int, ModelVersion]) -> View:
    view = View()
    for n, (partition, one) in enumerate(steps):
        view.take(on_the_wire(one, partition=partition, n=n, offset=n))
    return view


REGISTERED, ON_TRIAL, PROMOTED, DEMOTED, REJECTED = (
    VersionStep.REGISTERED, VersionStep.ON_TRIAL, VersionStep.PROMOTED, VersionStep.DEMOTED, VersionStep.REJECTED,
)  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ([], {}),
        ([("0-1", PROMOTED)], {"champion": "0-1"}),
        ([("0-1", PROMOTED), ("0-2", REGISTERED)], {"champion": "0-1"}),
        (
            [("0-1", PROMOTED), ("0-2", ON_TRIAL), ("0-3", ON_TRIAL)],
            {"champion": "0-1", "challenger": "0-3"},
        ),
        (
            [("0-1", PROMOTED), ("0-2", ON_TRIAL), ("0-3", ON_TRIAL), ("0-3", REJECTED)],
            {"champion": "0-1", "challenger": "0-2"},
        ),
        ([("0-1", PROMOTED), ("0-2", ON_TRIAL), ("0-1", DEMOTED), ("0-2", PROMOTED)], {"champion": "0-2"}),
        # Between two steps of one promotion nobody is known to lead.
        ([("0-1", PROMOTED), ("0-2", ON_TRIAL), ("0-1", DEMOTED)], {"challenger": "0-2"}),
    ],
)
def test_aliases_are_who_leads_and_the_newest_on_trial(steps, wanted):
    view = view_of(*[(0, step(name, what, position)) for position, (name, what) in enumerate(steps)])

    assert aliases(view, [0]) == wanted


def test_each_of_several_partitions_has_aliases_of_its_own():
    view = view_of((0, step("0-1", PROMOTED, 1)), (2, step("2-1", PROMOTED, 1)), (2, step("2-2", ON_TRIAL, 2)))

    assert aliases(view, [0, 1, 2]) == {"champion-p0": "0-1", "champion-p2": "2-1", "challenger-p2": "2-2"}


def test_figures_that_are_none_or_no_number_are_left_out_and_names_are_such_as_mlflow_takes():
    figures = {"faded_loss": 0.5, "contest_labels": None, "over": float("inf"), "lead of a:b": 2.0}
    view = view_of((0, step("0-1", REGISTERED, 3, None, **figures)), (0, step("0-1", PROMOTED, 5, faded_loss=0.25)))

    [entry] = entries(view, {})

    assert [(*one,) for one in entry.samples] == [
        ("faded_loss", 0.5, 3, None),
        ("lead of a_b", 2.0, 3, None),
        ("faded_loss", 0.25, 5, 1_704_067_200_000),
    ]
    assert entry.begun == 5_000


def test_a_kept_state_is_told_and_what_is_absent_has_no_tag():
    view = view_of((0, step("0-1", PROMOTED, 3)), (0, step("0-2", REGISTERED, 4)))
    kept = Identity(gauge="pumps", topic="pumps", partition=0, epoch=1, position=70, version="0-1")

    first, second = entries(view, {"0-1": kept})

    assert first.tags["rivergauge.state"] == "epoch 1, position 70"
    assert "rivergauge.state" not in second.tags
    assert "rivergauge.parent" not in first.tags
    assert second.unknown == frozenset()


def test_where_no_state_is_seen_nothing_is_known_of_any():
    [entry] = entries(view_of((0, step("0-1", PROMOTED, 3))), {})

    assert entry.unknown == {"rivergauge.state"}

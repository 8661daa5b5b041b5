"""Which steps are told: examples by hand, and that being interrupted anywhere changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import DriftKind, Severity
from schemas.gauge import Receiver
from schemas.records import AlertStatus, DriftAlert
from streams.notify.due import Due
from streams.notify.told import Begun, Outcome, Told
from streams.view.published import Published, read_back
from tests.streams.delivery.test_envelope import ALERT
from tests.streams.view.wire import on_the_wire

AT = datetime(2026, 1, 2, tzinfo=UTC)
FROM_THE_START = Begun(receiver="ops", partition=0, offset=0, since=0, episodes=[], at=AT)


def alert(status: str, severity: str = "minor", *, episode: str = "0-1", kind: str = "concept") -> DriftAlert:
    return ALERT._replace(
        status=AlertStatus(status), severity=Severity(severity), episode=episode, drift=DriftKind(kind)
    )


def published(steps: list[DriftAlert], *, epoch: int = 0) -> list[Published]:
    """On the topic one after the other, of positions 10, 20, ..."""
    found = []
    for n, step in enumerate(steps):
        record = on_the_wire(step._replace(position=10 * n), offset=n, epoch=epoch)
        read = read_back(record)
        assert isinstance(read, Published)
        found.append(read)
    return found


def record_of(one: Published, outcome: Outcome = Outcome.DELIVERED) -> Told:
    step = one.effect
    assert isinstance(step, DriftAlert)
    return Told(
        receiver="ops", id=one.id, partition=one.partition, offset=one.offset, episode=step.episode,
        status=step.status, severity=step.severity, kind=step.drift, outcome=outcome, attempts=1, code=200, at=AT,
    )  # fmt: skip


def told(due: Due, records: list[Published], outcomes: dict[int, Outcome] | None = None) -> list[int]:
    """The offsets of those that are due, each recorded at once."""
    found = []
    for one in records:
        assert isinstance(one.effect, DriftAlert)
        if due.is_due(one, one.effect):
            found.append(one.offset)
            due.take(record_of(one, (outcomes or {}).get(one.offset, Outcome.DELIVERED)))
    return found


def ops(**keys: object) -> Receiver:
    return Receiver.model_validate({"url": "http://127.0.0.1:9/", **keys})


LIFE = [
    alert("opened", "minor"),
    alert("updated", "minor"),
    alert("updated", "critical"),
    alert("updated", "major"),
    alert("updated", "critical"),
    alert("closed", "minor"),
]


@pytest.mark.parametrize(
    ("receiver", "steps", "expected"),
    [
        (ops(), LIFE, [0, 2, 5]),
        (ops(severity="major"), LIFE, [2, 5]),
        (ops(severity="critical"), LIFE[:2] + LIFE[3:4] + LIFE[5:], []),
        (ops(kinds=["prior", "labels"]), LIFE, []),
        (ops(), [alert("closed", "critical")], []),
        (ops(), [alert("updated", "major"), alert("closed")], [0, 1]),
        (ops(), [alert("opened", episode="0-1"), alert("opened", episode="0-2"), alert("closed", episode="0-1")],
         [0, 1, 2]),
        (ops(kinds=["models"]), [alert("opened", "critical", kind="models"), alert("closed", kind="models")], [0, 1]),
    ],
)  # fmt: skip
def test_a_receiver_hears_of_openings_of_what_gets_worse_and_of_the_end_of_what_it_has_heard(receiver, steps, expected):
    assert told(Due(receiver, [FROM_THE_START]), published(steps)) == expected


def test_what_a_receiver_did_not_take_it_has_not_heard_of():
    steps = [alert("opened", "major"), alert("updated", "major"), alert("closed"), alert("opened", episode="0-2"),
             alert("closed", episode="0-2")]  # fmt: skip

    due = told(Due(ops(), [FROM_THE_START]), published(steps), {0: Outcome.REFUSED, 3: Outcome.GIVEN_UP})

    assert due == [0, 1, 2, 3]


def test_who_begins_hears_of_what_is_open_then_and_of_nothing_else_before():
    steps = [
        alert("opened", episode="0-1"),
        alert("opened", episode="0-2"),
        alert("closed", episode="0-1"),
        alert("opened", episode="0-3"),
        alert("closed", episode="0-3"),
        alert("opened", episode="0-4"),
        alert("closed", episode="0-2"),
    ]
    begun = Begun(receiver="ops", partition=0, offset=1, since=5, episodes=["0-2"], at=AT)
    due = Due(ops(), [begun])

    assert due.offsets == {0: 1}
    assert told(due, published(steps)[1:]) == [1, 5, 6]


STEPS = st.lists(
    st.builds(
        alert,
        st.sampled_from([*AlertStatus]),
        st.sampled_from([*Severity]),
        episode=st.sampled_from(["0-1", "0-2"]),
        kind=st.sampled_from([DriftKind.CONCEPT, DriftKind.PRIOR]),
    ),
    max_size=12,
)


@given(
    STEPS,
    st.sampled_from([*Severity]),
    st.integers(0, 12),
    st.dictionaries(st.integers(0, 11), st.sampled_from([*Outcome])),
)
def test_who_is_interrupted_anywhere_and_reads_again_tells_each_step_once(steps, severity, cut, outcomes):
    records, receiver = published(steps), ops(severity=severity, kinds=["concept"])
    whole = told(Due(receiver, [FROM_THE_START]), records, outcomes)

    first = told(Due(receiver, [FROM_THE_START]), records[:cut], outcomes)
    known = [record_of(records[n], outcomes.get(n, Outcome.DELIVERED)) for n in first]
    again = Due(receiver, [*reversed(known), FROM_THE_START])
    second = told(again, records[again.offsets[0] :], outcomes)

    assert first + second == whole


@given(STEPS, st.integers(0, 12))
def test_records_that_are_published_twice_are_told_once(steps, back):
    records = published(steps)
    begin = max(len(records) - back, 0)
    twice = [*records, *(one._replace(offset=len(records) + n) for n, one in enumerate(records[begin:]))]

    assert told(Due(ops(), [FROM_THE_START]), twice) == told(Due(ops(), [FROM_THE_START]), records)

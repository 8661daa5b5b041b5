"""Hypothesis strategies, all in one file: streams as a gauge's log may hold them.

A stream is drawn as few numbers, from which it follows: shapes shrink (length, shares of each kind), values do not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from schemas.commands import ALLOWED_BY, COMMAND, body
from schemas.events import CommandReceived, Input
from schemas.gauge import Gauge, Task
from tests import builders

BAD = (
    None,
    b"",
    b"{",
    b"[1]",
    b'{"id": "z", "at": "2024-01-01T00:00:00Z", "a": NaN}',
    b'{"id": "z", "at": "2024-01-01T00:00:00Z", "a": 1e999}',
    b'{"id": "z", "at": "2024-01-01T00:00:00Z", "a": 1e300}',
    b'{"id": "z", "at": "2024-01-01T00:00:00Z", "a": "1"}',
    b'{"id": "z", "at": "2024-01-01T00:00:00Z"}',
    b'{"id": "z", "at": "2024-01-01T00:00:00Z", "a": {"c": 1}}',
    b'{"id": "z", "at": "9024-01-01T00:00:00Z", "a": 1}',
    b'{"id": "z", "a": 1}',
    b'{"at": "2024-01-01T00:00:00Z", "a": 1}',
    b'{"id": "z", "at": "2024-01-01T00:00:00Z", "a": 1, "y": "ugly"}',
    b'{"id": "z", "at": "2024-01-01T00:00:00Z", "y": {"y": 1}}',
    b'{"a":' + b"[" * 300 + b"]" * 300 + b"}",
)
"""Records that every gauge of `builders.gauge` refuses."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A stream in short.

    ``flips`` are rows at which the world turns over. The shares: labels that come in a record of their own ``late`` or
    ``early``, that is before their event, or ``never``; ``odd`` records, duplicates and orphans; ``bad`` ones, which
    cannot be read.
    """

    seed: int
    events: int = 300
    flips: tuple[int, ...] = (60, 100, 150)
    late: float = 0.4
    early: float = 0.1
    never: float = 0.05
    odd: float = 0.1
    bad: float = 0.05
    longest_delay: int = 25


def plans(max_events: int = 240) -> st.SearchStrategy[Plan]:
    """Streams of every kind."""
    shares = st.sampled_from((0.0, 0.1, 0.3))
    return st.builds(
        Plan,
        seed=st.integers(0, 2**16),
        events=st.integers(1, max_events),
        flips=st.sampled_from([(), (max_events // 2,), (max_events // 4, max_events // 3, max_events // 2)]),
        late=st.sampled_from((0.0, 0.4)),
        early=shares,
        never=shares,
        odd=shares,
        bad=shares,
        longest_delay=st.sampled_from((1, 5, 25)),
    )


def bad_records() -> st.SearchStrategy[bytes | None]:
    """Any one record that is refused."""
    return st.sampled_from(BAD)


def stream(gauge: Gauge, plan: Plan) -> list[bytes | None]:
    """The records of a plan, in log order."""
    rng = random.Random(plan.seed)
    placed: list[tuple[float, int, bytes | None]] = []

    def place(when: float, value: bytes | None) -> None:
        placed.append((when, len(placed), value))

    for row in range(plan.events):
        at = _moment(row)
        x = _features(rng)
        y = _label(gauge, x, rng, turned=sum(flip <= row for flip in plan.flips) % 2 == 1)
        delay = rng.uniform(0.5, plan.longest_delay)
        lot = rng.random()
        event = builders.record(f"e{row}", at, **x)
        if lot < plan.late:
            place(row, event)
            place(row + delay, builders.label(f"e{row}", y, at))
        elif lot < plan.late + plan.early:
            place(row - delay, builders.label(f"e{row}", y, at))
            place(row, event)
        elif lot < plan.late + plan.early + plan.never:
            place(row, event)
        else:
            place(row, builders.record(f"e{row}", at, **x, y=y))
        if rng.random() < plan.odd:
            other = f"e{row}" if rng.random() < 0.7 else f"orphan{row}"
            odd = builders.label(other, y, at) if rng.random() < 0.6 else builders.record(other, at, **x)
            place(row + rng.uniform(-2, delay), odd)
        if rng.random() < plan.bad:
            place(row + 0.1, rng.choice(BAD))
    return [value for _, _, value in sorted(placed, key=lambda entry: entry[:2])]


WORDS = ("promote", "promote", "roll_back", "roll_back", "retrain", "pause", "resume", "resume", "approve", "decline")


def commanded(gauge: Gauge, inputs: list[Input], seed: int, share: float = 0.08) -> list[Input]:
    """The same with words among them that the gauge allows, about any of the first versions; many cannot be obeyed."""
    rng = random.Random(seed)
    words = [word for word in WORDS if ALLOWED_BY[word] in gauge.operators.allow]
    mixed: list[Input] = []
    for event in inputs:
        if rng.random() < share:
            word = rng.choice(words)
            about = {} if word in ("retrain", "pause", "resume") else {"version": f"0-{rng.randint(1, 6)}"}
            command = COMMAND.validate_python({"command": word, "who": "ann@ops", "why": "she knows", **about})
            mixed.append(CommandReceived(command, None, body(command)))
        mixed.append(event)
    return mixed


def another_label(gauge: Gauge, y: object) -> object:
    """A label of the gauge that is not this one."""
    if gauge.task is Task.REGRESSION:
        assert isinstance(y, float | int)
        return -50.0 - y
    return next(value for value in gauge.classes if value != y)


def _moment(row: int) -> str:
    return (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=row)).isoformat()


def _features(rng: random.Random) -> dict[str, object]:
    x: dict[str, object] = {"a": rng.gauss(0, 1)}
    if rng.random() < 0.9:
        x["b"] = rng.gauss(5, 2)
    if rng.random() < 0.9:
        x["site"] = rng.choice(("north", "south", "east", "west", "ünten", "0", "7", "new york", "x" * 40))
    return x


def _label(gauge: Gauge, x: dict[str, object], rng: random.Random, *, turned: bool) -> object:
    a = x["a"]
    assert isinstance(a, float)
    value = (-a if turned else a) + (0.5 if x.get("site") == "north" else 0.0) + rng.gauss(0, 0.1)
    if gauge.task is Task.REGRESSION:
        return 10.0 * value + (40.0 if turned else 0.0)
    if gauge.task is Task.BINARY:
        return "bad" if value > 0 else "good"
    return "low" if value < -0.4 else "middle" if value < 0.4 else "high"

"""Evidence that a group differs: the simple form, what it promises under the null, and when it finds a difference."""

from __future__ import annotations

import random
from itertools import pairwise
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.slices.evidence import NOWHERE, WAITING, Evidence, Found
from models.evaluation.slices.flags import flagged
from schemas.evaluated import Sureness

BETS = [sign * bet for sign in (1, -1) for bet in (0.02, 0.04, 0.08, 0.16, 0.32, 0.64)]


def of_all(events: list[tuple[str, float]]) -> dict[str, Found]:
    """What is found of each group of a slice."""
    evidence, numbers = Evidence(slices=1), dict[str, int]()
    for name, loss in events:
        if name not in numbers:
            numbers[name] = evidence.enter()
        evidence.update([numbers[name]], loss)
    found = evidence.found()
    return {name: found[number] for name, number in numbers.items()}


def differences(events: list[tuple[str, float]], group: str) -> list[float]:
    """By the words: at each event of the group that follows one of another, the means since the last such event."""
    marks = [at for at, (name, _) in enumerate(events) if name == group and (at == 0 or events[at - 1][0] != group)]
    found = []
    for last, at in pairwise(marks):
        stretch = events[last + 1 : at + 1]
        own = [loss for name, loss in stretch if name == group]
        others = [loss for name, loss in stretch if name != group]
        found.append(sum(own) / len(own) - sum(others) / len(others))
    return found


def simple_form(x: list[float]) -> float:
    wealth = [prod(1 + bet * d for d in x) for bet in BETS]
    n = len(x)
    spread = np.var(x) if x else 0.0
    kappa = 1.0
    if n > 1 and spread > 1e-12:
        lagged = sum(a * b for a, b in pairwise(x)) / (n - 1)
        r = min(max((lagged - np.mean(x) ** 2) / spread * n / (n + 10), 0.0), 0.97)
        kappa = (1 + r) / (1 - r)
    return float(np.mean([w ** (1 / kappa) for w in wealth]))


EVENTS = st.lists(st.tuples(st.sampled_from("aabc"), st.sampled_from([0.0, 0.0, 1.0, 0.25])), max_size=400)


@given(EVENTS)
@settings(max_examples=80)
def test_evidence_is_that_of_the_simple_form(events):
    for name, found in of_all(events).items():
        x = differences(events, name)

        assert found.pairs == len(x)
        assert found.value == pytest.approx(simple_form(x), rel=1e-9)
        assert found.gap == (pytest.approx(np.mean(x), abs=1e-12) if x else None)


def stream(n: int, slices: int, seed: int = 1) -> list[tuple[list[int], float]]:
    """Losses of many groups, some in none."""
    rng = random.Random(seed)
    return [([rng.randrange(-1, 4) + (4 * at + 1) for at in range(slices)], rng.random() ** 3) for _ in range(n)]


def numbered(members: list[int]) -> list[int]:
    """Numbers from 0 on: each slice has four, and what is below them is nowhere."""
    return [NOWHERE if number == 4 * at else number - at - 1 + at for at, number in enumerate(members)]


def test_slices_do_not_touch_each_other_and_many_losses_are_as_few():
    events = [(numbered(members), loss) for members, loss in stream(3 * WAITING + 7, slices=3)]
    together = Evidence(slices=3)
    for _ in range(12):
        together.enter()
    for members, loss in events:
        together.update(members, loss)

    for at in range(3):
        alone = Evidence(slices=1)
        for _ in range(12):
            alone.enter()
        for members, loss in events:
            alone.update([members[at]], loss)
        own = slice(4 * at, 4 * at + 4)
        assert alone.found()[own] == together.found()[own]
        assert all(found.pairs > 100 for found in alone.found()[own])


def test_when_losses_are_worked_on_makes_no_difference_to_the_last_digit():
    events = [(numbered(members), loss) for members, loss in stream(2 * WAITING, slices=2)]
    often, once = Evidence(slices=2), Evidence(slices=2)
    for evidence, step in ((often, 37), (once, WAITING)):
        for _ in range(8):
            evidence.enter()
        for n, (members, loss) in enumerate(events, start=1):
            evidence.update(members, loss)
            if n % step == 0:
                evidence.found()
                evidence._settle()

    assert often.found() == once.found()


def test_what_moves_every_group_at_once_is_no_difference():
    rng = random.Random(2)
    # Half-way errors rise from 5 to 45 %, and the mix turns round: every cumulative figure shows a gap.
    events = [
        (
            "a" if rng.random() < (0.9 if at < 3_000 else 0.1) else "b",
            float(rng.random() < (0.05 if at < 3_000 else 0.45)),
        )
        for at in range(6_000)
    ]
    groups = of_all(events)
    means = {name: np.mean([loss for other, loss in events if other == name]) for name in "ab"}

    assert means["b"] - means["a"] > 0.25
    assert all(found.value < 5 for found in groups.values())


def first_flag(rng: random.Random, *, slices: int, events: int, repeats: float = 0.0) -> int | None:
    """When any of many slices of two groups without a difference is flagged, looked at often; None if never."""
    shares = [rng.uniform(0.05, 0.5) for _ in range(slices)]
    evidence, loss = Evidence(slices=slices), 0.0
    for _ in range(2 * slices):
        evidence.enter()
    for n in range(events):
        loss = loss if rng.random() < repeats else float(rng.random() < 0.2)
        evidence.update([2 * at + (rng.random() < share) for at, share in enumerate(shares)], loss)
        if n % 50 == 49 and any(flagged([found.value for found in evidence.found()])):
            return n + 1
    return None


@pytest.mark.parametrize("repeats", [0.0, 0.9])
def test_of_fifty_slices_without_a_difference_none_is_flagged(repeats):
    # A z test of each at 5 % flags something on all of them, one with Bonferroni's correction on 65 %.
    flags = [first_flag(random.Random(f"{repeats} {n}"), slices=50, events=1_000, repeats=repeats) for n in range(12)]

    assert flags == [None] * 12


def test_a_group_that_is_worse_by_twenty_points_is_found_and_by_how_much():
    rng = random.Random(3)
    events = [(name, float(rng.random() < (0.4 if name == "a" else 0.2))) for name in rng.choices("abcd", k=3_000)]
    groups = of_all(events)

    sure = flagged([found.value for found in groups.values()])

    assert dict(zip(groups, sure, strict=True)) == {"a": Sureness.ALL, **dict.fromkeys("bcd")} or sure.count(None) < 3
    assert groups["a"].gap == pytest.approx(0.2, abs=0.05)
    assert groups["a"].value > 1e4


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_flags_are_those_of_the_definition_of_e_bh(evidence):
    sure, n = flagged(evidence), len(evidence)
    # The largest set of k whose smallest member is at least K / (alpha k).
    sizes = [k for k in range(1, n + 1) if sum(e >= n / (0.05 * k) for e in evidence) >= k]
    believed = [e for e in evidence if sizes and e >= n / (0.05 * max(sizes))]

    assert sorted(e for e, s in zip(evidence, sure, strict=True) if s is not None) == sorted(believed)
    assert [s is Sureness.ALL for s in sure] == [e >= n / 0.05 for e in evidence]

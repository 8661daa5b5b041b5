"""Pairs of outcomes and the gap they make, against the plain formula and by simulation."""

from __future__ import annotations

import random
from collections import defaultdict
from math import log, sqrt
from statistics import fmean, median

import pytest

from models.evaluation.fairness.gap import Gap
from models.evaluation.fairness.pairing import PairedGroups


def plain_pairs(outcomes: list[tuple[int, int]], group: int, begin: int = 0) -> list[float]:
    """Each group's mean against that of all others since the last pair, as one would write it down."""
    own: list[int] = []
    others: list[int] = []
    pairs = []
    for code, outcome in outcomes[begin:]:
        (own if code == group else others).append(outcome)
        if own and others:
            pairs.append(fmean(own) - fmean(others))
            own, others = [], []
    return pairs


def of_pairs(pairs: list[float]) -> Gap:
    gap = Gap(tolerance=0.05)
    for x in pairs:
        gap.update(x)
    return gap


def outcomes_of(rng: random.Random, events: int, *shares: float) -> list[tuple[int, int]]:
    return [(rng.choices(range(len(shares)), shares)[0], int(rng.random() < 0.4)) for _ in range(events)]


def test_two_groups_have_one_gap_of_pairs_in_time() -> None:
    outcomes = outcomes_of(random.Random(1), 2_000, 0.7, 0.3)
    paired = PairedGroups(tolerance=0.05)

    for code, outcome in outcomes:
        paired.update(str(code), outcome)

    first = outcomes[0][0]
    pairs = plain_pairs(outcomes, first)
    [group] = paired.gaps
    expected = of_pairs(pairs)
    assert group.name == str(first)
    assert group.gap is not None
    assert group.gap.pairs == len(pairs)
    assert group.gap.figure(switches=100).value == pytest.approx(fmean(pairs))
    assert group.gap.e_value() == pytest.approx(expected.e_value())


def test_each_of_several_groups_is_paired_with_all_others() -> None:
    outcomes = [(code, n % 2) for n, code in enumerate((0, 1, 2, 3))]
    outcomes += outcomes_of(random.Random(2), 3_000, 0.8, 0.1, 0.06, 0.04)
    paired = PairedGroups(tolerance=0.05)

    for code, outcome in outcomes:
        paired.update(str(code), outcome)

    assert [group.name for group in paired.gaps] == ["0", "1", "2", "3"]
    for group in paired.gaps:
        assert group.gap is not None
        # The second group's gap begins where the third one enters.
        pairs = plain_pairs(outcomes, int(group.name), begin=2 if group.name == "1" else 0)
        assert group.gap.pairs == len(pairs)
        assert group.gap.figure(switches=100).value == pytest.approx(fmean(pairs))


def test_rates_and_their_largest_difference_are_those_of_the_whole_life() -> None:
    outcomes = outcomes_of(random.Random(3), 500, 0.5, 0.3, 0.2)
    paired = PairedGroups(tolerance=0.05)

    for code, outcome in outcomes:
        paired.update(str(code), outcome)

    by_group = defaultdict(list)
    for code, outcome in outcomes:
        by_group[code].append(outcome)
    rates = {code: fmean(of_group) for code, of_group in by_group.items()}
    assert {int(name): group.rate for name, group in paired.groups.items()} == rates
    assert paired.difference == max(rates.values()) - min(rates.values())
    assert [*paired.broken()] == []


def test_one_group_alone_has_no_difference() -> None:
    paired = PairedGroups(tolerance=0.05)

    updates = [paired.update("0", n % 2) for n in range(100)]

    assert not any(updates)
    assert paired.difference is None


def test_a_drift_of_both_rates_and_of_the_mix_is_no_gap() -> None:
    """Simpson's trap: the first group is frequent while everybody is selected."""
    rng = random.Random(4)
    paired = PairedGroups(tolerance=0.05)

    for n in range(6_000):
        share, rate = (0.8, 0.8) if n < 3_000 else (0.2, 0.2)
        paired.update(str(int(rng.random() >= share)), int(rng.random() < rate))

    [group] = paired.gaps
    assert group.gap is not None
    figure = group.gap.figure(switches=100)
    assert paired.difference is not None
    assert paired.difference > 0.3
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < 0 < figure.high
    assert group.gap.e_value() < 1


def alarm(rng: random.Random, rates: tuple[float, float], *, tolerance: float, events: int) -> int | None:
    """Events until the evidence reaches 1 / 0.05 + 1 behind the gate."""
    paired = PairedGroups(tolerance=tolerance)
    for n in range(events):
        code = int(rng.random() < 0.5)
        for group in paired.update(str(code), int(rng.random() < rates[code])):
            gap = group.gap
            if gap is not None and gap.exceeds(21) and paired.switches_of(group) >= 20:
                return n + 1
    return None


def test_false_alarms_stay_below_their_probability_though_one_looks_at_every_event() -> None:
    rng = random.Random(5)

    alarms = sum(alarm(rng, (0.3, 0.3), tolerance=0.0, events=1_000) is not None for _ in range(150))

    # A z test at every look alarms on a third of such streams. Three standard errors above 0.05 are 0.103.
    assert alarms / 150 <= 0.05 + 3 * sqrt(0.05 * 0.95 / 150)


def test_a_gap_of_twenty_points_is_found_within_a_few_hundred_events() -> None:
    rng = random.Random(6)

    found = [alarm(rng, (0.4, 0.2), tolerance=0.0, events=3_000) for _ in range(60)]

    assert all(found)
    assert 150 < median(events for events in found if events is not None) < 400


def test_no_gap_is_shown_before_the_outcomes_have_changed_often_enough() -> None:
    gap = Gap(tolerance=0.05)
    for n in range(200):
        gap.update(float(n % 2))

    figure = gap.figure(switches=12)

    assert (figure.value, figure.low, figure.high) == (0.5, None, None)
    assert figure.missing == "8 more changes of the outcome in one of the groups"


def test_the_interval_is_that_of_an_asymptotic_confidence_sequence() -> None:
    rng = random.Random(7)
    xs = [rng.choice((-1.0, 0.0, 0.0, 1.0)) for _ in range(1_000)]
    gap = of_pairs(xs)

    figure = gap.figure(switches=100)

    q = (2 * log(20) + log(1 + 2 * log(20))) / 500
    z = sqrt(2 * (1_000 * q + 1) / (1_000 * q) * log(sqrt(1_000 * q + 1) / 0.05))
    assert figure.effective_n is not None
    assert figure.low is not None
    spread = fmean(x * x for x in xs) - fmean(xs) ** 2
    assert fmean(xs) - figure.low == pytest.approx(z * sqrt(spread / figure.effective_n))


def test_evidence_is_tempered_where_differences_follow_each_other() -> None:
    independent, bursts = of_pairs([0.0, 1.0] * 200), of_pairs(([0.0] * 20 + [1.0] * 20) * 10)

    assert independent.kappa == 1.0
    assert bursts.kappa > 10
    assert bursts.e_value() < independent.e_value() / 1e6

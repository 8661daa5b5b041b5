"""The contest against a literal form of its formula, its promise, and how fast it decides."""

from __future__ import annotations

import pickle
import random
import statistics
from collections.abc import Callable
from itertools import pairwise
from math import exp, inf, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.retraining.contests.contest import Contest, Verdict

BETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 0.95)
AGES = (0, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)


class Literal:
    """The formula of the docstring, line by line, with plain logarithms."""

    def __init__(self) -> None:
        self.d: list[float] = []
        self.log_w = [[0.0] * 8 for _ in AGES]

    def update(self, d: float, stake: float) -> float:
        """Bet on ``stake``, tempered by the correlation of ``d``."""
        self.d.append(d)
        n = len(self.d)
        for j, age in enumerate(AGES):
            if age <= n:
                for k, share in enumerate(BETS):
                    self.log_w[j][k] += log(1 + share * stake)
        m = sum(self.d) / n
        v = sum(x * x for x in self.d) / n - m * m
        kappa = 1.0
        if n > 1 and v > 1e-12:
            lagged = sum(x * y for x, y in pairwise(self.d)) / (n - 1)
            r = min(max((lagged - m * m) / v * n / (n + 10), 0), 0.97)
            kappa = (1 + r) / (1 - r)
        return sum(sum(exp(w / kappa) for w in row) / 8 / ((j + 1) * (j + 2)) for j, row in enumerate(self.log_w))


def errors_with_gap(rng: random.Random, champion: float, challenger: float) -> float:
    """0/1 losses of two models with independent errors, as the contest's d."""
    return float(rng.random() < champion) - float(rng.random() < challenger)


def runs(rng: random.Random, length: int) -> list[float]:
    """Differences that come in runs, so that kappa exceeds 1."""
    d, last = [], 0.0
    for _ in range(length):
        last = last if rng.random() < 0.7 else rng.choice((-1.0, 0.0, 1.0, 0.5))
        d.append(last)
    return d


STREAMS: dict[str, Callable[[random.Random], list[float]]] = {
    "better": lambda rng: [errors_with_gap(rng, 0.4, 0.3) for _ in range(300)],
    "worse": lambda rng: [errors_with_gap(rng, 0.2, 0.4) for _ in range(300)],
    "continuous": lambda rng: [rng.uniform(-0.3, 0.35) for _ in range(300)],
    "runs": lambda rng: runs(rng, 300),
    "all alike": lambda rng: [0.1] * 150,
    "never different": lambda rng: [0.0] * 100,
    "always better": lambda rng: [1.0] * 100,
}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
@pytest.mark.parametrize("margin", [0.02, None])
def test_equals_the_literal_formula_event_by_event(
    stream: Callable[[random.Random], list[float]], margin: float | None
):
    contest, pro, against = Contest(alpha=0.05, margin=margin), Literal(), Literal()

    for d in stream(random.Random(5)):
        verdict = contest.update(d)

        evidence = pro.update(d, d)
        giving_up = 0.0 if margin is None else against.update(d, (margin - d) / (1 + margin))
        assert contest.evidence == pytest.approx(evidence, rel=1e-9)
        assert contest.giving_up_evidence == pytest.approx(giving_up, rel=1e-9)
        if evidence >= 21:
            assert verdict is Verdict.PROMOTE
        else:
            assert verdict is (Verdict.GIVE_UP if giving_up >= 21 else Verdict.GO_ON)
    assert contest.n == len(pro.d)
    assert contest.mean == pytest.approx(sum(pro.d) / contest.n)


def test_streams_of_this_module_reach_every_verdict_and_need_tempering():
    seen, kappas = set(), []
    for stream in STREAMS.values():
        contest = Contest()
        for d in stream(random.Random(5)):
            seen.add(contest.update(d))
        kappas.append(contest.kappa)

    assert seen == set(Verdict)
    assert max(kappas) > 3


def first_verdict(contest: Contest, next_d: Callable[[], float], events: int) -> tuple[Verdict, int]:
    for n in range(1, events + 1):
        verdict = contest.update(next_d())
        if verdict is not Verdict.GO_ON:
            return verdict, n
    return Verdict.GO_ON, events


def test_equal_models_are_seldom_promoted_however_often_one_looks():
    # Oracle: Ville's inequality. At alpha = .05 of 60 contests at most 3 are expected; 7 or more have probability .03.
    promoted = 0
    for seed in range(60):
        rng = random.Random(seed)
        rate = rng.uniform(0.1, 0.3)
        contest = Contest(margin=None)
        verdict, _ = first_verdict(contest, lambda rng=rng, rate=rate: errors_with_gap(rng, rate, rate), 3_000)
        promoted += verdict is Verdict.PROMOTE

    assert promoted <= 6


@pytest.mark.parametrize(
    ("champion", "challenger", "least", "most"), [(0.7, 0.1, 10, 20), (0.3, 0.1, 45, 95), (0.3, 0.2, 120, 330)]
)
def test_events_to_promote_are_those_of_the_prototype(champion: float, challenger: float, least: int, most: int):
    # Oracle: the prototype's medians 15, about 70, and 158 to 251; half as much slack for 41 contests.
    events = []
    for seed in range(41):
        rng = random.Random(seed)
        contest = Contest(margin=None)
        verdict, n = first_verdict(contest, lambda rng=rng: errors_with_gap(rng, champion, challenger), 5_000)
        assert verdict is Verdict.PROMOTE
        events.append(n)

    assert least <= statistics.median(events) <= most


def test_a_challenger_that_becomes_better_late_is_found_by_a_row_that_starts_late():
    # At first it is worse by 40 points, which ruins the bets of the first row.
    rng = random.Random(3)
    contest = Contest(margin=None)
    for _ in range(512):
        assert contest.update(errors_with_gap(rng, 0.2, 0.6)) is Verdict.GO_ON

    verdict, n = first_verdict(contest, lambda: errors_with_gap(rng, 0.4, 0.1), 1_000)

    assert verdict is Verdict.PROMOTE
    assert contest.mean < 0
    assert n < 500


def test_a_worse_challenger_is_given_up():
    rng = random.Random(1)

    verdict, n = first_verdict(Contest(), lambda: errors_with_gap(rng, 0.2, 0.4), 5_000)

    assert verdict is Verdict.GIVE_UP
    assert n < 300


def test_a_racer_without_margin_is_never_given_up():
    rng = random.Random(1)

    verdict, _ = first_verdict(Contest(margin=None), lambda: errors_with_gap(rng, 0.2, 0.4), 5_000)

    assert verdict is Verdict.GO_ON


def test_patience_ends_the_contest_and_only_where_it_is_set():
    contest = Contest(margin=None, patience=50)

    assert [contest.update(0.0) for _ in range(50)] == [Verdict.GO_ON] * 49 + [Verdict.GIVE_UP]


def test_promotion_comes_before_patience():
    contest = Contest(patience=9)

    assert [contest.update(1.0) for _ in range(9)][-1] is Verdict.PROMOTE


def test_runs_of_equal_differences_slow_it_down():
    rng = random.Random(0)
    shuffled = runs(rng, 400)
    in_runs = sorted(shuffled[:200]) + sorted(shuffled[200:])
    one, other = Contest(margin=None), Contest(margin=None)

    for d in shuffled:
        one.update(d)
    for d in in_runs:
        other.update(d)

    assert other.kappa > one.kappa > 1


@pytest.mark.parametrize("d", [nan, inf, -inf, 1.0001, -1.0001])
def test_impossible_differences_are_refused_and_nothing_changes(d: float):
    contest = Contest()
    for good in STREAMS["runs"](random.Random(2)):
        contest.update(good)
    before = pickle.dumps(contest)

    with pytest.raises(ValueError, match=r"d must be a difference of two losses in \[0, 1\], got"):
        contest.update(d)

    assert pickle.dumps(contest) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0.0}, "alpha must be in"),
        ({"alpha": nan}, "alpha must be in"),
        ({"margin": 1.0}, "margin must be in"),
        ({"margin": -0.1}, "margin must be in"),
        ({"patience": 0}, "patience must be at least 1"),
    ],
)
def test_impossible_arguments_are_refused(arguments: dict[str, float], message: str):
    with pytest.raises(ValueError, match=message):
        Contest(**arguments)  # type: ignore[arg-type]


@given(seed=st.integers(0, 10_000), cut=st.integers(0, 199))
def test_restored_at_any_cut_it_goes_on_bit_for_bit(seed: int, cut: int):
    rng = random.Random(seed)
    differences = [rng.uniform(-1, 1) * rng.choice((0, 0.3, 1)) for _ in range(200)]
    whole, first = Contest(), Contest()
    expected = [(whole.update(d), whole.evidence, whole.giving_up_evidence) for d in differences]

    for d in differences[:cut]:
        first.update(d)
    second = pickle.loads(pickle.dumps(first))

    assert [(second.update(d), second.evidence, second.giving_up_evidence) for d in differences[cut:]] == expected[cut:]


def test_evidence_stays_finite_for_ever():
    contest = Contest()

    for _ in range(5_000):
        assert contest.update(1.0) in (Verdict.GO_ON, Verdict.PROMOTE)

    assert contest.evidence < inf
    assert contest.giving_up_evidence >= 0

"""Slices: flags on streams where no group differs, and events until a group that is worse is flagged."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import sqrt
from statistics import NormalDist, median, stdev
from typing import Final, NamedTuple

from benchmarks.promises.row import Row, share_error
from models.evaluation.slices.evidence import Evidence
from models.evaluation.slices.flags import flagged
from schemas.evaluated import Sureness

ALPHA: Final = 0.05
SLICES: Final = 50
EVENTS: Final = 2_000
EVERY: Final = 25
"""Events between two looks."""


class Stream(NamedTuple):
    """Errors at a rate of 0.2, the same for everybody but for the first group, which is worse by ``gap``.

    An error is followed by another of its group, or of anybody, with ``own_repeats`` or ``repeats``.
    """

    gap: float = 0.0
    repeats: float = 0.0
    own_repeats: float = 0.0


class Flagged(NamedTuple):
    """The first event at which anything was flagged by each rule; ``None`` if nothing was."""

    discoveries: int | None
    all: int | None
    z: bool
    bonferroni: bool


def rows(quick: bool) -> Iterator[Row]:
    """Fifty slices of two groups each, whose shares are from 2 to 50 %; then one group that is worse."""
    streams = 20 if quick else 120
    for name, stream, before in (
        ("independent errors", Stream(), 0.008),
        ("errors of everybody in bursts of 10", Stream(repeats=0.9), None),
        ("errors of each group in bursts of 2", Stream(own_repeats=0.5), None),
    ):
        found = [first_flags(random.Random(f"{name} {n}"), stream, EVENTS) for n in range(streams)]
        share = sum(one.discoveries is not None for one in found) / streams
        note = f"any flag among {SLICES} within {EVENTS:,} events, a look every {EVERY}"
        yield Row(f"e-BH flags, {name}", share, before, share_error(share, streams), note)
        share = sum(one.all is not None for one in found) / streams
        yield Row(f"family-wise flags, {name}", share, None, share_error(share, streams), f"at most {ALPHA}")
        if name == "independent errors":
            z = sum(one.z for one in found) / streams
            yield Row("a z test of each, watched", z, 1.0, share_error(z, streams), "what is not done here")
            bonferroni = sum(one.bonferroni for one in found) / streams
            yield Row("the same at 0.05/50", bonferroni, 0.65, share_error(bonferroni, streams), "nor this")
    streams = 10 if quick else 60
    for points in (0.05, 0.10, 0.20):
        for share in (0.5, 0.1):
            yield _delay(points, share, streams)


def _delay(points: float, share: float, streams: int) -> Row:
    what = f"events to flag {points * 100:.0f} points, a group of {share * 100:.0f} %"
    delays = []
    for n in range(streams):
        found = _first_flag(random.Random(f"{what} {n}"), points, share, 60_000)
        delays.append(60_000 if found is None else found)
    # The error of a median is about 1.25 times that of a mean.
    return Row(what, median(delays), None, 1.25 * stdev(delays) / sqrt(len(delays)), "median; one of 50 groups")


def _first_flag(rng: random.Random, points: float, share: float, events: int) -> int | None:
    # The evidence of 49 groups that are like all others is about 1: a flag takes what one alone must have.
    evidence = Evidence(slices=1)
    group, others = evidence.enter(), evidence.enter()
    for n in range(events):
        inside = rng.random() < share
        evidence.update([group if inside else others], float(rng.random() < 0.2 + points * inside))
        if n % EVERY == EVERY - 1 and evidence.found()[group].value >= SLICES / ALPHA:
            return n + 1
    return None


def first_flags(rng: random.Random, stream: Stream, events: int) -> Flagged:
    """When anything is flagged on one stream, by e-BH and by tests that were not made to be watched."""
    shares = [rng.uniform(0.02, 0.5) for _ in range(SLICES)]
    evidence = Evidence(slices=SLICES)
    groups = [(evidence.enter(), evidence.enter()) for _ in range(SLICES)]
    counts = [[0, 0.0] for _ in range(SLICES)]
    lasts = [0.0, 0.0]
    total, last = 0.0, 0.0
    first: dict[str, int] = {}
    z_bound, corrected = (NormalDist().inv_cdf(1 - ALPHA / 2 / tests) for tests in (1, SLICES))
    for n in range(events):
        members = [rng.random() < share for share in shares]
        loss = float(rng.random() < 0.2 + stream.gap * members[0])
        if rng.random() < stream.repeats:
            loss = last
        if rng.random() < stream.own_repeats:
            loss = lasts[members[0]]
        last = lasts[members[0]] = loss
        evidence.update([pair[is_member] for pair, is_member in zip(groups, members, strict=True)], loss)
        for count, is_member in zip(counts, members, strict=True):
            count[0] += is_member
            count[1] += loss * is_member
        total += loss
        if n % EVERY == EVERY - 1:
            found = evidence.found()
            sure = flagged([found[group].value for _, group in groups], alpha=ALPHA)
            largest = max(_z(own, wrong, n + 1, total) for own, wrong in counts)
            for name, is_so in (
                ("discoveries", any(sure)),
                ("all", Sureness.ALL in sure),
                ("z", largest > z_bound),
                ("bonferroni", largest > corrected),
            ):
                if is_so:
                    first.setdefault(name, n + 1)
    return Flagged(first.get("discoveries"), first.get("all"), "z" in first, "bonferroni" in first)


def _z(own: float, wrong: float, n: int, total: float) -> float:
    others, p = n - own, total / n
    if not own or not others or not 0 < p < 1:
        return 0.0
    return abs(wrong / own - (total - wrong) / others) / sqrt(p * (1 - p) * (1 / own + 1 / others))

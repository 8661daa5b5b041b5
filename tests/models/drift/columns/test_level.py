"""A level's arrays hold what one monitor at a time, written in plain Python from the method's formulas, comes to."""

from __future__ import annotations

import random
from math import erfc, exp, log, sqrt

import numpy as np
import pytest
from scipy import stats

from models.drift.columns.alarm import named_by
from models.drift.columns.arrays import layout, monitors
from models.drift.columns.level import Level
from models.drift.columns.ranks import EDGES, t5_tail

EVENTS, DELAY, FLOOR = 64, 4, 0.0125
GAINS = (1 / 256, 0.06, 0.25, 0.7)
KAPPAS = (0.1, 0.3, 0.6)
BETAS = (0.5, 0.25, 0.125, 0.0625)


def clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


class Plain:
    """One two-sided monitor on one channel; ``best`` says whether it may choose its speed."""

    def __init__(self, *, best: bool, weight: float) -> None:
        self.best, self.stake = best, weight * EVENTS / 3
        self.n, self.s = 0, 0.0
        self.a, self.mse = [0.0] * 4, [1e-12] * 4
        self.speeds: list[int] = []
        self.waiting: list[float | None] = []
        self.past: dict[bool, list[float]] = {True: [], False: []}
        self.zmax = {True: 4.0, False: 4.0}
        self.f = [[0.0] * 4, [0.0] * 4]
        self.v = [[0.0] * 4, [0.0] * 4]
        self.v0, self.size, self.vif = [0.0, 0.0], 0.8, 1.0
        self.sr = {(up, k): 0.0 for up in (True, False) for k in KAPPAS}

    @property
    def pool(self) -> int:
        return len(self.past[True]) + len(self.past[False])

    def p_value(self, z: float) -> float:
        at = max(edge for edge in EDGES if edge <= abs(z))
        c = sum(abs(old) >= at for old in self.past[z > 0])
        n = self.pool
        beyond = clip((self.zmax[z > 0] / max(abs(z), 1e-9)) ** 4, clip(16 / (n + 1), 0.05, 1), 1)
        return max(min((beyond + c + 20 * t5_tail(at)) / (n + 21), 1.0), 0.5 * erfc(at / sqrt(2)))

    def step(self, x: float) -> None:
        k = self.speeds[-DELAY] if len(self.speeds) >= DELAY else 0
        e = x - self.a[k]
        sc = max(1.25 * self.s, FLOOR) * sqrt(1 + 1 / max(self.n, 1))
        armed = self.n >= 12
        z = e / sc if armed else 0.0
        if armed and self.pool >= 16:
            p = self.p_value(z)
            for up, kappa in self.sr:
                bet = log(kappa) + (kappa - 1) * (log(p) if up == (z > 0) else 0.0)
                self.sr[up, kappa] = (self.sr[up, kappa] + self.stake) * exp(bet / self.vif)
        self.waiting.append(z if armed else None)
        if len(self.waiting) > DELAY:
            self.learn(self.waiting.pop(0))
        fade = 1 / clip(self.n - 1, 1, 64) if self.n > 1 else 0.0
        for j in range(4):
            error = x - self.a[j]
            error = clip(error, -5 * sc, 5 * sc) if self.n >= 3 else error
            self.mse[j] += fade * (error * error - self.mse[j])
            self.a[j] += max(GAINS[j], 1 / (self.n + 1)) * (x - self.a[j])
        self.s += fade * (min(abs(e), 4 * sc if self.n >= 6 else 1e300) - self.s)
        penalised = [m * q for m, q in zip(self.mse, (1, 1.03, 1.06, 1.09), strict=True)]
        self.speeds.append(penalised.index(min(penalised)) if self.best else 0)
        self.n += 1

    def learn(self, z: float | None) -> None:
        if z is None:
            return
        self.past[z > 0].append(max(edge for edge in EDGES if edge <= abs(z)))
        self.zmax[z > 0] = max(self.zmax[z > 0], min(abs(z), 1e3))
        size, factors = min(abs(z), 4), []
        for i, u in enumerate((clip(z, -4, 4), size - self.size)):
            self.v0[i] = self.v0[i] * (1 - 1 / 512) + u * u
            for j, b in enumerate(BETAS):
                self.f[i][j] += b * (u - self.f[i][j])
                self.v[i][j] = self.v[i][j] * (1 - 1 / 512) + self.f[i][j] ** 2
                factors.append((32 + self.v[i][j] * (2 - b) / b) / (32 + self.v0[i]))
        self.size += (size - self.size) / min(4 + self.pool, 512)
        self.vif = max(1.0, *factors)


@pytest.mark.parametrize("jump", [0.0, 0.4])
def test_evidence_is_that_of_a_plain_monitor(jump: float) -> None:
    rng = random.Random(3)
    level = Level(monitors(1, 0), events=EVENTS, delay=DELAY, share=0.25)
    channels = [Plain(best=best, weight=0.25 / 10 / 2) for best in (True, False)]
    wander = 0.0
    for block in range(160):
        wander = 0.8 * wander + rng.gauss(0, 0.1)
        x = np.full(10, np.nan)
        x[0] = wander + jump * (block >= 150)
        for _ in level.step(x, np.full(10, FLOOR), layout(1, 0), bets=True):
            pass
        for channel in channels:
            channel.step(float(x[0]))

    expected = sum(sum(channel.sr.values()) for channel in channels)
    assert level.evidence[0] == pytest.approx(expected, rel=1e-9)
    assert level.evidence[0] > 0
    assert not level.evidence[1:].any()


@pytest.mark.parametrize("x", [0.0, 0.25, 2.0, 7.5, 40.0])
def test_the_tail_is_students(x: float) -> None:
    assert t5_tail(x) == pytest.approx(stats.t.sf(x, 5), abs=1e-12)


def test_those_are_named_whose_value_is_large_enough_for_their_rank() -> None:
    assert named_by(np.array([3.9, 0.1, 1.9, 0.9])) == []
    assert named_by(np.array([4.0, 0.1, 1.9, 1.0])) == [0]
    assert named_by(np.array([3.0, 0.1, 2.0, 1.0])) == [0, 2]

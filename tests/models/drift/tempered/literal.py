"""The formula of the default detector, written another way: kept whole and worked out anew.

What is in use is a prefix of what was counted, so nothing is copied; block sums are reshaped arrays. Neither the
halving of sums nor their thinning is here: streams stay below the 16,384 events at which they begin.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

from models.drift.signal import Signal

DELTAS = (0.05, 0.1, 0.2, 0.4, 0.8)
SPEEDS = (1, 1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 1024)


class Literal:
    def __init__(self, budget: float) -> None:
        self.budget = budget
        self.level = 0.01 / budget
        self.folded: list[list[float]] = []  # mean - distances of the averages, distance, variance, two residuals
        self.used = self.older = 0
        self.at_alarm: int | None = None
        self.alarm_at: int | None = None
        self.time = self.looked_at = 0
        self.pause = 256
        self.averages, self.seen = [0.0] * 6, 0
        self.channels = [(-1, 0.0, 0.0, 1.0, 30.0)] * 2
        self.parted_at: int | None = None
        self.counted = 0.0
        self.heights: list[list[float]] = []  # height, whether it went by without an alarm, weight
        self.peak = 0.0
        self.pending: float | None = None
        self.threshold = 1 / budget
        self.restart()

    def restart(self) -> None:
        self.losses: list[float] = []
        self.up, self.down = np.zeros((2, 5)), np.zeros(5)
        self.evidence = self.peak = 0.0

    def update(self, b: float) -> Signal:
        self.time += 1
        if self.alarm_at is not None and self.time - self.alarm_at > 4096:
            self.confirm()
        answer, n, row = Signal.QUIET, len(self.losses), None
        better = False
        if n >= 30:
            mu, m = sum(self.losses) / n, (sum(self.losses) + 1) / (n + 2)
            v = (sum((loss - mu) ** 2 for loss in self.losses) + 8 * m * (1 - m)) / (n + 8)
            residuals = [self.bet(c, b, n, mu, m, v) for c in (0, 1)]
            self.evidence = float(self.up.sum())
            self.count_peaks()
            total, whole = (sum(one[k] * one[2] for one in self.heights) for k in (0, 1))
            peaks = sum(weight for _, _, weight in self.heights)
            height, ratio = max(1, (total + 4) / (whole + 4)), (peaks + 4) / (self.budget * self.counted + 0.04)
            self.threshold = max(1 / self.budget, exp(log(self.level) + height * log(ratio)))
            if self.evidence >= self.threshold:
                answer = Signal.DRIFT
                self.alarmed()
            elif self.down.sum() >= 1 / self.budget:
                better = True
            elif self.evidence >= 0.1 * self.threshold:
                answer = Signal.WARNING
            known = [f - mu if self.seen * s >= 1 else np.nan for f, s in zip(self.averages, SPEEDS, strict=True)]
            row = [*known, b - mu, v, *residuals]
        self.statistic = self.evidence / self.threshold
        if self.pause == 0 and row is not None:
            self.folded.append(row)
        self.averages = [f + max(s, 1 / (self.seen + 1)) * (b - f) for f, s in zip(self.averages, SPEEDS, strict=True)]
        self.seen += 1
        if self.time % 64 == 0 and (self.evidence <= self.level or self.time - self.looked_at > 1024):
            self.looked_at = self.time
            self.used, self.older = self.older, len(self.folded)
            self.look()
        if better or answer is Signal.DRIFT:
            self.restart()
        if self.pause:
            self.pause -= 1
            if self.pause == 0:
                self.losses = []
        self.losses.append(b)
        return answer

    def bet(self, c: int, b: float, n: int, mu: float, m: float, v: float) -> float:
        k, rho, explained, kappa, arm = self.channels[c]
        f = self.averages[k] if k >= 0 else 0.0
        t = min(max(m + rho * (f - m) if k >= 0 else m, 1e-4), 1 - 1e-4)
        sd = max(1e-3, sqrt(v * (1 - explained) * (1 + kappa / n)))
        if n >= arm:
            for j, delta in enumerate(DELTAS):
                self.up[c, j] = (self.up[c, j] + 0.1) * (1 + min(delta / sd, 0.9 / t) * (b - t)) ** (1 / kappa)
                if c == 0:
                    bet = 1 - min(delta / sd, 0.9 / (1 - t)) * (b - t)
                    self.down[j] = (self.down[j] + 0.2) * bet ** (1 / kappa)
        return (b - mu - (rho * (f - mu) if k >= 0 else 0)) / sd

    def count_peaks(self) -> None:
        if self.used < 4096:
            return
        self.counted += 1
        self.peak = max(self.peak, self.evidence if self.evidence > self.level or self.peak else 0.0)
        if self.peak and self.evidence < self.level / 4:
            self.heights.append([log(self.peak / self.level), 1, 1])
            self.peak = 0.0
        if self.counted > 4 / self.budget:
            self.counted /= 2
            self.heights = [[h, c, w / 2] for h, c, w in self.heights]

    def alarmed(self) -> None:
        self.confirm()
        self.alarm_at, self.at_alarm = self.time, self.used
        self.pending = log(self.threshold / self.level) if self.used >= 4096 else None

    def confirm(self) -> None:
        if self.pending is not None:
            self.heights.append([self.pending, 0, 1])
        self.pending = self.alarm_at = self.at_alarm = None

    def look(self) -> None:
        rows = np.array(self.folded[: self.used]).reshape(-1, 10)
        self.channels = [self.terms(rows[:, :6][:, :averages], rows, 8 + c) for c, averages in ((0, 2), (1, 6))]

    @staticmethod
    def terms(x: np.ndarray, rows: np.ndarray, column: int) -> tuple[int, float, float, float, float]:
        k, rho, explained = -1, 0.0, 0.0
        for i in range(x.shape[1]):
            known = ~np.isnan(x[:, i])
            z, y, w = x[known, i], rows[known, 6], 1 / (rows[known, 7] + 1e-9)
            xx, xy, yy, qq = (z * z * w).sum() + 1e-12, (z * y * w).sum(), (y * y * w).sum(), ((z * y * w) ** 2).sum()
            if xy > 0 and xy * xy > 16 * qq and xy * xy / xx / yy > explained:
                k, rho, explained = i, xy / xx, xy * xy / xx / yy
        rho, explained, kappa = min(rho, 0.98), min(explained, 0.98), 1.0
        residuals = rows[:, column]
        for length in 2 ** np.arange(2, 14):
            count = len(residuals) // length
            if count < 16 or not residuals.any():
                break
            sums = residuals[: count * length].reshape(count, length).sum(axis=1)
            if (sums**2).sum() ** 2 < 5 * (sums**4).sum():
                continue
            ratio = ((sums**2).sum() / (residuals**2).mean() / length + 16) / (count + 16)
            if (ratio > 1 + 3 * sqrt(2 / count) or (kappa > 1 and ratio > 1)) and ratio > kappa:
                kappa = ratio
        return k, rho, explained, kappa, max(30, 16 * kappa, min(1024, 16 * kappa * (1 - explained) / (1 - rho) ** 2))

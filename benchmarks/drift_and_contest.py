"""What the drift detector and the contest promise, measured: the figures of the README.

    python benchmarks/drift_and_contest.py [--quick] [--json]

1. False alarms: 10^6 Bernoulli losses at each of four rates, budget 1e-4, so 100 allowed alarms; and on short streams,
   where the reference is still young. River's detectors, as shipped, beside it.
2. False promotions: 400 contests of 20,000 events between equal models with independent errors of 10 to 30 %.
3. Delays: events from a change of the error rate to the alarm, budget 1e-5, change after 20,000 events.
4. Events to promote a challenger that is better by so many points.

Everything is seeded. Many contests at once are folded by a second, vectorised form of the product's code, which is held
against the product's own on some of them first. Errors that come in bursts: `benchmarks/promises/error_drift.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from models.drift.river_detectors import KNOWN, RiverDetector
from models.drift.signal import Signal
from models.drift.tempered.detector import TemperedDetector
from models.retraining.contests.contest import AGES, BETS, PRIORS, Contest, Verdict

Array = NDArray[np.float64]
RATES = (0.01, 0.05, 0.2, 0.4)
CHANGES = ((0.05, 0.10), (0.05, 0.20), (0.20, 0.30), (0.20, 0.50))
GAPS = ((0.70, 0.10), (0.25, 0.05), (0.40, 0.20), (0.15, 0.05), (0.30, 0.20), (0.10, 0.05), (0.25, 0.20))
# KSWIN runs a test of 100 losses on every event: 0.4 ms each is too slow for these streams.
RIVER = [use for use in KNOWN if use != "drift.KSWIN"]


class Contests:
    """Many contests side by side, by the formula of ``Contest``'s docstring, with the wealth of every bet kept."""

    def __init__(self, count: int, alpha: float) -> None:
        self.log_threshold = math.log(1 / alpha + 1)
        self.n = 0
        self.log_w = np.zeros((len(AGES), len(BETS), count))
        self.sum, self.squares, self.lagged, self.last = np.zeros((4, count))
        self.bets = np.array(BETS)[:, None]
        self.weights = (np.array(PRIORS) / len(BETS))[:, None, None]

    def update(self, d: Array) -> NDArray[np.bool_]:
        """One difference per contest; where the evidence reaches the threshold."""
        self.n += 1
        rows = sum(age <= self.n for age in AGES)
        self.log_w[:rows] += np.log1p(self.bets * d)
        self.sum += d
        self.squares += d * d
        self.lagged += d * self.last
        self.last = d
        reached = np.zeros(len(d), dtype=np.bool_)
        near = np.flatnonzero(self.log_w.max(axis=(0, 1)) >= self.log_threshold)
        if len(near):
            w = self.log_w[:, :, near] / self._kappa()[near]
            most = w.max(axis=(0, 1))
            total = most + np.log((self.weights * np.exp(w - most)).sum(axis=(0, 1)))
            reached[near] = total >= self.log_threshold
        return reached

    def _kappa(self) -> Array:
        if self.n < 2:
            return np.ones_like(self.sum)
        m, square = self.sum / self.n, self.squares / self.n
        v = square - m * m
        flat = v <= 1e-12 * square
        r = (self.lagged / (self.n - 1) - m * m) / np.where(flat, 1, v) * self.n / (self.n + 10)
        r = np.where(flat, 0, np.clip(r, 0, 0.97))
        return np.asarray((1 + r) / (1 - r))


def check_the_vectorised_form() -> None:
    """Hold it against the product's own code, event by event."""
    rng = np.random.default_rng(0)
    d = (rng.random((1200, 6)) < 0.3).astype(float) - (rng.random((1200, 6)) < [0.3, 0.3, 0.25, 0.2, 0.1, 0.4])
    contests, pro = Contests(6, 0.05), [Contest(alpha=0.05, margin=None) for _ in range(6)]
    for row in d:
        verdicts = [one.update(float(x)) is Verdict.PROMOTE for one, x in zip(pro, row, strict=True)]
        assert list(contests.update(row)) == verdicts
    assert 0 < sum(verdicts) < 6


def poisson_interval(mean: float) -> tuple[int, int]:
    """The central 95 % of a Poisson count."""
    low, cumulated, count, term = -1, 0.0, 0, math.exp(-mean)
    while True:
        cumulated += term
        if low < 0 and cumulated > 0.025:
            low = count
        if cumulated >= 0.975:
            return low, count
        count += 1
        term *= mean / count


def binomial_interval(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, p = 1.96, hits / trials
    centre = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2)) / (1 + z * z / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def alarms_in(detector: TemperedDetector | RiverDetector, losses: list[float]) -> int:
    return sum(detector.update(loss) is Signal.DRIFT for loss in losses)


def false_alarms(quick: bool) -> Iterator[dict[str, Any]]:
    events, budget = (100_000, 1e-3) if quick else (1_000_000, 1e-4)
    river_events = 20_000 if quick else 100_000
    for seed, rate in enumerate(RATES):
        losses = (np.random.default_rng([1, seed]).random(events) < rate).astype(float).tolist()
        allowed = budget * events
        count = alarms_in(TemperedDetector(budget=budget), losses)
        yield {
            "rate": rate,
            "events": events,
            "budget": budget,
            "allowed": allowed,
            "allowed_95": poisson_interval(allowed),
            "alarms": count,
            "is_kept": count <= poisson_interval(allowed)[1],
            "river_alarms_per_million": {
                use: alarms_in(RiverDetector(use=use, params={}), losses[:river_events]) * 1_000_000 // river_events
                for use in RIVER
            },
        }


def young_false_alarms(quick: bool) -> Iterator[dict[str, Any]]:
    """Many streams of a length at which the reference has just begun: the estimate of the mean is at its worst."""
    streams, length, budget = (50 if quick else 1_000), 2_000, 1e-4
    for seed, rate in enumerate(RATES):
        losses, count = np.random.default_rng([2, seed]).random((streams, length)) < rate, 0
        for stream in losses.astype(float).tolist():
            count += alarms_in(TemperedDetector(budget=budget), stream)
        allowed = budget * streams * length
        yield {"rate": rate, "streams": streams, "length": length, "allowed": allowed, "alarms": count}


def delays(quick: bool) -> Iterator[dict[str, Any]]:
    streams, river_streams, before = (5, 3, 5_000) if quick else (60, 25, 20_000)
    for seed, (low, high) in enumerate(CHANGES):
        row: dict[str, Any] = {"before": low, "after": high}
        for use in ("e-detector", *RIVER):
            found = [
                delay(use, [3, seed, k], low, high, before)
                for k in range(streams if use == "e-detector" else river_streams)
            ]
            row[use] = finite(np.median(found))
        yield row


def finite(median: np.floating[Any]) -> float | None:
    """JSON has no infinity: ``None`` where more than half never came to an end."""
    return float(median) if math.isfinite(median) else None


def delay(use: str, seed: list[int], low: float, high: float, before: int, limit: int = 20_000) -> float:
    """Events from the change to the alarm of the default detector, budget 1e-5, or of one of River's."""
    rng = np.random.default_rng(seed)
    detector = TemperedDetector() if use == "e-detector" else RiverDetector(use=use, params={})
    for loss in (rng.random(before) < low).astype(float).tolist():
        detector.update(loss)
    for n, loss in enumerate((rng.random(limit) < high).astype(float).tolist(), 1):
        if detector.update(loss) is Signal.DRIFT:
            return n
    return math.inf


def false_promotions(quick: bool) -> dict[str, Any]:
    contests, events, alpha = (100, 3_000, 0.05) if quick else (400, 20_000, 0.05)
    rng = np.random.default_rng(4)
    rates = rng.uniform(0.1, 0.3, contests)
    many, promoted = Contests(contests, alpha), np.zeros(contests, dtype=np.bool_)
    for _ in range(events):
        champion, challenger = rng.random((2, contests)) < rates
        promoted |= many.update(champion.astype(float) - challenger)
    hits = int(promoted.sum())
    return {
        "contests": contests,
        "events": events,
        "alpha": alpha,
        "promoted": hits,
        "share": hits / contests,
        "share_95": binomial_interval(hits, contests),
        "is_kept": hits / contests <= alpha,
    }


def events_to_promote(quick: bool) -> Iterator[dict[str, Any]]:
    contests, limit = (50, 5_000) if quick else (200, 20_000)
    for seed, (champion, challenger) in enumerate(GAPS):
        rng, many = np.random.default_rng([5, seed]), Contests(contests, 0.05)
        first, n = np.zeros(contests), 0
        while n < limit and not first.all():
            n += 1
            wrong = rng.random((2, contests)) < [[champion], [challenger]]
            found = many.update(wrong[0].astype(float) - wrong[1])
            first[found & (first == 0)] = n
        yield {
            "champion": champion,
            "challenger": challenger,
            "median": finite(np.median(np.where(first == 0, math.inf, first))),
            "promoted": float((first > 0).mean()),
        }


def measured(quick: bool) -> dict[str, Any]:
    check_the_vectorised_form()
    return {
        "false_alarms": list(false_alarms(quick)),
        "young_false_alarms": list(young_false_alarms(quick)),
        "false_promotions": false_promotions(quick),
        "delays": list(delays(quick)),
        "events_to_promote": list(events_to_promote(quick)),
    }


def short(use: str) -> str:
    return use.rsplit(".", 1)[-1]


def as_events(count: float | None) -> str:
    return "never" if count is None else f"{count:,.0f}"


def show(result: dict[str, Any], console: Console) -> None:
    first = result["false_alarms"][0]
    table = Table(title=f"False alarms in {first['events']:,} Bernoulli losses, budget {first['budget']:g} per event")
    for column in ("error rate", "allowed", "95 %", "alarms", "kept"):
        table.add_column(column, justify="right")
    for row in result["false_alarms"]:
        low, high = row["allowed_95"]
        kept = "yes" if row["is_kept"] else "NO"
        table.add_row(f"{row['rate']:g}", f"{row['allowed']:.0f}", f"{low}-{high}", str(row["alarms"]), kept)
    console.print(table)

    young = result["young_false_alarms"][0]
    table = Table(title=f"The same in {young['streams']:,} streams of {young['length']:,} events")
    for column in ("error rate", "allowed", "alarms"):
        table.add_column(column, justify="right")
    for row in result["young_false_alarms"]:
        table.add_row(f"{row['rate']:g}", f"{row['allowed']:.0f}", str(row["alarms"]))
    console.print(table)

    table = Table(title="River's detectors as shipped, rises only: false alarms per 1,000,000 events")
    for column in ("error rate", *map(short, RIVER)):
        table.add_column(column, justify="right")
    for row in result["false_alarms"]:
        table.add_row(f"{row['rate']:g}", *(f"{row['river_alarms_per_million'][use]:,}" for use in RIVER))
    console.print(table)

    table = Table(title="Median events from the change to the alarm (e-detector: budget 1e-5)")
    for column in ("change", "e-detector", *map(short, RIVER)):
        table.add_column(column, justify="right", no_wrap=True)
    for row in result["delays"]:
        figures = (as_events(row[use]) for use in ("e-detector", *RIVER))
        table.add_row(f"{row['before']:.2f}→{row['after']:.2f}", *figures)
    console.print(table)
    console.print("A short delay is worth nothing where false alarms are as frequent: some of these are no detections.")

    table = Table(title="Events to promote a better challenger (independent errors)")
    for column in ("champion", "challenger", "median events", "promoted"):
        table.add_column(column, justify="right")
    for row in result["events_to_promote"]:
        cells = f"{row['champion']:.2f}", f"{row['challenger']:.2f}", as_events(row["median"]), f"{row['promoted']:.0%}"
        table.add_row(*cells)
    console.print(table)

    equal = result["false_promotions"]
    low, high = equal["share_95"]
    console.print(
        f"Equal models promoted: {equal['promoted']} of {equal['contests']} contests of {equal['events']:,} events, "
        f"{equal['share']:.2%} (95 % interval {low:.2%} to {high:.2%}); promised at most {equal['alpha']:.0%}"
    )


def is_kept(result: dict[str, Any]) -> bool:
    return result["false_promotions"]["is_kept"] and all(row["is_kept"] for row in result["false_alarms"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller samples, a few seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    arguments = parser.parse_args()
    result = measured(arguments.quick)
    if arguments.json:
        print(json.dumps(result))
    else:
        show(result, Console(width=110))
    return 0 if is_kept(result) else 1


if __name__ == "__main__":
    raise SystemExit(main())

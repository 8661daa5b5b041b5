"""How far the metric now is off from what it turns out to be, beside the last labelled window.

On a year of flights labels come at their true arrivals, on elec2 after delays that are drawn: by the label, longer for
wrong answers, or always the same. Every event goes through the service's own fold. Figures are in points of accuracy,
looked at every quarter of a window; what was measured before was measured with other models of the same kind.
"""

from __future__ import annotations

import heapq
import os
import random
import tomllib
from collections.abc import Callable, Iterator
from itertools import islice
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Final

from benchmarks.promises.row import Row, share_error
from models.learner import Learner
from schemas.evaluated import MetricNow
from schemas.events import EventReceived, Input, LabelReceived
from schemas.gauge import Gauge
from schemas.records import Effect, Prediction
from streams.data.backtest import fold
from streams.data.datafile import rows as rows_of
from streams.data.replay import records

ROOT: Final = Path(__file__).resolve().parents[2]
WINDOW: Final = 1_000
FLIGHTS: Final[dict[str, tuple[float, float]]] = {"logistic_regression": (1.39, 2.18), "hoeffding_tree": (1.50, 2.52)}
"""Recipe to what was measured before: the estimate's error, and the last labelled window's."""

Delay = Callable[[random.Random, bool, bool], float]
DELAYS: Final[dict[str, tuple[Delay, tuple[float, float]]]] = {
    "delays by label": (lambda rng, up, _: rng.expovariate(1 / (500 if up else 150)), (1.27, 2.68)),
    "wrong answers slow": (lambda rng, _, wrong: rng.expovariate(1 / (500 if wrong else 250)), (1.37, 2.94)),
    "always 500 records": (lambda *_: 500.0, (3.58, 4.13)),
}


class Looks:
    """What was said at the end of every quarter of a window, and what became of it."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._losses: dict[int, float | None] = {}
        self._said: dict[int, Any] = {}
        self.found: list[tuple[int, MetricNow]] = []

    def folded(self, effects: list[Effect]) -> None:
        """Note the prediction among these effects, and look."""
        for effect in effects:
            if isinstance(effect, Prediction) and effect.y_pred is not None and not effect.held_out:
                self._losses[effect.position] = None
                self._said[effect.position] = effect.y_pred
                if len(self._losses) % (WINDOW // 4) == 0:
                    now = self._learner.board.evaluated().metric_now
                    assert now is not None
                    self.found.append((len(self._losses), now))

    def label(self, position: int, y: Any) -> None:
        """The label of the event at this position, whenever it came."""
        if position in self._said:
            self._losses[position] = float(self._said[position] != y)

    def rows(self, what: str, before: tuple[float, float]) -> Iterator[Row]:
        """How far off both figures were on average, and how often the band held."""
        losses = list(self._losses.values())
        off, last, held = [], [], []
        for end, now in self.found:
            known = [loss for loss in losses[max(0, end - WINDOW) : end] if loss is not None]
            if now.estimate.value is None or now.last_labelled.value is None or not known:
                continue
            truth = 1 - fmean(known)
            off.append(100 * abs(now.estimate.value - truth))
            last.append(100 * abs(now.last_labelled.value - truth))
            if now.estimate.low is not None and now.estimate.high is not None:
                held.append(now.estimate.low <= truth <= now.estimate.high)
        looks = f"{len(off)} looks, four to a window"
        yield Row(f"{what}: the metric now, points off", fmean(off), before[0], _error(off), looks)
        yield Row(f"{what}: the last labelled window", fmean(last), before[1], _error(last), looks)
        share = fmean(held)
        yield Row(f"{what}: share of bands that held", share, 0.9, share_error(share, len(held) // 4), looks)


def _error(values: list[float]) -> float:
    # Four looks share a window, so a quarter of them are independent at best.
    return stdev(values) / sqrt(len(values) / 4)


def rows(quick: bool) -> Iterator[Row]:
    """Flights with labels at their true times, and elec2 with labels that come later."""
    data = Path(os.environ.get("RIVERGAUGE_DATA", ROOT.parent / "shared" / "data"))
    flights, elec2 = data / "flights_nyc13.csv.gz", data / "elec2.csv.gz"
    for recipe, before in FLIGHTS.items():
        if flights.exists():
            yield from on_flights(flights, recipe, 40_000 if quick else None).rows(f"flights, {recipe}", before)
    for name, (delay, before) in DELAYS.items():
        if elec2.exists():
            yield from on_elec2(elec2, delay, 12_000 if quick else None).rows(f"elec2, {name}", before)


def on_flights(data: Path, recipe: str, limit: int | None) -> Looks:
    """All flights, or the first, with their labels at their true arrivals."""
    gauge = _gauge(ROOT / "examples" / "flights" / "gauge.toml", recipe)
    learner = Learner(gauge)
    looks, positions = Looks(learner), {}
    for folded in fold(learner, records(rows_of(data, None), gauge, limit=limit)):
        event = folded.event
        looks.folded(folded.effects)
        if isinstance(event, EventReceived):
            positions[event.id] = folded.position
        elif isinstance(event, LabelReceived):
            looks.label(positions[event.id], gauge.classes[int(event.y)])
    return looks


def on_elec2(data: Path, delay: Delay, limit: int | None) -> Looks:
    """All of elec2, or its beginning, with labels that come later by a delay in events."""
    names = ("date", "day", "period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer")
    gauge = Gauge.model_validate(
        {
            "name": "elec2",
            "task": "binary",
            "record": {"id": "id"},
            "label": {"field": "class", "positive": "UP", "negative": "DOWN", "arrival": "later"},
            "features": dict.fromkeys(names, "number"),
            "candidates": ["logistic_regression"],
        }
    )
    learner, rng = Learner(gauge), random.Random(1)
    looks, position = Looks(learner), 0
    due: list[tuple[float, int, bool]] = []

    def handle(event: Input) -> list[Effect]:
        nonlocal position
        position += 1
        return learner.handle(event, position - 1)

    for n, row in enumerate(islice(rows_of(data, None), limit)):
        assert isinstance(row, dict)
        while due and due[0][0] <= n:
            _, number, y = heapq.heappop(due)
            handle(LabelReceived(str(number), None, None, y, b""))
        y, at = row["class"] == "UP", position
        effects = handle(EventReceived(str(n), None, None, {name: float(row[name]) for name in names}, b""))
        said = next(effect.y_pred for effect in effects if isinstance(effect, Prediction))
        looks.folded(effects)
        looks.label(at, row["class"])
        heapq.heappush(due, (n + delay(rng, y, said != row["class"]), n, y))
    return looks


def _gauge(path: Path, recipe: str) -> Gauge:
    content = tomllib.loads(path.read_text())
    content["candidates"] = [{"recipe": recipe}]
    content["evaluation"] = {"metric": "Accuracy", "window_events": WINDOW}
    return Gauge.model_validate(content)

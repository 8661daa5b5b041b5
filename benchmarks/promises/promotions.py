"""What becomes of the cover at a promotion: one tracker for the service, one begun anew, or one for each version.

The product itself runs over streams on which it promotes; every version's answer to every event is kept, and the three
ways are compared on them afterwards. The product has the first.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from statistics import mean
from typing import Any, Final, NamedTuple

from benchmarks.promises.cover import SHARE, WORST, Held, data, stored
from benchmarks.promises.row import Row
from models.answer import Answer
from models.evaluation.uncertainty.cover import Cover, Intervals, Sets
from models.learner import Learner
from schemas.events import Label
from schemas.gauge import Gauge, Task
from streams.data.backtest import fold
from streams.data.datafile import rows as rows_of
from streams.data.replay import records

STREAMS: Final[dict[str, dict[str, Any]]] = {
    "insects_abrupt": {
        "task": "multiclass",
        "label": {"field": "species", "classes": [1, 2, 3, 4, 5]},
        "features": {f"f{n:02d}": "number" for n in range(1, 50)},
        "candidates": ["naive_bayes", "hoeffding_tree"],
    },
    "elec2": {
        "task": "binary",
        "label": {"field": "class", "positive": "UP", "negative": "DOWN"},
        "features": dict.fromkeys(("period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"), "number"),
        "candidates": ["logistic_regression", "hoeffding_tree"],
    },
    "bikes_toulouse": {
        "task": "regression",
        "label": {"field": "bikes"},
        "features": {
            **dict.fromkeys(("clouds", "humidity", "pressure", "temperature", "wind"), "number"),
            "station": "category",
        },
        "candidates": ["linear_regression", "hoeffding_tree"],
    },
}
WAYS: Final = ("continued", "begun anew", "each version its own")
AFTER: Final = 300
"""Labels after a promotion that are looked at apart."""


class Answered(NamedTuple):
    """An event's label, the champion of the moment, and what every live version answered."""

    y: Label
    champion: str
    answers: dict[str, Answer]


def rows(quick: bool) -> Iterator[Row]:
    """The share held, the worst stretch and the labels after promotions; nothing without the data."""
    for name, content in STREAMS.items() if data() is not None else ():
        gauge = Gauge.model_validate({"name": "promoted", "evaluation": {"holdout": 0.0}, **content})
        log = answered(gauge, name, 5_000 if quick else 60_000)
        promoted = sum(one.champion != other.champion for one, other in itertools.pairwise(log))
        for delay in (0, 100):
            for way in WAYS:
                held, after, blind = held_by(way, gauge, log, delay)
                note = f"worst {WORST} {held.worst:.3f}, after {promoted} promotions {after:.3f}, {blind:,} without"
                yield Row(f"{name}, delay {delay}, {way}", held.share, SHARE, note=note)


def answered(gauge: Gauge, name: str, limit: int) -> list[Answered]:
    """A stream through the product, with what every version said."""
    learner, log = Learner(gauge), []
    board = learner.board
    scored = board.label

    def seen(asked: Any, y: Label, champion: str, turn: Any) -> Any:
        log.append(Answered(y, asked.lineup.champion, asked.answers))
        return scored(asked, y, champion, turn)

    board.label = seen  # type: ignore[method-assign]  # to look on, and change nothing
    for _ in fold(learner, records(rows_of(stored(name), None), gauge, limit=limit)):
        pass
    return log


def held_by(way: str, gauge: Gauge, log: list[Answered], delay: int) -> tuple[Held, float, int]:
    """What one way holds, the mean share held over the labels after promotions, and how many answers had nothing."""
    covers: dict[str, Cover] = {}
    waiting: deque[tuple[int, Answered, dict[str, tuple[Cover, Any]]]] = deque()
    holds: list[bool | None] = []
    sizes: list[float] = []
    last, promotions = None, []
    for number, one in enumerate(log):
        if one.champion != last:
            if last is not None:
                promotions.append(number)
            if way == "begun anew":
                covers = {}
            last = one.champion
        whose = one.answers if way == "each version its own" else {one.champion: one.answers[one.champion]}
        issued = {}
        for version, answer in whose.items():
            cover = covers.setdefault(version if way == "each version its own" else "", _cover(gauge))
            issued[version] = cover, cover.issue(answer)
        waiting.append((number, one, issued))
        if len(waiting) > delay:
            then, old, given_then = waiting.popleft()
            for version, (cover, given) in given_then.items():
                held = cover.label(old.answers[version], None if given is None else given[0], old.y, number - then)
                if version == old.champion:
                    holds.append(held)
                    sizes += [] if given is None else [given[1]]
    after = [held for at in promotions for held in holds[at : at + AFTER] if held is not None]
    known = [held for held in holds if held is not None]
    return Held.of(known, sizes), mean(after) if after else float("nan"), len(holds) - len(known)


def _cover(gauge: Gauge) -> Cover:
    return Intervals(SHARE) if gauge.task is Task.REGRESSION else Sets(SHARE, gauge.classes)

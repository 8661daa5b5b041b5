"""Prediction intervals and sets: the cover they keep on streams that drift, with labels at once, late and very late.

Nine runs of River's models, each on a stream of its own kind, whose models too learn a label only when it comes. Beside
ours stand the quantile of the newest 500 scores, and for numbers River's ``RegressionJackknife``. The runs that the
figures of before were measured on are not these nine; they are of the same kinds.
"""

from __future__ import annotations

import csv
import gzip
import os
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from math import ceil
from pathlib import Path
from statistics import mean
from time import process_time
from timeit import repeat
from typing import Any, Final, NamedTuple

import numpy as np
from river import conf, linear_model, naive_bayes, optim, preprocessing, tree

from benchmarks.promises.row import Row
from models.answer import Answer
from models.evaluation.uncertainty.cover import Cover, Intervals, Sets
from models.learner import Learner
from schemas.gauge import parse
from streams.data.backtest import fold
from streams.data.datafile import rows as rows_of
from streams.data.replay import records

ROOT: Final = Path(__file__).resolve().parents[2]
SHARE: Final = 0.9
WORST: Final = 500
"""Events over which the worst cover is looked for."""

Event = tuple[dict[str, float], Any]


class Run(NamedTuple):
    """A model on a stream; ``classes`` is 0 for a regression."""

    name: str
    events: Callable[[], Iterator[Event]]
    model: Callable[[], Any]
    classes: int


class Held(NamedTuple):
    """What a method came to in one run: the share of labels held, the least over 500 in a row, and the mean size."""

    share: float
    worst: float
    size: float

    @classmethod
    def of(cls, holds: list[bool], sizes: list[float]) -> Held:
        """From each label that was held against something."""
        sums = np.concatenate([[0], np.cumsum(holds)])
        worst = (sums[WORST:] - sums[:-WORST]).min() / WORST if len(holds) >= WORST else float("nan")
        return cls(mean(holds), float(worst), mean(sizes))


class WindowQuantile:
    """The quantile of the newest 500 scores, which most people would take."""

    def __init__(self, alpha: float, size: int = 500) -> None:
        self._alpha, self._size = alpha, size
        self._scores: deque[float] = deque()
        self._sorted: list[float] = []

    @property
    def q(self) -> float | None:
        """As the tracker's."""
        n = len(self._sorted)
        return None if n < 20 else self._sorted[min(ceil((1 - self._alpha) * (n + 1)), n) - 1]

    def update(self, score: float) -> None:
        """Take in a score."""
        self._scores.append(score)
        insort(self._sorted, score)
        if len(self._scores) > self._size:
            del self._sorted[bisect_left(self._sorted, self._scores.popleft())]


def rows(quick: bool) -> Iterator[Row]:
    """Mean cover error and worst stretch by delay; widths on independent residuals; flights; the cost."""
    limit = 6_000 if quick else 40_000
    runs = [*made_up(limit), *(on_data(limit) if data() is not None else ())]
    before = {0: (0.006, 0.015, 0.015), 100: (0.002, 0.027, 0.016), 2_000: (0.087, 0.155, 0.120)}
    for delay, figures in before.items():
        yield from _of_delay(runs, delay, figures)
    yield from _independent(40_000 if quick else 400_000)
    if data() is not None:
        yield from _flights(8_000 if quick else 336_776)
    yield from _cost()


def _of_delay(runs: list[Run], delay: int, before: tuple[float, float, float]) -> Iterator[Row]:
    found: dict[str, list[Held]] = {"tracked": [], "window of 500": [], "River's jackknife": []}
    for run in runs:
        for method, one in held(run, delay).items():
            found[method].append(one)
    for (method, helds), expected in zip(found.items(), before, strict=True):
        shares = [one.share for one in helds]
        note = f"mean over {len(helds)} runs, cover {min(shares):.3f} to {max(shares):.3f}"
        error = mean(abs(one.share - SHARE) for one in helds)
        yield Row(f"delay {delay:,}: cover error, {method}", error, expected, note=note)
    for (method, helds), expected in zip(found.items(), (0.863, 0.779, 0.728), strict=True):
        worst = [one.worst for one in helds]
        note = f"worst {WORST} labels in a row, mean over the runs; the least {min(worst):.3f}"
        yield Row(f"delay {delay:,}: worst stretch, {method}", mean(worst), expected if not delay else None, note=note)


def held(run: Run, delay: int) -> dict[str, Held]:
    """What each method comes to in a run whose labels, for models and methods, are so many events late."""
    ours: Cover = Sets(SHARE, tuple(range(run.classes))) if run.classes else Intervals(SHARE)
    sides = [WindowQuantile((1 - SHARE) / 2) for _ in range(2)] if not run.classes else [WindowQuantile(1 - SHARE)]
    model = run.model() if run.classes else conf.RegressionJackknife(run.model(), confidence_level=SHARE)
    kept: dict[str, tuple[list[bool], list[float]]] = {}
    waiting: deque[tuple[Any, ...]] = deque()
    for number, (x, y) in enumerate(run.events()):
        given, window, theirs = None, [side.q for side in sides], None
        if run.classes:
            shares = model.predict_proba_one(x)
            answer = Answer(max(shares, key=shares.get), shares) if shares else Answer(None, None)
        else:
            theirs = model.predict_one(x, with_interval=True) if number > 20 + delay else None
            answer = Answer(float(model.predict_one(x)), None)
        given = ours.issue(answer)
        waiting.append((number, x, y, answer, given, window, theirs))
        if len(waiting) > delay:
            then, x, y, answer, given, window, theirs = waiting.popleft()
            holds = ours.label(answer, None if given is None else given[0], y, number - then)
            if given is not None:
                _keep(kept, "tracked", bool(holds), given[1])
            _by_window(kept, sides, window, answer, y)
            if theirs is not None:
                _keep(kept, "River's jackknife", theirs.lower <= y <= theirs.upper, theirs.upper - theirs.lower)
            model.learn_one(x, y)
    return {method: Held.of(*both) for method, both in kept.items()}


def _by_window(
    kept: dict[str, Any], sides: list[WindowQuantile], window: list[float | None], answer: Answer, y: Any
) -> None:
    if answer.y_pred is None:
        return
    shares = answer.probabilities
    scores = [answer.y_pred - y, y - answer.y_pred] if shares is None else [1.0 - shares.get(y, 0.0)]
    issued = [q for q in window if q is not None]
    if len(issued) == len(sides):
        holds = all(score <= q for score, q in zip(scores, issued, strict=True))
        if shares is None:
            size = sum(issued)
        else:
            holds = holds or shares.get(y, 0.0) >= max(shares.values())
            size = float(max(1, sum(1.0 - share <= issued[0] for share in shares.values())))
        _keep(kept, "window of 500", holds, size)
    for side, score in zip(sides, scores, strict=True):
        side.update(score)


def _keep(kept: dict[str, Any], method: str, holds: bool, size: float) -> None:
    both = kept.setdefault(method, ([], []))
    both[0].append(holds)
    both[1].append(size)


def _independent(n: int) -> Iterator[Row]:
    """Residuals whose distribution could be known: 2 x 1.645 wide."""
    cover, widths, holds = Intervals(SHARE), [], []
    answer = Answer(0.0, None)
    for y in np.random.default_rng(1).normal(size=n).tolist():
        given = cover.issue(answer)
        if given is not None:
            widths.append(given[1])
        holds.append(cover.label(answer, None if given is None else given[0], y, 0))
    yield Row("independent residuals: width", mean(widths), 3.31, note="3.29 if their distribution were known")
    yield Row("independent residuals: cover", mean(one for one in holds if one is not None), SHARE)


def _flights(limit: int) -> Iterator[Row]:
    """The product itself on flights, whose labels come when the plane has landed."""
    text = (ROOT / "examples" / "flights" / "gauge.toml").read_text(encoding="utf-8")
    gauge = parse(text + f"\n[uncertainty]\ncover = {SHARE}\n[uncertainty.abstain]\nset_size = 1\n")
    learner = Learner(gauge)
    for _ in fold(learner, records(rows_of(stored("flights_nyc13"), None), gauge, limit=limit)):
        pass
    found = learner.status().evaluated.uncertainty
    assert found is not None
    assert found.cover is not None
    assert found.cover.value is not None
    assert found.size is not None
    assert found.size.value is not None
    low, high, delay = found.cover.low or 0.0, found.cover.high or 1.0, found.delay or 0.0
    note = f"interval {low:.3f} to {high:.3f}, {found.cover.n:,} labels, {delay:,.0f} predictions late"
    yield Row("flights, labels at their true times: cover", found.cover.value, 0.898, note=note)
    yield Row("flights: mean size of the sets", found.size.value, None)
    if found.abstained is not None and found.abstained.share is not None:
        held_back, answered = found.abstained.error, found.abstained.error_answered
        note = f"of {found.abstained.share:.3f} of the answers; error of the others {answered.value or 0:.3f}"
        yield Row("flights: error of answers that abstained (set_size = 1)", held_back.value or 0.0, None, note=note)


def _cost() -> Iterator[Row]:
    """One event's issue and label, in microseconds."""
    shares = np.random.default_rng(1).random(1_000).tolist()
    for name, cover, answers in (
        ("two classes", Sets(SHARE, (0, 1)), [(Answer(p > 0.5, {False: 1 - p, True: p}), True) for p in shares]),
        ("numbers", Intervals(SHARE), [(Answer(p, None), 0.5) for p in shares]),
    ):

        def once(cover: Cover = cover, answers: list[tuple[Answer, Any]] = answers) -> None:
            for answer, y in answers:
                given = cover.issue(answer)
                cover.label(answer, None if given is None else given[0], y, 0)

        once()
        yield Row(
            f"µs for one event: {name}",
            min(repeat(once, timer=process_time, number=20, repeat=9)) / 20 / 1_000 * 1e6,
            None,
        )


# -- the runs ---------------------------------------------------------------------------------------------------------


def made_up(limit: int) -> list[Run]:
    """Three runs without data: noise that changes, a world that turns over, classes that drift."""
    return [
        Run("noise that doubles and halves", lambda: _noisy(limit), _linear, 0),
        Run("a world that turns over", lambda: _turning(limit), _linear, 0),
        Run("classes that drift", lambda: _drifting(limit), lambda: linear_model.LogisticRegression(), 2),
    ]


def on_data(limit: int) -> list[Run]:
    """Six runs on real streams."""
    numbers = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
    weather = ["clouds", "humidity", "pressure", "temperature", "wind"]
    waves = [f"f{n:02d}" for n in range(1, 50)]
    return [
        Run("bikes, linear", lambda: _read("bikes_toulouse", weather, float, limit), _linear, 0),
        Run("bikes, tree", lambda: _read("bikes_toulouse", weather, float, limit), tree.HoeffdingTreeRegressor, 0),
        Run("elec2, logistic", lambda: _read("elec2", numbers, "UP".__eq__, limit), _logistic, 2),
        Run("elec2, tree", lambda: _read("elec2", numbers, "UP".__eq__, limit), tree.HoeffdingTreeClassifier, 2),
        Run(
            "insects, naive Bayes",
            lambda: _read("insects_abrupt", waves, lambda y: int(y) - 1, limit),
            naive_bayes.GaussianNB,
            5,
        ),
        Run("15 classes, tree", lambda: _read("interchanging_rbf", ["x1", "x2"], int, limit), _adaptive, 15),
    ]


def _linear() -> Any:
    return preprocessing.StandardScaler() | linear_model.LinearRegression(optim.SGD(0.005))


def _logistic() -> Any:
    return preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(0.005))


def _adaptive() -> Any:
    return tree.HoeffdingAdaptiveTreeClassifier(seed=42)


def _noisy(n: int) -> Iterator[Event]:
    rng = np.random.default_rng(11)
    for at in range(n):
        a, b = rng.normal(size=2).tolist()
        yield {"a": a, "b": b}, 3 * a - b + float(rng.normal()) * (2.0 if at // 3_000 % 2 else 1.0)


def _turning(n: int) -> Iterator[Event]:
    rng = np.random.default_rng(12)
    for at in range(n):
        a, b = rng.normal(size=2).tolist()
        yield {"a": a, "b": b}, (3 * a - b) * (-1 if at // 4_000 % 2 else 1) + float(rng.standard_t(4))


def _drifting(n: int) -> Iterator[Event]:
    rng = np.random.default_rng(13)
    for at in range(n):
        a, b = rng.normal(size=2).tolist()
        angle = 2 * np.pi * at / 20_000
        yield {"a": a, "b": b}, bool(np.cos(angle) * a + np.sin(angle) * b + rng.normal() > 0)


def data() -> Path | None:
    """Where the real streams are; ``None`` where they are not."""
    directory = Path(os.environ.get("RIVERGAUGE_DATA") or ROOT.parent / "shared" / "data")
    return directory if directory.is_dir() else None


def stored(name: str) -> Path:
    """A stream's file."""
    directory = data()
    assert directory is not None
    return directory / f"{name}.csv.gz"


def _read(name: str, features: list[str], label: Callable[[str], Any], limit: int) -> Iterator[Event]:
    with gzip.open(stored(name), "rt", encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), limit):
            *_, last = row.values()
            yield {feature: float(row[feature]) for feature in features}, label(last)

"""What every contender gets: the same events, the same models, and for Rivergauge the gauge file that says so.

Events are those of Elec2 (eight numbers, two classes), repeated, where ``RIVERGAUGE_DATA`` names a directory with
``elec2.csv.gz``; else a seeded stream of the same shape. A record is one JSON object of about 160 bytes.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
import random
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from river import forest, linear_model, optim, preprocessing, tree

FEATURES: Final = ("date", "day", "period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer")
LABEL: Final = "class"
POSITIVE: Final = "UP"
NEGATIVE: Final = "DOWN"
ROWS: Final = 45_312
"""Length of Elec2, after which it is repeated."""

_NEVER: Final = "every_events = 1_000_000_000"

Event = tuple[dict[str, float], bool]


class Model(NamedTuple):
    """A model by River's own means, and the name of Rivergauge's recipe for the same one."""

    title: str
    recipe: str
    build: Callable[[], Any]


MODELS: Final = {
    "logistic": Model(
        "StandardScaler + LogisticRegression",
        "logistic_regression",
        lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression(optimizer=optim.SGD(0.005)),
    ),
    "tree": Model("HoeffdingTreeClassifier", "hoeffding_tree", tree.HoeffdingTreeClassifier),
    "forest": Model("ARFClassifier, 10 trees", "adaptive_random_forest", lambda: forest.ARFClassifier(seed=42)),
}


class Stream:
    """An endless stream of events; each call begins at the first."""

    def __init__(self) -> None:
        directory = os.environ.get("RIVERGAUGE_DATA")
        path = Path(directory, "elec2.csv.gz") if directory else None
        self.is_real = path is not None and path.is_file()
        self.source = "Elec2, repeated" if self.is_real else "synthetic, of Elec2's shape"
        self._rows = list(_elec2(path) if path is not None and self.is_real else _synthetic())

    def events(self, count: int) -> Iterator[Event]:
        """Features and label, the label ``True`` for the positive class."""
        return islice(cycle(self._rows), count)

    def records(self, count: int) -> Iterator[bytes]:
        """The same events as the JSON objects that are sent."""
        sent = [record(x, y) for x, y in self._rows[:count]]
        return islice(cycle(sent), count)


def gauge_file(
    directory: Path, *, model: str, input_topic: str, predictions: str, snapshot_every_s: float | None = None
) -> Path:
    """Write the gauge: one candidate, every default but retraining, so that no challenger is ever on trial.

    ``snapshot_every_s`` replaces the default cadence of snapshots, that by events too.
    """
    lines = [
        f'name = "{predictions}"',
        'task = "binary"',
        "[topics]",
        f'input = "{input_topic}"',
        f'predictions = "{predictions}"',
        "[label]",
        f'field = "{LABEL}"',
        f'positive = "{POSITIVE}"',
        f'negative = "{NEGATIVE}"',
        "[[candidates]]",
        f'recipe = "{MODELS[model].recipe}"',
        "[retraining]",
        "on_drift = false",
        *([] if snapshot_every_s is None else ["[snapshots]", f"every_seconds = {snapshot_every_s}", _NEVER]),
        "[features]",
        *(f'{name} = "number"' for name in FEATURES),
    ]
    path = directory / f"{predictions}.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def record(x: dict[str, float], y: bool) -> bytes:
    """An event as it is sent."""
    return json.dumps({**x, LABEL: POSITIVE if y else NEGATIVE}, separators=(",", ":")).encode()


def _elec2(path: Path) -> Iterator[Event]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield {name: float(row[name]) for name in FEATURES}, row[LABEL] == POSITIVE


def _synthetic() -> Iterator[Event]:
    """Half-hours of a market: demand with a daily wave, prices that wander, labels that come in runs."""
    random_ = random.Random(0)
    price, mood = 0.05, 0.0
    for row in range(ROWS):
        period = row % 48 / 47
        wave = 0.5 + 0.25 * math.sin(2 * math.pi * period)
        price = min(max(price + random_.gauss(0, 0.01), 0.0), 1.0)
        mood = 0.9 * mood + random_.gauss(0, 0.5) + 2 * (wave - 0.5)
        demands = [min(max(wave + random_.gauss(0, 0.1), 0.0), 1.0) for _ in range(3)]
        values = (row / ROWS, row // 48 % 7 + 1, period, price, demands[0], price / 2, demands[1], demands[2])
        yield {name: round(float(value), 6) for name, value in zip(FEATURES, values, strict=True)}, mood > 0

"""What every contender gets: the same events, the same models, and for Rivergauge the gauge file that describes them.

Events are River's Agrawal stream, seeded (nine numbers, two classes), repeated. A record is one JSON object of some 270
bytes with an id, a time and the numbers in an object of their own, as services send them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from river import forest, linear_model, optim, preprocessing, tree
from river.datasets import synth

FEATURES: Final = ("salary", "commission", "age", "elevel", "car", "zipcode", "hvalue", "hyears", "loan")
ROWS: Final = 50_000
"""After so many events they are repeated, with new ids and times."""

_FIRST_MS: Final = 1_700_000_000_000
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

    source: Final = "Agrawal, seed 1"

    def __init__(self) -> None:
        self._rows: list[Event] = [(x, bool(y)) for x, y in islice(synth.Agrawal(seed=1), ROWS)]

    def events(self, count: int) -> Iterator[Event]:
        """Features and label, the label ``True`` for the positive class."""
        return islice(cycle(self._rows), count)

    def records(self, count: int) -> Iterator[bytes]:
        """The same events as the JSON objects that are sent."""
        for number, (x, y) in enumerate(self.events(count)):
            yield record(number, x, y)


def gauge_file(
    directory: Path, *, model: str, input_topic: str, predictions: str, snapshot_every_s: float | None = None
) -> Path:
    """Write the gauge: one candidate, and every default.

    ``snapshot_every_s`` replaces the default cadence of snapshots, that by events too.
    """
    lines = [
        f'name = "{predictions}"',
        'task = "binary"',
        "[topics]",
        f'input = "{input_topic}"',
        f'predictions = "{predictions}"',
        "[record]",
        'id = "id"',
        'time = "time"',
        'time_format = "unix_milliseconds"',
        "[label]",
        'field = "label"',
        "positive = 1",
        "negative = 0",
        "[[candidates]]",
        f'recipe = "{MODELS[model].recipe}"',
        *([] if snapshot_every_s is None else ["[snapshots]", f"every_seconds = {snapshot_every_s}", _NEVER]),
        "[features]",
        *(f'{name} = {{ type = "number", field = "features.{name}" }}' for name in FEATURES),
    ]
    path = directory / f"{predictions}.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def record(number: int, x: dict[str, float], y: bool) -> bytes:
    """An event as it is sent."""
    return json.dumps({"id": f"e{number}", "time": _FIRST_MS + number, "features": x, "label": int(y)}).encode()

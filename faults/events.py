"""What is sent: the insects of the example, a dozen of their numbers, again and again; every 97th record is broken."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from streams.data.datafile import find_example, rows

FEATURES: Final = tuple(f"f{number:02d}" for number in range(1, 13))
LABEL: Final = "species"
CLASSES: Final = [1, 2, 3, 4, 5]
BROKEN: Final = 97


@cache
def _insects() -> list[bytes]:
    found: list[dict[str, Any]] = list(rows(find_example("insects") / "insects.csv.gz"))  # type: ignore[arg-type]
    return [
        json.dumps({**{name: float(row[name]) for name in FEATURES}, LABEL: int(row[LABEL])}).encode() for row in found
    ]


def events(first: int) -> Iterator[bytes]:
    """Events without end, from row ``first`` of the file on; its columns change their meaning twice in a turn."""
    insects = _insects()
    for number in itertools.count(1):
        yield b"{broken" if number % BROKEN == 0 else insects[(first + number - 1) % len(insects)]


GAUGE: Final = """name = "{name}"
task = "multiclass"
commit_interval_ms = {commit_interval_ms}

[connection]
bootstrap_servers = "{servers}"

[server]
port = 0

[topics]
partitions = {partitions}

[snapshots]
store = "{store}"
directory = "{directory}"
every_events = {snapshot_events}
keep = 3

[label]
field = "species"
classes = [1, 2, 3, 4, 5]

[[candidates]]
recipe = "naive_bayes"

{course}
[features]
{features}
"""

FULL: Final = """[evaluation]
also = ["MacroF1"]
window_events = 250
holdout = 0.1
holdout_window = 20

[retraining]
every_labels = 900
start = "recent"
recent_labels = 200
warm_up_labels = 100
patience_labels = 600
"""
"""Held-out windows, drift detection, retraining: reports, alerts and versions come, by the dozen."""

INCREMENTAL: Final = """[evaluation]
holdout = 0

[drift]
enabled = false

[retraining]
on_drift = false
"""
"""One model that learns from every label, and nothing else: what River alone can say too."""


def gauge_text(**settings: Any) -> str:
    """A gauge file; see `GAUGE` for the settings."""
    return GAUGE.format(features="\n".join(f'{name} = "number"' for name in FEATURES), **settings)

"""The developer data sets as a River user reads them: plain floats and raw labels, with nothing of ours in between."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from tests.oracles import gauges

TIMES = ("moment", "event_time", "label_time")
"""What ``x`` may have beside features: a model of River discards it."""

Rows: TypeAlias = Iterator[tuple[dict[str, Any], Any]]


def elec2(data_dir: Path) -> Rows:
    """``y`` is a bool, as in River's own ``datasets.Elec2``: whether the price went up."""
    return _rows(data_dir / "elec2.csv.gz", gauges.ELEC2_NUMBERS, lambda row: row["class"] == "UP")


def insects(data_dir: Path) -> Rows:
    return _rows(data_dir / "insects_abrupt.csv.gz", gauges.INSECTS_NUMBERS, lambda row: int(row["species"]))


def interchanging_rbf(data_dir: Path) -> Rows:
    return _rows(data_dir / "interchanging_rbf.csv.gz", ("x1", "x2"), lambda row: int(row["class"]))


def bikes(data_dir: Path) -> Rows:
    """``x`` has the row's ``moment`` beside the numbers."""
    return _rows(data_dir / "bikes_toulouse.csv.gz", gauges.BIKES_NUMBERS, lambda row: float(row["bikes"]), ("moment",))


def flights(data_dir: Path) -> Rows:
    """``x`` has both times and three categories beside the numbers; ``y`` is ``None`` where the label never comes."""

    def late(row: dict[str, str]) -> bool | None:
        return None if row["late"] == "" else row["late"] == "1"

    numbers, times = gauges.FLIGHTS_NUMBERS, ("event_time", "label_time")
    return _rows(data_dir / "flights_nyc13.csv.gz", numbers, late, times, gauges.FLIGHTS_CATEGORIES)


def _rows(
    path: Path,
    numbers: Iterable[str],
    label: Callable[[dict[str, str]], Any],
    times: Iterable[str] = (),
    categories: Iterable[str] = (),
) -> Rows:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            x: dict[str, Any] = {name: datetime.fromisoformat(row[name]) for name in times if row[name]}
            x |= {name: float(row[name]) for name in numbers}
            x |= {name: row[name] for name in categories}
            yield x, label(row)

"""Labelled streams on which models learn, real and synthetic, each with the gauge file that describes it.

The real ones are read from the developer data (``RIVERGAUGE_DATA``), first rows first, as decoded as a worker would
have them; River's synthetic ones are seeded. Events without a label are left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from river.datasets import synth

from models.door.decoder import Decoder
from schemas.events import LabelledEvent
from schemas.gauge import Gauge
from streams.data.datafile import rows
from streams.data.replay import records

ROOT: Final = Path(__file__).resolve().parents[1]
CLASSIFIERS: Final = ("naive_bayes", "logistic_regression", "hoeffding_tree")
REGRESSORS: Final = ("linear_regression", "hoeffding_tree")


class Stream(NamedTuple):
    """What its gauge file declares, the candidates it is run with, and where its rows come from."""

    problem: dict[str, Any]
    candidates: tuple[str, ...]
    events: Callable[[Gauge], Iterable[LabelledEvent]]

    def gauge(self, candidate: str, tables: dict[str, Any] | None = None) -> Gauge:
        """Its gauge file with one candidate and nothing held out; ``tables`` are further ones."""
        content = {"name": "pays", "evaluation": {"holdout": 0.0}, **self.problem, **(tables or {})}
        return Gauge.model_validate({**content, "candidates": [candidate]})


def data() -> Path:
    """Where the real streams are."""
    return Path(os.environ.get("RIVERGAUGE_DATA") or ROOT.parent / "shared" / "data")


def _stored(name: str, first: int, last: int) -> Callable[[Gauge], Iterator[LabelledEvent]]:
    def events(gauge: Gauge) -> Iterator[LabelledEvent]:
        decoder = Decoder(gauge)
        for record in islice(records(rows(data() / f"{name}.csv.gz", None), gauge), first, last):
            event = decoder.decode(record)
            if isinstance(event, LabelledEvent):
                yield event

    return events


def _drawn(make: Callable[[], Iterable[tuple[dict[str, float], Any]]]) -> Callable[[Gauge], Iterator[LabelledEvent]]:
    def events(gauge: Gauge) -> Iterator[LabelledEvent]:
        categories = {name for name, feature in gauge.features.items() if feature.type == "category"}
        for x, y in make():
            shown = {name: str(value) if name in categories else float(value) for name, value in x.items()}
            yield LabelledEvent(None, None, None, shown, bool(y), b"")

    return events


def _one_after_the_other(
    make: Callable[[int], Iterable[tuple[Any, Any]]], functions: tuple[int, ...], each: int
) -> Callable[[], Iterator[tuple[Any, Any]]]:
    def drawn() -> Iterator[tuple[Any, Any]]:
        for function in functions:
            yield from islice(make(function), each)

    return drawn


def _numbers(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "number")


def _sea(function: int) -> Iterable[tuple[Any, Any]]:
    return synth.SEA(variant=function, noise=0.1, seed=function + 1)


def _agrawal(function: int) -> Iterable[tuple[Any, Any]]:
    return synth.Agrawal(classification_function=function, seed=function + 1, perturbation=0.1)


def _stagger(function: int) -> Iterable[tuple[Any, Any]]:
    return synth.STAGGER(classification_function=function, seed=function + 1)


def _synthetic(features: dict[str, str], events: Callable[[], Iterable[tuple[Any, Any]]]) -> Stream:
    problem = {"task": "binary", "label": {"field": "y", "positive": 1, "negative": 0}, "features": features}
    return Stream(problem, CLASSIFIERS, _drawn(events))


_SEA: Final = _numbers("0", "1", "2")
_AGRAWAL: Final = _numbers("salary", "commission", "age", "elevel", "car", "zipcode", "hvalue", "hyears", "loan")
_STAGGER: Final = dict.fromkeys(("size", "color", "shape"), "category")

STREAMS: Final[dict[str, Stream]] = {
    "elec2": Stream(
        {
            "task": "binary",
            "label": {"field": "class", "positive": "UP", "negative": "DOWN"},
            "features": _numbers("date", "day", "period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"),
        },
        CLASSIFIERS,
        _stored("elec2", 0, 100_000),
    ),
    "insects": Stream(
        {
            "task": "multiclass",
            "label": {"field": "species", "classes": [1, 2, 3, 4, 5]},
            "features": _numbers(*(f"f{n:02d}" for n in range(1, 50))),
        },
        CLASSIFIERS,
        _stored("insects_abrupt", 0, 100_000),
    ),
    "interchanging_rbf": Stream(
        {"task": "multiclass", "label": {"field": "class", "classes": [*range(15)]}, "features": _numbers("x1", "x2")},
        CLASSIFIERS,
        _stored("interchanging_rbf", 36_000, 66_000),
    ),
    "flights": Stream(
        {
            "task": "binary",
            "label": {"field": "late", "positive": 1, "negative": 0},
            "features": {
                **dict.fromkeys(("carrier", "origin", "dest"), "category"),
                **_numbers("distance", "sched_dep_time", "sched_arr_time"),
                **{name: {"type": "category", "optional": True} for name in ("plane_manufacturer", "plane_engine")},
                **{
                    name: {"type": "number", "optional": True}
                    for name in (
                        *("plane_year", "plane_seats", "temp", "dewp", "humid", "wind_dir", "wind_speed"),
                        *("wind_gust", "precip", "pressure", "visib"),
                    )
                },
            },
        },
        CLASSIFIERS,
        _stored("flights_nyc13", 0, 15_000),
    ),
    "adult": Stream(
        {
            "task": "binary",
            "label": {"field": "class", "positive": ">50K", "negative": "<=50K"},
            "features": {
                **_numbers("age", "education-num", "capital-gain", "capital-loss", "hours-per-week"),
                **dict.fromkeys(("education", "marital-status", "relationship", "race", "sex"), "category"),
                **{
                    name: {"type": "category", "optional": True}
                    for name in ("workclass", "occupation", "native-country")
                },
            },
        },
        CLASSIFIERS,
        _stored("adult", 0, 20_000),
    ),
    "bikes": Stream(
        {
            "task": "regression",
            "label": {"field": "bikes"},
            "features": {
                **_numbers("clouds", "humidity", "pressure", "temperature", "wind"),
                "station": "category",
                "description": "category",
            },
        },
        REGRESSORS,
        _stored("bikes_toulouse", 0, 20_000),
    ),
    "fraud_tx": Stream(
        {
            "task": "binary",
            "label": {"field": "TX_FRAUD", "positive": 1, "negative": 0},
            "features": {"TX_AMOUNT": "number"},
        },
        CLASSIFIERS,
        _stored("fraud_tx", 0, 20_000),
    ),
    "SEA abrupt": _synthetic(_SEA, _one_after_the_other(_sea, (0, 1, 2, 3), 5_000)),
    "SEA stationary": _synthetic(_SEA, _one_after_the_other(_sea, (0,), 20_000)),
    "Agrawal stationary": _synthetic(_AGRAWAL, _one_after_the_other(_agrawal, (0,), 20_000)),
    "Agrawal drift": _synthetic(_AGRAWAL, _one_after_the_other(_agrawal, (0, 3, 6, 1), 5_000)),
    "STAGGER": _synthetic(_STAGGER, _one_after_the_other(_stagger, (0, 1, 2, 0), 5_000)),
}
"""By the name that the table shows. Concepts of the synthetic ones change every 5,000 rows."""

"""Gauge texts for the data sets that the oracles read: the problem alone, to which a test adds what it asks for.

``gauge`` joins a problem with further tables and checks the whole as ``rivergauge check`` would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from models.check import problems
from schemas.gauge import Gauge, parse


def gauge(problem: str, *tables: str) -> Gauge:
    """The gauge of a problem with further tables; whatever is wrong with it fails the test that asked."""
    made = parse("\n".join((problem, *tables)))
    assert problems(made) == []
    return made


def bare(metric: str, *also: str) -> str:
    """Tables for a run that only predicts and learns: no hold-out, no detector, no retraining."""
    shown = ", ".join(f'"{name}"' for name in also)
    return f"""
[evaluation]
metric = "{metric}"
also = [{shown}]
holdout = 0
[drift]
enabled = false
[retraining]
on_drift = false
"""


def candidates(origins: Mapping[str, str]) -> str:
    """Tables that name candidates: each has its name and its origin, ``recipe = ...`` or ``pipeline = [...]``."""
    return "\n".join(f'[[candidates]]\nname = "{name}"\n{origin}' for name, origin in origins.items())


def _numbers(names: Iterable[str]) -> str:
    return _typed(names, "number")


def _typed(names: Iterable[str], kind: str) -> str:
    return "\n".join(f'{name} = "{kind}"' for name in names)


ELEC2_NUMBERS: Final = ("date", "day", "period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer")
ELEC2: Final = f"""
name = "elec2"
task = "binary"
[label]
field = "class"
positive = "UP"
negative = "DOWN"
[features]
{_numbers(ELEC2_NUMBERS)}
"""

PHISHING_NUMBERS: Final = (
    "empty_server_form_handler",
    "popup_window",
    "https",
    "request_from_other_domain",
    "anchor_from_other_domain",
    "is_popular",
    "long_url",
    "age_of_domain",
    "ip_in_url",
)
PHISHING: Final = f"""
name = "phishing"
task = "binary"
[label]
field = "is_phishing"
positive = true
negative = false
[features]
{_numbers(PHISHING_NUMBERS)}
"""

INSECTS_NUMBERS: Final = tuple(f"f{n:02}" for n in range(1, 50))
INSECTS: Final = f"""
name = "insects"
task = "multiclass"
[label]
field = "species"
classes = [1, 2, 3, 4, 5]
[features]
{_numbers(INSECTS_NUMBERS)}
"""

SEGMENTS_NUMBERS: Final = (
    "region-centroid-col",
    "region-centroid-row",
    "short-line-density-5",
    "short-line-density-2",
    "vedge-mean",
    "vegde-sd",
    "hedge-mean",
    "hedge-sd",
    "intensity-mean",
    "rawred-mean",
    "rawblue-mean",
    "rawgreen-mean",
    "exred-mean",
    "exblue-mean",
    "exgreen-mean",
    "value-mean",
    "saturation-mean",
    "hue-mean",
)
SEGMENTS: Final = f"""
name = "segments"
task = "multiclass"
[label]
field = "category"
classes = ["brickface", "cement", "foliage", "grass", "path", "sky", "window"]
[features]
{_numbers(SEGMENTS_NUMBERS)}
"""

INTERCHANGING_RBF: Final = f"""
name = "interchanging_rbf"
task = "multiclass"
[label]
field = "class"
classes = [{", ".join(map(str, range(15)))}]
[features]
{_numbers(("x1", "x2"))}
"""

TRUMP_NUMBERS: Final = (
    "ordinal_date",
    "gallup",
    "ipsos",
    "morning_consult",
    "rasmussen",
    "you_gov",
)
TRUMP: Final = f"""
name = "trump"
task = "regression"
[label]
field = "five_thirty_eight"
[features]
{_numbers(TRUMP_NUMBERS)}
"""

BIKES_NUMBERS: Final = ("clouds", "humidity", "pressure", "temperature", "wind")
BIKES: Final = f"""
name = "bikes"
task = "regression"
[label]
field = "bikes"
[features]
{_numbers(BIKES_NUMBERS)}
"""
BIKES_HALF_AN_HOUR_LATE: Final = f"""
name = "bikes"
task = "regression"
[record]
id = "id"
time = "moment"
[label]
field = "bikes"
arrival = "later"
delay_s = 1800
[features]
{_numbers(BIKES_NUMBERS)}
"""

FLIGHTS_NUMBERS: Final = ("distance", "sched_dep_time", "sched_arr_time")
FLIGHTS_CATEGORIES: Final = ("carrier", "origin", "dest")
FLIGHTS: Final = f"""
name = "flights"
task = "binary"
[record]
id = "id"
time = "event_time"
[label]
field = "late"
positive = 1
negative = 0
arrival = "later"
time = "label_time"
[features]
{_numbers(FLIGHTS_NUMBERS)}
{_typed(FLIGHTS_CATEGORIES, "category")}
"""

ADULT_NUMBERS: Final = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
ADULT_CATEGORIES: Final = ("workclass", "marital-status", "occupation", "relationship", "native-country")
ADULT: Final = f"""
name = "adult"
task = "binary"
[label]
field = "class"
positive = ">50K"
negative = "<=50K"
[features]
{"".join(f'{name} = {{ type = "category", optional = true }}' + chr(10) for name in ADULT_CATEGORIES)}
{_numbers(ADULT_NUMBERS)}
"""

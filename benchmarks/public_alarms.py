"""Every alarm of the default gauge on a public stream, to be argued: ``docs/alarms.md`` does.

    python benchmarks/public_alarms.py [--only insects elec2 bikes flights adult]

Nothing is declared but the label and the features, and of flights, whose labels come when they land, the times.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelled_streams import STREAMS, data
from schemas.alerts import moved_words
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert
from streams.data.backtest import backtest

FILES: Final = {
    "insects": "insects_abrupt",
    "elec2": "elec2",
    "bikes": "bikes_toulouse",
    "flights": "flights_nyc13",
    "adult": "adult",
}
LATE: Final[dict[str, Any]] = {
    "record": {"id": "id", "time": "event_time"},
    "label": {**STREAMS["flights"].problem["label"], "arrival": "later", "time": "label_time"},
}


def main() -> None:
    """Print the alarms of each stream when it is done."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=FILES, default=FILES, metavar="STREAM")
    for name in parser.parse_args().only:
        declared = {"name": name, **STREAMS[name].problem, **(LATE if name == "flights" else {})}
        result = backtest(Gauge.model_validate(declared), data() / f"{FILES[name]}.csv.gz")
        watched = result.learner.status().watched
        print(f"\n{name}: " + "; ".join(f"{watch}: {chance.words}" for watch, chance in watched.chances.items()))
        for alert in result.alerts:
            if alert.status is AlertStatus.OPENED:
                print(_words(alert), flush=True)


def _words(alert: DriftAlert) -> str:
    when = "" if alert.time is None else f" {alert.time:%Y-%m-%d %H:%M}"
    losses = "" if alert.loss_before is None else f", {alert.loss_before:.3g} -> {alert.loss_now:.3g}"
    what = moved_words(alert.moved) or alert.cause
    return f"{alert.position:,}{when} {alert.drift} {alert.severity}{losses}: {what}"


if __name__ == "__main__":
    main()

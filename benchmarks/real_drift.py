"""What the default policy makes of real drift: insects (two changes) and interchanging_rbf (66 changes).

``python benchmarks/real_drift.py [--full] [--json]``. Each stream is folded twice through the core: as a user gets it,
and with drift and retraining off, so that the champion only learns incrementally. Nothing is tuned to either stream.
Without ``--full`` it is rows 36,000 to 50,999 of interchanging_rbf, with four changes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from schemas.gauge import Gauge, parse  # noqa: E402
from schemas.records import AlertStatus, VersionStep  # noqa: E402
from streams.data.backtest import backtest  # noqa: E402

FIRST, ROWS, EVERY, ALL = 36_000, 15_000, 3_000, 200_000
"""The part of interchanging_rbf that is measured, how often it changes, and how long it is."""
WITHIN: Final = 300
"""Events after a change within which an alert is of that change."""

OFF = "\n[drift]\nenabled = false\n\n[retraining]\non_drift = false\n"
RBF = """
name = "interchanging_rbf"
task = "multiclass"
[label]
field = "class"
classes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
[features]
x1 = "number"
x2 = "number"
[[candidates]]
recipe = "naive_bayes"
"""


def measure(text: str, data: Path, changes: list[int], within: int) -> dict[str, Any]:
    """Both runs of one stream, and where the alerts were opened: in reach of a change, or not."""
    served, incremental = (backtest(gauge, data) for gauge in (parse(text), _off(text)))
    opened = [alert.position for alert in served.alerts if alert.status is AlertStatus.OPENED]
    delays = [min((at - change for change in changes if at >= change), default=at) for at in opened]
    return {
        "events": served.learner.counts.events,
        "accuracy": served.learner.board.served.figures()["Accuracy"],
        "incremental": incremental.learner.board.served.figures()["Accuracy"],
        "changes": len(changes),
        "alerts": len(opened),
        "alerts_in_reach": sum(delay < within for delay in delays),
        "delays": sorted(delays),
        "promotions": sum(v.step is VersionStep.PROMOTED for v in served.versions) - 1,
    }


def _off(text: str) -> Gauge:
    return parse(text + OFF)


def results(*, full: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """What `measure` says of each stream, as soon as it is known."""
    data = Path(os.environ.get("RIVERGAUGE_DATA", ROOT.parent / "shared" / "data"))
    insects = ROOT / "examples" / "insects"
    text = (insects / "gauge.toml").read_text()
    yield "insects", measure(text, insects / "insects.csv.gz", [1_775, 3_550], WITHIN)
    rbf = data / "interchanging_rbf.csv.gz"
    if not rbf.is_file():
        print("interchanging_rbf is not here: set RIVERGAUGE_DATA", file=sys.stderr)
    elif full:
        yield "interchanging_rbf", measure(RBF, rbf, [*range(EVERY, ALL, EVERY)], WITHIN)
    else:
        with TemporaryDirectory() as folder, gzip.open(rbf, "rt", encoding="utf-8") as rows:
            part = Path(folder) / "interchanging_rbf.csv"
            part.write_text(next(rows) + "".join(islice(rows, FIRST, FIRST + ROWS)), encoding="utf-8")
            yield "interchanging_rbf, a part", measure(RBF, part, [*range(EVERY, ROWS, EVERY)], WITHIN)


def main() -> int:
    """Measure, and print each stream when it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="all 200,000 rows of interchanging_rbf: many minutes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found, begin = {}, perf_counter()
    for name, result in results(full=options.full):
        found[name] = result
        if not options.json:
            print(_words(name, result), f"({perf_counter() - begin:.0f} s)", flush=True)
    if options.json:
        print(json.dumps(found))
    return 0


def _words(name: str, result: dict[str, Any]) -> str:
    delays = result["delays"]
    median = f" (median delay {delays[len(delays) // 2]})" if delays else ""
    return (
        f"{name}: accuracy {result['accuracy']:.4f}, incremental only {result['incremental']:.4f}; "
        f"{result['changes']} changes, {result['alerts']} alerts opened, {result['alerts_in_reach']} of them "
        f"within {WITHIN} events of a change{median}, {result['promotions']} promotions"
    )


if __name__ == "__main__":
    sys.exit(main())

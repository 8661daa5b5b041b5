"""What the default policy makes of real drift: insects (two changes) and interchanging_rbf (66 changes).

``python benchmarks/real_drift.py [--json]``. Each stream is folded twice through the core: as a user gets it, and with
drift and retraining off, so that the champion only learns incrementally. Nothing is tuned to either stream.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from schemas.gauge import Gauge, parse  # noqa: E402
from schemas.records import AlertStatus, VersionStep  # noqa: E402
from streams.data.backtest import backtest  # noqa: E402

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


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    data = Path(os.environ.get("RIVERGAUGE_DATA", ROOT.parent / "shared" / "data"))
    insects = ROOT / "examples" / "insects"
    text = (insects / "gauge.toml").read_text()
    results = {"insects": measure(text, insects / "insects.csv.gz", [1_775, 3_550], 300)}
    if (data / "interchanging_rbf.csv.gz").is_file():
        changes = list(range(3_000, 200_000, 3_000))
        results["interchanging_rbf"] = measure(RBF, data / "interchanging_rbf.csv.gz", changes, 300)
    else:
        print("interchanging_rbf is not here: set RIVERGAUGE_DATA", file=sys.stderr)
    if as_json:
        print(json.dumps(results))
        return 0
    for name, result in results.items():
        median = result["delays"][len(result["delays"]) // 2]
        print(
            f"{name}: accuracy {result['accuracy']:.4f}, incremental only {result['incremental']:.4f}; "
            f"{result['changes']} changes, {result['alerts']} alerts opened, {result['alerts_in_reach']} of them "
            f"within 300 events of a change (median delay {median}), {result['promotions']} promotions"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

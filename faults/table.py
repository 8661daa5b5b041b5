"""The table: k of n by scenario, and how long recovery takes, as Markdown.

python -m faults.table RESULTS > docs/faults.md
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from faults.catalogue import SCENARIOS
from faults.rounds import Results, Round
from streams.broker.kafka import KAFKA_VERSION

_FIGURES: Final = (
    ("live_s", "start to live", ".3g", "s"),
    ("recovered_s", "broker back to published again", ".3g", "s"),
    ("stop_s", "SIGTERM to end", ".3g", "s"),
    ("replay", "replayed", ",.0f", "records"),
)
"""What a round measured, what it is called, its format and unit; of several the first is shown."""


def table(results: Results) -> str:
    """The whole page."""
    return "\n".join(
        [
            "# Faults",
            "",
            "What was done: workers, snapshots and brokers were broken on a real Kafka, at random moments or at named",
            "points of the protocol, while records flowed. Then a program of its own read every output topic as any",
            "consumer would (`read_committed`) and compared it with that of an uninterrupted twin, byte by byte and in",
            "order: predictions with probabilities and version, alerts, version events, reports, dead letters.",
            "",
            "What holds: in a good round the fault happened, and nothing was lost, doubled or different.",
            "",
            "| scenario | what happens | good rounds | how long (median; 95 % of rounds) |",
            "|---|---|---|---|",
            *_rows(results),
            "",
            "`recovery` waits for the dead worker's session (10 s) like any successor; in `points`, `kills` and",
            "`damaged` the dead member is made to leave the group at once, so theirs is without that wait.",
            "",
            _about(results),
            "",
            *_failures(results),
        ]
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5), percentile([5.0], 0.95)
    (2.0, 5.0)
    """
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * round(share * 100) // 100) - 1, 0)]


def _about(results: Results) -> str:
    seeds = sorted({one.seed.split("/")[0] for one in results.rounds})
    parts = [f"{name} {version(name)}" for name in ("rivergauge", "river", "aiokafka", "faust-streaming")]
    return (
        f"Written by `make faults` on {datetime.now(UTC):%Y-%m-%d}, seed {', '.join(seeds)}: Python "
        f"{platform.python_version()}, {', '.join(parts)}, Apache Kafka {KAFKA_VERSION} (one node); "
        f"{os.cpu_count()} shared {platform.machine()} CPUs, {platform.system()}."
    )


def _rows(results: Results) -> list[str]:
    tally = results.tally()
    return [
        f"| `{one.name}` | {one.summary} | "
        + (f"{tally[one.name][0]} of {tally[one.name][1]}" if one.name in tally else "not run")
        + (f" ({one.rounds} wanted)" if tally.get(one.name, (0, 0))[1] not in (0, one.rounds) else "")
        + f" | {_how_long([round for round in results.rounds if round.scenario == one.name])} |"
        for one in SCENARIOS
    ]


def _how_long(rounds: Sequence[Round]) -> str:
    for name, meaning, digits, unit in _FIGURES:
        values = [float(one.figures[name]) for one in rounds if name in one.figures]
        if len(values) > 1:
            return f"{meaning} {statistics.median_low(values):{digits}}; {percentile(values, 0.95):{digits}} {unit}"
    return ""


def _failures(results: Results) -> list[str]:
    bad: list[Round] = [one for one in results.rounds if not one.ok]
    if not bad:
        return []
    listed = [f"- `{one.seed}` round {one.number}: {one.what}: {one.why}".replace("\n", " ") for one in bad]
    return ["## Rounds that were not good", "", *listed, ""]


if __name__ == "__main__":
    print(table(Results(Path(sys.argv[1]))), end="")

"""The figures as tables for people, and held against what was aimed at."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.peers.race import OURS

SPEED_TARGETS: Final = {"logistic": 0.5, "tree": 0.65, "forest": 0.95}
"""Rivergauge's speed on a real Kafka as a share of the hand-written loop's, at least."""

DELIVERY_TARGET: Final = 0.8
"""The speed of exactly-once as a share of at-least-once's, at least."""

LATENCY_TARGET: Final = 1.5
"""Rivergauge's 99th percentile as a multiple of the model-free loop's with the same promise, at most."""

SCALING_TARGET: Final = 0.85
"""Two workers' speed as a share of two bare River processes', at least."""

GROWTH_TARGET_BYTES: Final = 4_000_000
"""Memory counts as flat if it grows by no more than this between the first mark and the last."""


def targets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Each target whose figure was measured: what, aimed at, got, met."""
    rows = []
    for row in result["throughput"]:
        if row["broker"] == "kafka":
            got, aim = row["ratios"]["at_least_once/hand_written"]["median"], SPEED_TARGETS[row["model"]]
            rows.append(_at_least(f"speed, {row['model']}: at-least-once / hand-written loop", aim, got))
            got = row["ratios"]["exactly_once/at_least_once"]["median"]
            rows.append(_at_least(f"speed, {row['model']}: exactly-once / at-least-once", DELIVERY_TARGET, got))
    for model, row in result.get("peers", {}).get("models", {}).items():
        for name in OURS:
            got = row["ratios"][name]["median"]
            rows.append(_at_least(f"speed, {model}: {name} / hand-written loop", SPEED_TARGETS[model], got))
            if name in row["over_quix"]:
                got = row["over_quix"][name]["median"]
                rows.append(_at_least(f"speed, {model}: {name} / Quix Streams", 1.0, got))
    for pair, ratios in result.get("latency", {}).get("ratios", {}).items():
        rows.append(_at_most(f"p99 latency: {pair}", LATENCY_TARGET, ratios["p99"]))
        rows.append(_at_most(f"p99 latency, machine steady: {pair}", LATENCY_TARGET, ratios["steady_p99"]))
    if "scaling" in result:
        got = result["scaling"]["ratios"]["workers_2/bare_2"]
        rows.append(_at_least("speed: two workers / two bare River processes", SCALING_TARGET, got))
    if "memory" in result:
        got = result["memory"]["growth_bytes"]
        rows.append(_at_most("memory growth, bytes", GROWTH_TARGET_BYTES, got))
    return rows


def _at_least(what: str, aim: float, got: float) -> dict[str, Any]:
    return {"what": what, "sign": ">=", "target": aim, "got": got, "met": got >= aim}


def _at_most(what: str, aim: float, got: float) -> dict[str, Any]:
    return {"what": what, "sign": "<=", "target": aim, "got": got, "met": got <= aim}


def show(result: dict[str, Any], console: Console) -> None:
    """Print everything that was measured."""
    machine = result["machine"]
    console.print(
        f"{machine['cpus']} CPUs, {machine['system']}, Python {machine['python']}, load {machine['load_before']:.1f} "
        f"before and {machine['load_after']:.1f} after. Events: {result['events']}."
    )
    for reason in result["skipped"]:
        console.print(f"Skipped: {reason}", markup=False)
    if result["throughput"]:
        _show_throughput(result["throughput"], console)
    if "peers" in result:
        _show_peers(result["peers"], console)
    if "latency" in result:
        _show_latency(result["latency"], console)
    if "snapshots" in result:
        _show_snapshots(result["snapshots"], console)
    if "scaling" in result:
        _show_scaling(result["scaling"], console)
    if "memory" in result:
        found = result["memory"]
        marks = ", ".join(f"{mark['rss_bytes'] / 1e6:.1f} MB at {mark['position']:,.0f}" for mark in found["marks"])
        console.print(f"Memory of a worker ({found['model']}, events so far): {marks}.")
    for row in result["targets"]:
        verdict = "met" if row["met"] else "MISSED"
        console.print(f"{verdict}: {row['what']} {row['got']:.4g} (target {row['sign']} {row['target']:g})")


def _table(title: str, names: tuple[str, ...], figures: tuple[str, ...]) -> Table:
    table = Table(title=title)
    for column in names:
        table.add_column(column)
    for column in figures:
        table.add_column(column, justify="right")
    return table


def _show_throughput(rows: list[dict[str, Any]], console: Console) -> None:
    table = _table(
        "Events per second: (a) bare River loop, (b) hand-written confluent-kafka loop,\n"
        "Rivergauge (c) at least once, (d) exactly once",
        ("broker", "model", "events"),
        ("a", "b", "c", "d", "b/a", "c/a", "c/b", "d/c"),
    )
    for row in rows:
        speeds, ratios = row["events_per_second"], row["ratios"]
        pairs = ("hand_written/bare", "at_least_once/bare", "at_least_once/hand_written", "exactly_once/at_least_once")
        table.add_row(
            row["broker"],
            row["model"],
            f"{row['events']:,}",
            *(
                f"{speeds[name]:,.0f}" if name in speeds else ""
                for name in ("bare", "hand_written", "at_least_once", "exactly_once")
            ),
            *(f"{ratios[pair]['median']:.2f}" if pair in ratios else "" for pair in pairs),
        )
    console.print(table)
    console.print("Medians over repetitions; ratios are taken within each repetition first.")


def _show_peers(found: dict[str, Any], console: Console) -> None:
    versions = ", ".join(pin.replace("==", " ") for pin in found["versions"].values())
    console.print(
        f"\nEvents per second on one partition (ratio to the hand-written loop), {found['events']:,} events, medians "
        f"of {found['repetitions']}; ratios are taken within each repetition first; {versions}:\n"
    )
    rows = found["models"]
    lines = ["| | " + " | ".join(found["titles"].values()) + " |", "|---|" + "--:|" * len(rows)]
    for name in next(iter(rows.values()))["ratios"]:
        cells = (
            f"{row['events_per_second'][name]:,.0f} ({row['ratios'][name]['median']:.2f})" for row in rows.values()
        )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    console.print("\n".join(lines) + "\n", markup=False, soft_wrap=True)
    for model, row in rows.items():
        spread = (f"{name} {found['least']:.2f} to {found['most']:.2f}" for name, found in row["ratios"].items())
        console.print(f"Ratios, {model}: {'; '.join(spread)}.", markup=False)


def _show_latency(found: dict[str, Any], console: Console) -> None:
    console.print(f"Latency from append to readable at {found['rate']:,} events/s ({found['model']}), ms:")
    columns = ("p50", "p99", "steady_p50", "steady_p99")
    table = _table("", ("",), tuple(column.replace("_", " ") for column in columns))
    for name, figures in found["contenders"].items():
        table.add_row(name, *(f"{figures[f'{column}_ms']:.1f}" for column in columns))
    for pair, ratios in found["ratios"].items():
        table.add_row(pair, *(f"{ratios[column]:.2f}" for column in columns))
    console.print(table)
    console.print(f"Steady: the {found['steady_share']:.0%} of the events that no slow moment of the machine touched.")


def _show_snapshots(rows: list[dict[str, Any]], console: Console) -> None:
    table = _table(
        "Latency with a snapshot every 2 s, and without, ms",
        ("model", "events/s", "snapshot"),
        ("p50 with", "without", "p99 with", "without", "steady p99 with", "without", "most with", "without"),
    )
    for row in rows:
        keys = ("p50_ms", "p99_ms", "steady_p99_ms", "most_ms")
        latencies = (f"{row[name][key]:.1f}" for key in keys for name in ("with", "without"))
        table.add_row(row["model"], f"{row['rate']:,}", f"{row['snapshot_bytes'] / 1e6:.2f} MB", *latencies)
    console.print(table)


def _show_scaling(found: dict[str, Any], console: Console) -> None:
    table = _table(f"Exactly once on {found['partitions']} partitions ({found['model']})", ("",), ("events/s",))
    for name, speed in found["events_per_second"].items():
        table.add_row(name.replace("_", " "), f"{speed:,.0f}")
    console.print(table)
    console.print("; ".join(f"{pair} {ratio:.2f}" for pair, ratio in found["ratios"].items()) + ".")

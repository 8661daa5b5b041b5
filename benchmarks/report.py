"""The figures as tables for people, and held against what was aimed at."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console
from rich.table import Table

SPEED_TARGETS: Final = {"logistic": 0.4, "tree": 0.6, "forest": 0.95}
"""Rivergauge's speed on a real Kafka as a share of the hand-written loop's, at least."""

LATENCY_TARGET: Final = 1.5
"""Rivergauge's 99th percentile as a multiple of the model-free aiokafka loop's, at most."""

GROWTH_TARGET_BYTES: Final = 4_000_000
"""Memory counts as flat if it grows by no more than this between the first mark and the last."""


def targets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Each target whose figure was measured: what, aimed at, got, met."""
    rows = []
    for row in result["throughput"]:
        if row["broker"] == "kafka":
            got, aim = row["ratios"]["rivergauge/hand_written"]["median"], SPEED_TARGETS[row["model"]]
            rows.append(_target(f"speed, {row['model']}: share of the hand-written loop", ">=", aim, got, got >= aim))
    if "latency" in result:
        got = result["latency"]["ratios"]["p99"]
        rows.append(
            _target("p99 latency: multiple of the aiokafka loop", "<=", LATENCY_TARGET, got, got <= LATENCY_TARGET)
        )
    if "memory" in result:
        got = result["memory"]["growth_bytes"]
        rows.append(_target("memory growth, bytes", "<=", GROWTH_TARGET_BYTES, got, got <= GROWTH_TARGET_BYTES))
    return rows


def _target(what: str, sign: str, aim: float, got: float, met: bool) -> dict[str, Any]:
    return {"what": what, "sign": sign, "target": aim, "got": got, "met": met}


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
    if "latency" in result:
        _show_latency(result["latency"], console)
    if "memory" in result:
        found = result["memory"]
        marks = ", ".join(f"{mark['rss_bytes'] / 1e6:.1f} MB at {mark['position']:,.0f}" for mark in found["marks"])
        console.print(f"Memory of a worker ({found['model']}, events so far): {marks}.")
    for row in result["targets"]:
        verdict = "met" if row["met"] else "MISSED"
        console.print(f"{verdict}: {row['what']} {row['got']:.4g} (target {row['sign']} {row['target']:g})")


def _show_throughput(rows: list[dict[str, Any]], console: Console) -> None:
    table = Table(title="Events per second: (a) bare River loop, (b) hand-written confluent-kafka loop, (c) Rivergauge")
    for column in ("broker", "model", "events"):
        table.add_column(column)
    for column in ("a", "b", "c", "c/b", "least", "most", "b/a", "c/a"):
        table.add_column(column, justify="right")
    for row in rows:
        speeds, ratios = row["events_per_second"], row["ratios"]
        key = ratios["rivergauge/hand_written"]
        table.add_row(
            row["broker"],
            row["model"],
            f"{row['events']:,}",
            *(f"{speeds[name]:,.0f}" for name in ("bare", "hand_written", "rivergauge")),
            *(f"{key[name]:.2f}" for name in ("median", "least", "most")),
            *(f"{ratios[name]['median']:.2f}" for name in ("hand_written/bare", "rivergauge/bare")),
        )
    console.print(table)
    console.print("Medians over repetitions; ratios are taken within each repetition first.")


def _show_latency(found: dict[str, Any], console: Console) -> None:
    console.print(f"Latency from append to readable at {found['rate']:,} events/s ({found['model']}), ms:")
    table = Table()
    for column in ("", "p50", "p99"):
        table.add_column(column, justify="right" if column else "left")
    for name in ("aiokafka", "rivergauge"):
        table.add_row(name, f"{found[name]['p50_ms']:.1f}", f"{found[name]['p99_ms']:.1f}")
    table.add_row("ratio", f"{found['ratios']['p50']:.2f}", f"{found['ratios']['p99']:.2f}")
    console.print(table)

"""docs/gauge-file.md tells what a change costs as the keys declare it."""

from __future__ import annotations

from schemas.gauge import Candidate, Decision, Feature, Gauge, Section, Slice
from schemas.gauge.cost import Cost
from schemas.gauge.section import keys
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "gauge-file.md"


def rows() -> list[tuple[str, type[Section]]]:
    """The tables of the gauge file, in its order, with what the page calls them."""
    found: list[tuple[str, type[Section]]] = [("top level", Gauge)]
    for name, field in Gauge.model_fields.items():
        table = {"decision": Decision, "features": Feature, "slices": Slice, "candidates": Candidate}.get(
            name, field.annotation
        )
        if isinstance(table, type) and issubclass(table, Section):
            found.append((f"`[[{name}]]`" if name == "candidates" else f"`[{name}]`", table))
            found += [(f"`[{name}.{key}]`", inner) for key, inner in _inner(table)]
    return found


def _inner(table: type[Section]) -> list[tuple[str, type[Section]]]:
    """Tables in a table that may be left out: their keys stand in rows of their own."""
    inner = [(key, field.annotation) for key, field in table.model_fields.items()]
    return [(key, of) for key, of in inner if isinstance(of, type) and issubclass(of, Section)]


def row(title: str, table: type[Section]) -> str:
    by_cost: dict[Cost, list[str]] = {cost: [] for cost in Cost}
    for name in table.model_fields:
        costs = keys(table)[name].costs
        if costs is not None:
            by_cost[costs.cost].append(f"`{name}`")
            if costs.added is not None:
                by_cost[Cost.ACCEPT].append(f"more `{name}`")
    return f"| {title} | {' | '.join(', '.join(names) or '–' for names in by_cost.values())} |"


def test_the_page_has_the_costs_that_the_keys_declare():
    head = ["| | none | accept | reset |", "|---|---|---|---|"]
    table = "\n".join([*head, *(row(*one) for one in rows())])

    assert table in PAGE.read_text(encoding="utf-8"), f"the table should be:\n{table}"

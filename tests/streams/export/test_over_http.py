"""The model that is exported beside a version has a server answer. Oracle: ``/v1/score`` of the same rows."""

from __future__ import annotations

import ast
import asyncio
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from streams.export import over_http
from streams.export.over_http import OverHttp
from tests.streams.http.serving import Client
from tests.streams.http.test_protocols import ROWS, learned, scored

FORMS = {
    "data frame": pd.DataFrame(ROWS),
    "columns": {name: [row[name] for row in ROWS] for name in ROWS[0]},
    "rows": ROWS,
}


def model(ask: Client, version: str = "0-1") -> OverHttp:
    url = f"http://127.0.0.1:{ask.health.port}"
    return OverHttp({"gauge": "pumps", "version": version, "partition": 0, "url": url})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("task", ["binary", "regression"])
async def test_it_answers_as_the_server_does(form, task):
    async with learned(task) as ask:
        found = await asyncio.to_thread(model(ask).predict, FORMS[form])
        wanted = [one["y_pred"] for one in await scored(ask)]

    assert found == wanted


async def test_more_rows_than_a_request_may_have_are_asked_for_in_turn():
    many: list[dict[str, Any]] = ROWS * 700
    async with learned() as ask:
        found = await asyncio.to_thread(model(ask).predict, pd.DataFrame(many))
        wanted = [one["y_pred"] for one in await scored(ask)]

    assert found == wanted * 700


async def test_a_version_that_does_not_lead_answers_nothing():
    async with learned() as ask:
        with pytest.raises(RuntimeError, match="does not lead"):
            await asyncio.to_thread(model(ask, "0-9").predict, ROWS)


def test_it_needs_the_standard_library_alone():
    tree = ast.parse(Path(over_http.__file__).read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    names = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}

    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names

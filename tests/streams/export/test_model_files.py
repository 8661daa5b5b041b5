from __future__ import annotations

import json

import pytest

from streams.export.entry import entries
from streams.export.model_files import model_files
from tests import builders
from tests.streams.export.test_entry import PROMOTED, step, view_of


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("port = 9000", "http://127.0.0.1:9000"),
        ("port = 0", "http://127.0.0.1:8642"),
        ('host = "::"', "http://[::1]:8642"),
    ],
)
def test_the_model_asks_where_the_gauge_file_has_the_worker(server, url):
    gauge = builders.gauge(f"[server]\n{server}")
    [entry] = entries(view_of((0, step("0-1", PROMOTED, 7))), {})

    files = model_files(entry, gauge, b"")

    assert json.loads(files["asks.json"])["url"] == url

"""What is written reads as what was meant, by the standard library's parser."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from schemas.toml_text import dumps


@pytest.mark.parametrize(
    "content",
    [
        {"name": "pumps", "n": 3, "share": 0.05, "big": 1e300, "on": True, "day": date(2024, 1, 2)},
        {"text": 'say "hi"\\ \n\t\x7f é \U0001f600', "": 1, "a.b": 2, "ü": [1, "two", [3.0]]},
        {"b": {"deep": {"deeper": {"x": [{"use": "A", "n": 1}, {}]}}, "empty": {}}, "first": 1, "none": []},
    ],
)
def test_what_is_written_reads_as_what_was_meant(content):
    assert tomllib.loads(dumps(content)) == content

"""Defaults are no part of a digest, so a release that changes one alters running services without a word: pinned here.

Where one must change, the key gets another name, or every state is invalidated and the changelog says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schemas.gauge import parse

GOLDEN = Path(__file__).parent / "golden" / "defaults.json"
TEXT = 'name = "g"\ntask = "regression"\n[label]\nfield = "y"\n[features]\nx = "number"\n'


def changed(then: Any, now: Any, where: str = "") -> list[str]:
    """Where a value that stood then is another now; what has been added since is none of it."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [found for key in then for found in changed(then[key], now.get(key), f"{where}.{key}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [found for n, pair in enumerate(zip(then, now, strict=True)) for found in changed(*pair, f"{where}.{n}")]
    return [] if then == now else [where]


def test_no_default_has_changed():
    assert changed(json.loads(GOLDEN.read_text(encoding="utf-8")), parse(TEXT).model_dump(mode="json")) == []


def test_a_changed_default_would_be_seen_and_a_new_key_would_not():
    then = {"drift": {"enabled": True}}

    assert changed(then, {"drift": {"enabled": False}}) == [".drift.enabled"]
    assert changed(then, {"drift": {"enabled": True, "kind": "new"}, "slices": []}) == []
    assert changed({"a": [{"b": 1}]}, {"a": [{"b": 2, "c": 3}]}) == [".a.0.b"]
    assert changed({"a": [1]}, {"a": [1, 2]}) == [".a"]

"""The Kubernetes manifests, read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

MANIFESTS = Path(__file__).parents[1] / "ops" / "kubernetes"


def documents(*kinds: str) -> Iterator[dict[str, Any]]:
    """Every object of the manifests, of these kinds if any are named."""
    for file in sorted(MANIFESTS.glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if not kinds or document["kind"] in kinds:
                yield document

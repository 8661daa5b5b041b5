"""What the models run on, by name and version: asked of the world once, and handed to the core."""

from __future__ import annotations

import platform
from importlib.metadata import version


def libraries() -> dict[str, str]:
    """Versions of Python, Rivergauge, River and NumPy."""
    names = ("rivergauge", "river", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}

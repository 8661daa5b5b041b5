"""The commands that the page names, as they are typed."""

from __future__ import annotations

from schemas.gauge import Gauge


def command(gauge: Gauge, name: str, *arguments: str | int) -> str:
    """A command of Rivergauge about a gauge, whose file has its name.

    >>> from tests import builders
    >>> command(builders.gauge(), "alerts show", "0-2")
    'rivergauge alerts show pumps.toml 0-2'
    """
    return " ".join(["rivergauge", name, f"{gauge.name}.toml", *map(str, arguments)])
